/** Calls and tests of devices by a sound card, down to PortAudio and ALSA; the card itself is PulseAudio's. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { CallSide, connectSides, measured } from '../helpers/calls.js';
import { judgeHearing } from '../helpers/intelligibility.js';
import { runProgram } from '../helpers/program.js';
import { describeWith, itWith } from '../helpers/require-program.js';
import { SoundServer } from '../helpers/sound-server.js';
import { speech } from '../helpers/speech.js';

const rate = 48_000;
const [aliceSays, bobSays] = [speech(5), speech(5, 'de')];
const withCard = itWith('naudiodon');

describeWith('pulseaudio', 'a sound card', () => {
  let server: SoundServer;
  let folder: string;
  let sides: CallSide[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-card-'));
    server = await SoundServer.start();
  });

  afterEach(async () => {
    await Promise.all(sides.map(({ media }) => media.close()));
    sides = [];
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function call(): Promise<{ alice: CallSide; bob: CallSide }> {
    const [alice, bob] = await Promise.all([CallSide.open(folder, 'alice', aliceSays), CallSide.openCard(server.env)]);
    sides = [alice, bob];
    await connectSides(alice, bob);
    await Promise.all([alice.next('connected'), bob.next('connected')]);
    return { alice, bob };
  }

  withCard('plays what the peer says, carries what is said before it, and is free after the call', async () => {
    server.say(bobSays);
    const before = server.streams();
    const { alice, bob } = await call();
    await bob.next('level', ({ local, remote }) => local > 0.5 && remote > 0.5);
    const recorder = server.record();
    const known = bob.events.filter(({ type }) => type === 'stats').length;
    await measured(bob, known + 5);
    const heardByBob = await recorder.stop();
    await Promise.all([alice.media.close(), bob.media.close()]);
    expect(server.streams()).toBe(before);
    const heardByAlice = (await alice.heard()).samples.slice(2 * rate);
    expect(judgeHearing(repeated(aliceSays), heardByBob).intelligibility).toBeGreaterThan(0.85);
    // Both talk at once, which costs what the echo canceller is not sure of.
    expect(judgeHearing(repeated(bobSays), heardByAlice).intelligibility).toBeGreaterThan(0.7);
  });

  withCard('goes on without devices when they are gone, and tells so', async () => {
    const { alice, bob } = await call();
    expect(await bob.next('devices')).toMatchObject({ input: 'default', output: 'default' });
    await server.unplug();
    await bob.next('devices', ({ input, output }) => input === undefined && output === undefined);
    alice.events.length = 0;
    // Silence goes out, so that nobody takes it for a broken line.
    await alice.next('stats', ({ kbps, lossPercent }) => kbps > 0 && lossPercent === 0);
    expect(bob.events.filter(({ type }) => type === 'failed')).toEqual([]);
  });

  withCard('takes other devices while the call lasts, and refuses those that are not there', async () => {
    const { bob } = await call();
    await bob.media.useDevices({ output: 'pulse' });
    await bob.next('devices', ({ output }) => output === 'pulse');
    await expect(bob.media.useDevices({ input: 'no such thing' })).rejects.toMatchObject({ code: 'ERR_CALL_DEVICE' });
    bob.events.length = 0;
    await bob.next('level', ({ remote }) => remote > 0.5);
  });

  withCard('is listed and tried by the program', async () => {
    const world = { home: folder, env: { ...server.env } };
    const listed = await runProgram(['devices', '--json'], world);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      devices: expect.arrayContaining([{ name: 'default', isInput: true, isOutput: true }]),
    });
    server.say(bobSays);
    const recorder = server.record();
    const tried = await runProgram(['devices', 'test', '--seconds', '5', '--json'], world);
    expect(JSON.parse(tried.stdout)).toMatchObject({ input: 'default', output: 'default' });
    expect((JSON.parse(tried.stdout) as { loudestPercent: number }).loudestPercent).toBeGreaterThan(50);
    expect(judgeHearing(repeated(bobSays), await recorder.stop()).intelligibility).toBeGreaterThan(0.3);
    expect(await readFile(join(folder, 'crash.log')).catch(() => 'none')).toBe('none');
  });
});

function repeated(samples: Int16Array): Int16Array {
  return Int16Array.from({ length: samples.length * 3 }, (_, index) => samples[index % samples.length] ?? 0);
}
