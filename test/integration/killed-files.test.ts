/** Real processes that are killed (-9) while a file is on its way: it goes on where it was, and is the same in the end. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { speakAs } from '../../src/store/home.js';
import { saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { makeIdentity } from '../helpers/identity.js';
import { Program } from '../helpers/program.js';
import { Switchboard } from '../helpers/switchboard.js';

const MiB = 1024 * 1024;
const content = randomBytes(48 * MiB);
/** The line stalls when so much has passed, so that nobody is killed too late. */
const passingBytes = 36 * MiB;
/** What is on disk then at least. */
const writtenBytes = 12 * MiB;
/** Blocks behind others may be written before them: the last of these may have a gap. */
const certainBytes = 8 * MiB;

let folder: string;
let board: Switchboard;
const programs: Program[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-killed-files-'));
  board = await Switchboard.start();
  const circle = await makeCircle();
  for (const member of ['alice', 'bob']) {
    const home = { folder: join(folder, member) };
    await saveIdentity(home, await makeIdentity(circle, { member, ips: ['127.0.0.1'] }), { replace: false });
    await speakAs(home, member);
  }
  await writeFile(join(folder, 'film.bin'), content);
});

afterEach(async () => {
  for (const program of programs.splice(0)) await program.stop('SIGKILL');
  await board.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startReceiver(): Promise<Program> {
  const argv = ['listen', '--save', join(folder, 'inbox'), '--listen', '127.0.0.1:0', '--json'];
  const program = new Program(argv, { home: join(folder, 'alice') });
  programs.push(program);
  const [, port] = await program.waitFor(/"listening".*"port":(\d+)/);
  board.leadTo(Number(port));
  return program;
}

function startSender(name = 'film.bin'): Program {
  const argv = ['send', `127.0.0.1:${board.port}`, '--file', join(folder, name), '--json'];
  const program = new Program(argv, { home: join(folder, 'bob') });
  programs.push(program);
  return program;
}

/** Resolves when enough of the file is on disk. */
async function halfway(): Promise<void> {
  const inbox = join(folder, 'inbox');
  for (;;) {
    const names: string[] = await readdir(inbox).catch(() => []);
    const part = names.find((name) => name.endsWith('.part'));
    const isThere = part !== undefined && names.includes(`${part}.map`);
    if (isThere && (await stat(join(inbox, part))).size >= writtenBytes) return;
    await setImmediate();
  }
}

/** Resolves when some files of a folder are unpacked. */
async function unpacking(): Promise<void> {
  for (;;) {
    const names: string[] = await readdir(join(folder, 'inbox'), { recursive: true }).catch(() => []);
    if (names.filter((name) => /\.part\.folder\/\d+$/.test(name)).length > 2) return;
    await setImmediate();
  }
}

it.each(['sender', 'receiver'])('a file whose %s is killed goes on where it was', async (who) => {
  let receiver = await startReceiver();
  board.stallAfterBytes = passingBytes;
  let sender = startSender();
  await halfway();
  await (who === 'sender' ? sender : receiver).stop('SIGKILL');
  board.stallAfterBytes = Number.POSITIVE_INFINITY;
  board.cut();
  if (who === 'sender') {
    await receiver.waitFor(/"fileInterrupted"/);
    sender = startSender();
  } else {
    receiver = await startReceiver();
  }
  const [, doneBytes] = await receiver.waitFor(/"fileStarted".*"doneBytes":([1-9]\d*)/);
  expect(Number(doneBytes)).toBeGreaterThanOrEqual(certainBytes);
  await receiver.waitFor(/"fileDone"/);
  expect(await sender.ended()).toBe(0);
  expect(await readdir(join(folder, 'inbox'))).toEqual(['film.bin']);
  expect((await readFile(join(folder, 'inbox', 'film.bin'))).equals(content)).toBe(true);
});

it('a folder whose receiver is killed while it unpacks goes on where it was, and nothing unfinished stays', async () => {
  await mkdir(join(folder, 'album'));
  const pieces = Array.from({ length: 48 }, (_, index) => content.subarray(index * MiB, (index + 1) * MiB));
  for (const [index, piece] of pieces.entries()) await writeFile(join(folder, 'album', `${index}`), piece);
  let receiver = await startReceiver();
  board.stallAfterBytes = passingBytes;
  const sender = startSender('album');
  await Promise.all([halfway(), unpacking()]);
  await receiver.stop('SIGKILL');
  expect(await readdir(join(folder, 'inbox'))).not.toContain('album');
  board.stallAfterBytes = Number.POSITIVE_INFINITY;
  board.cut();
  receiver = await startReceiver();
  const [, doneBytes] = await receiver.waitFor(/"fileStarted".*"doneBytes":([1-9]\d*)/);
  expect(Number(doneBytes)).toBeGreaterThanOrEqual(certainBytes);
  await receiver.waitFor(/"fileDone"/);
  expect(await sender.ended()).toBe(0);
  expect(await readdir(join(folder, 'inbox'))).toEqual(['album']);
  expect(await readdir(join(folder, 'inbox', 'album'))).toHaveLength(pieces.length);
  for (const [index, piece] of pieces.entries()) {
    expect((await readFile(join(folder, 'inbox', 'album', `${index}`))).equals(piece)).toBe(true);
  }
});
