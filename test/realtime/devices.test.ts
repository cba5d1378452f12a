/** The commands about sound, on a computer whose microphone and speaker are files. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { playTone } from '../../src/calls/media-process/sound-tools.js';
import { parseWav } from '../../src/calls/sound/wav.js';
import { writeWav } from '../helpers/calls.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { judgeHearing } from '../helpers/intelligibility.js';
import { speech } from '../helpers/speech.js';

const said = speech(5);
let home: TestHome;
let env: Record<string, string>;

beforeEach(async () => {
  home = makeHome();
  await writeWav(home.at('said.wav'), said);
  env = { QTCHAT_SOUND: `files:${home.at('said.wav')},${home.at('heard.wav')}` };
});
afterEach(() => home.remove());

describe('devices', () => {
  it('lists microphones and speakers', async () => {
    const listed = await home.run(['devices'], { env });
    expect(listed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(listed.stdout.split('\n').map((line) => line.replace(home.folder, ''))).toEqual([
      'MICROPHONE  SPEAKER  NAME',
      'yes                  /said.wav',
      '            yes      /heard.wav',
      '',
    ]);
    expect((await home.run(['devices', '--json'], { env })).json()).toEqual({
      devices: [
        { name: home.at('said.wav'), isInput: true, isOutput: false },
        { name: home.at('heard.wav'), isInput: false, isOutput: true },
      ],
    });
  });

  it('says what to do where there are none', async () => {
    const listed = await home.run(['devices'], { env: { QTCHAT_SOUND: 'none' } });
    expect(listed).toMatchObject({ exitCode: 0, stdout: '', stderr: 'There are none. Next: qtchat doctor --sound\n' });
  });
});

describe('devices test', () => {
  it('lets people hear themselves two seconds later', async () => {
    const tried = await home.run(['devices', 'test', '--seconds', '6', '--json'], { env });
    expect(tried.json()).toEqual({
      input: home.at('said.wav'),
      output: home.at('heard.wav'),
      loudestPercent: expect.any(Number),
    });
    const { samples } = parseWav(readFileSync(home.at('heard.wav')));
    const twice = Int16Array.from({ length: 2 * said.length }, (_, index) => said[index % said.length] ?? 0);
    expect(judgeHearing(twice, samples).intelligibility).toBeGreaterThan(0.99);
    // What was said in the last two seconds is not heard any more.
    expect(samples.length).toBeGreaterThan(2 * 48_000);
    expect(samples.length).toBeLessThanOrEqual(4.5 * 48_000);
  });

  it('says so where nothing was heard', async () => {
    await writeWav(home.at('said.wav'), new Int16Array(48_000));
    const { exitCode, stderr } = await home.run(['devices', 'test', '--seconds', '1'], { env });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Only silence came');
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const onStderr = (): void => controller.abort();
    const { exitCode } = await home.run(['devices', 'test'], { env, signal: controller.signal, onStderr });
    expect(exitCode).toBe(130);
  });
});

describe('doctor --sound', () => {
  it('finds that there are no devices, and what to do', async () => {
    const { exitCode, stdout } = await home.run(['doctor', '--sound'], { env: { QTCHAT_SOUND: 'none' } });
    expect(exitCode).toBe(7);
    expect(stdout).toMatch(/^sound +there is no sound device\n +Repair: connect a headset/m);
  });

  it('finds that only the microphone is missing', async () => {
    const { stdout } = await home.run(['doctor', '--sound'], {
      env: { QTCHAT_SOUND: `files:,${home.at('heard.wav')}` },
    });
    expect(stdout).toMatch(/^sound +there is no microphone\n/m);
    expect(stdout).not.toContain('no speaker');
  });

  it('wants to know what to look at', async () => {
    const { exitCode, stderr } = await home.run(['doctor']);
    expect(exitCode).toBe(2);
    expect(stderr).toBe('Error: missing: TARGET, or --sound. See qtchat doctor --help\n');
  });
});

describe('a tone', () => {
  it('sounds to its end', async () => {
    await playTone('busy', { env }).ended;
    const { samples } = parseWav(readFileSync(home.at('heard.wav')));
    expect(samples.length).toBe(1.92 * 48_000);
    expect(Math.max(...samples.subarray(0, 4_800))).toBeGreaterThan(3_000);
  });

  it('that rings is stopped', async () => {
    const ringing = playTone('ring', { env });
    ringing.stop();
    await ringing.ended;
  });
});
