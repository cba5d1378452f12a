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
const withEcho = itWith('naudiodon', '@ennuicastr/webrtcaec3.js');

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

  /** Alice, whose sound card is files, calls Bob, who has the card. */
  async function call(said: Int16Array | undefined = aliceSays): Promise<{ alice: CallSide; bob: CallSide }> {
    const [alice, bob] = await Promise.all([CallSide.open(folder, 'alice', said), CallSide.openCard(server.env)]);
    sides = [alice, bob];
    await connectSides(alice, bob);
    await Promise.all([alice.next('connected'), bob.next('connected')]);
    return { alice, bob };
  }

  async function wait(side: CallSide, seconds: number): Promise<void> {
    await measured(side, side.events.filter(({ type }) => type === 'stats').length + seconds);
  }

  withCard('plays what the peer says, and is free after the call', async () => {
    const { alice, bob } = await call();
    await bob.next('level', ({ remote }) => remote > 0.5);
    const recorder = server.record();
    await wait(bob, 5);
    const heard = await recorder.stop();
    await Promise.all([alice.media.close(), bob.media.close()]);
    expect(server.streams()).toBe(0);
    expectHeard(heard, aliceSays, bobSays);
  });

  withCard('carries what is said before it', async () => {
    server.say(bobSays);
    const { alice, bob } = await call(new Int16Array(rate));
    await bob.next('level', ({ local }) => local > 0.5);
    await wait(alice, 5);
    await Promise.all([alice.media.close(), bob.media.close()]);
    expectHeard((await alice.heard()).samples.slice(2 * rate), bobSays, aliceSays);
  });

  withEcho('sends nothing back of what it plays, though its microphone hears it', async () => {
    server.couple(50);
    const { alice, bob } = await call();
    await alice.next('level', ({ local }) => local > 0.5);
    await wait(bob, 3);
    bob.events.length = 0;
    await wait(bob, 5);
    const levels = bob.events.filter((event) => event.type === 'level');
    const share = (isLoud: (level: { local: number; remote: number }) => boolean): number =>
      levels.filter(isLoud).length / levels.length;
    expect(share(({ remote }) => remote > 0.4)).toBeGreaterThan(0.6);
    // A busy machine moves the echo now and then, and it has to be found again.
    expect(share(({ local }) => local > 0.2)).toBeLessThan(0.5);
  });

  withCard('goes on without devices when the sound system is gone, and tells so', async () => {
    const { alice, bob } = await call();
    expect(await bob.next('devices')).toMatchObject({ input: 'default', output: 'default' });
    await server.end();
    await bob.next('devices', ({ input, output }) => input === undefined && output === undefined);
    alice.events.length = 0;
    // Silence goes out, so that nobody takes it for a broken line.
    await alice.next('stats', ({ kbps, lossPercent }) => kbps > 0 && lossPercent === 0);
    expect(bob.events.filter(({ type }) => type === 'failed')).toEqual([]);
  });

  withCard(
    'goes on when devices are gone, and is heard both ways again when they are back',
    async () => {
      server.say(bobSays);
      const { alice, bob } = await call();
      const areHeard = (): Promise<unknown> =>
        Promise.all([alice, bob].map((side) => side.next('level', ({ remote }) => remote > 0.5)));
      await areHeard();
      // What the library never gives back must not be missed the next time.
      for (let time = 0; time < 3; time++) {
        bob.events.length = 0;
        server.plug(false);
        await bob.next('devices', ({ input, output }) => input === undefined && output === undefined);
        bob.events.length = 0;
        server.plug(true);
        await bob.next('devices', ({ input, output }) => input !== undefined && output !== undefined);
      }
      server.say(bobSays);
      for (const { events } of [alice, bob]) events.length = 0;
      await areHeard();
      const recorder = server.record();
      await wait(bob, 3);
      expect((await recorder.stop()).some((sample) => sample > 3_000)).toBe(true);
    },
    60_000,
  );

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

/**
 * It can be told which of two was heard: a busy machine tears holes into what PulseAudio plays, and how good a call can
 * be is measured elsewhere.
 */
function expectHeard(heard: Int16Array, said: Int16Array, other: Int16Array): void {
  const [right, wrong] = [said, other].map((text) => judgeHearing(repeated(text), heard).intelligibility);
  expect(right).toBeGreaterThan(0.45);
  expect(right).toBeGreaterThan((wrong ?? 1) + 0.1);
}
