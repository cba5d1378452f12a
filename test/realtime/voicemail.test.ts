/** What the microphone hears, recorded by a media process into a file that other programs play. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { type RecordingOptions, recordSound } from '../../src/calls/media-process/sound-tools.js';
import { QTChatError } from '../../src/errors.js';
import { writeWav } from '../helpers/calls.js';
import { judgeHearing } from '../helpers/intelligibility.js';
import { describeWith, itWith } from '../helpers/require-program.js';
import { speech } from '../helpers/speech.js';

const said = speech(3);
let folder: string;
let path: string;
let env: Record<string, string | undefined>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qtchat-voicemail-'));
  path = join(folder, 'voicemail.opus');
  writeFileSync(path, '', { mode: 0o600 });
  await writeWav(join(folder, 'said.wav'), said);
  env = { ...process.env, QTCHAT_SOUND: `files:${join(folder, 'said.wav')},` };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Resolves when so many levels were told: there are ten a second. */
function levels(count: number): { heard: Promise<void>; options: RecordingOptions } {
  let left = count;
  let enough: () => void = () => {};
  const heard = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const onLevel = (): void => {
    left -= 1;
    if (left === 0) enough();
  };
  return { heard, options: { env, path, onLevel, onFailed: () => {} } };
}

describeWith('ffmpeg', 'a voicemail', () => {
  itWith('opusscript')('can be understood by whoever plays it, and is as long as it says', async () => {
    const { heard, options } = levels(35);
    const recording = await recordSound(options);
    await heard;
    const durationMs = await recording.stop();
    const { stdout } = spawnSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 's16le', 'pipe:1'], {
      maxBuffer: 2 ** 26,
    });
    const samples = Int16Array.from({ length: stdout.length >> 1 }, (_, index) => stdout.readInt16LE(index * 2));
    expect(samples.length).toBe((durationMs * 48_000) / 1000);
    expect(durationMs).toBeGreaterThan(2_500);
    const twice = Int16Array.from({ length: 3 * said.length }, (_, index) => said[index % said.length] ?? 0);
    expect(judgeHearing(twice, samples).intelligibility).toBeGreaterThan(0.8);
  });
});

itWith('opusscript')('without a microphone none is recorded', async () => {
  env = { ...process.env, QTCHAT_SOUND: 'none' };
  await expect(recordSound(levels(1).options)).rejects.toMatchObject({
    code: 'ERR_CALL_DEVICE',
    message: 'there is no microphone',
  });
});

itWith('opusscript')('whose file cannot be written says so', async () => {
  rmSync(path);
  await expect(recordSound(levels(1).options)).rejects.toMatchObject({ code: 'ERR_STORE_UNWRITABLE' });
});

itWith('opusscript')('that is dropped ends, and tells nothing more', async () => {
  const told: QTChatError[] = [];
  const { heard, options } = levels(2);
  const recording = await recordSound({ ...options, onFailed: (error) => told.push(error) });
  await heard;
  await recording.drop();
  await recording.drop();
  await expect(recording.stop()).rejects.toBeInstanceOf(QTChatError);
  expect([told, statSync(path).mode & 0o777]).toEqual([[], 0o600]);
});
