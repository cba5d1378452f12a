/**
 * Files that must be whole and, where they hold keys, readable by their owner alone. Everything is
 * written aside, flushed to disk, and put in place in one step, so that no reader and no crash
 * finds half a file. What the files mean is not known here.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { access, link, mkdir, mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { QTChatError, systemErrorCode } from '../errors.js';
import { existsError, explained, explainingWrite, tooLong, tooOpen } from './file-error.js';
import { asidePrefix, sweepLitter } from './litter.js';

/** What a file is to hold; in pieces where it is too long for one. */
export type FileContent = string | Uint8Array | AsyncIterable<string>;

/** How {@link writeFileSafely} writes. */
export interface WriteOptions {
  /** 0600 for anything with a key in it. */
  readonly mode: 0o600 | 0o644;
  /**
   * What to do where a file stands already: `refuse` to touch it, keep the old one beside the new
   * as a `backup` (`.bak`, then `.bak2` …), or `replace` it.
   */
  readonly existing: 'refuse' | 'backup' | 'replace';
}

/** No key, certificate, `.pfx` or password file of anyone is longer; octets. */
const readLimitBytes = 4 * 1024 * 1024;

/** For what grows with every certificate: revocation lists, and the records of other CAs; octets. */
export const longListBytes = 64 * 1024 * 1024;

/**
 * Makes sure that the folder exists; what is missing, parents too, is created with mode 0700.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function createFolder(path: string): Promise<void> {
  await explainingWrite(path, () => mkdir(path, { recursive: true, mode: 0o700 }));
}

/**
 * Makes sure that the folder exists, as {@link createFolder} does, and that files can be made in it.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function checkWritableFolder(path: string): Promise<void> {
  await createFolder(path);
  await explainingWrite(path, () => access(path, constants.W_OK | constants.X_OK));
}

/**
 * Writes a file so that it appears in one step, complete and flushed to disk.
 *
 * @returns where the old file is now, under `backup` and if there was one
 * @throws {QTChatError} `ERR_STORE_EXISTS` under `refuse`, `ERR_STORE_UNWRITABLE`, `ERR_STORE_NO_SPACE`; then nothing
 *   is left behind
 */
export async function writeFileSafely(
  path: string,
  content: FileContent,
  options: WriteOptions,
): Promise<string | undefined> {
  await sweepLitter(dirname(path));
  return explainingWrite(path, async () => {
    const aside = await mkdtemp(join(dirname(path), asidePrefix));
    try {
      const temporary = join(aside, basename(path));
      await writeFlushed(temporary, content, options.mode);
      const old = await place(temporary, path, options.existing);
      await flushFolder(dirname(path));
      return old;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  });
}

/** Undoes a write, because something that belongs to it failed: removes what is at `path`, and puts back the `old` one. */
export async function takeBack(path: string, old: string | undefined): Promise<void> {
  await rm(path, { recursive: true, force: true });
  if (old !== undefined) await rename(old, path);
}

/**
 * Refuses when something stands at one of the paths already: for asking before work that is slow
 * or cannot be undone. {@link writeFileSafely} still decides.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS`
 */
export async function refuseExisting(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (await exists(path)) throw existsError(path);
  }
}

/** Tells whether something stands at the path. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Reads a file with a secret in it.
 *
 * @param signal - ends the waiting for a pipe that nobody writes to
 * @throws {QTChatError} `ERR_STORE_PERMISSIONS` when others than its owner may read it, and what {@link readBoundedFile} throws
 */
export async function readPrivateFile(path: string, signal?: AbortSignal): Promise<string> {
  return (await read(path, { isPrivate: true, limitBytes: readLimitBytes, signal })).toString('utf8');
}

/**
 * Reads a file of up to 4 MiB.
 *
 * @param signal - ends the waiting for a pipe that nobody writes to
 * @param limitBytes - another limit than 4 MiB
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS` when we may not read it, `ERR_STORE_DAMAGED` when
 *   too long, `ERR_CANCELLED`
 */
export async function readBoundedFile(
  path: string,
  signal?: AbortSignal,
  limitBytes: number = readLimitBytes,
): Promise<Buffer> {
  return read(path, { isPrivate: false, signal, limitBytes });
}

/** Flushes a folder's list of names, so that a rename in it survives a power cut. Windows has no such thing. */
export async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Creates a file, which must not exist, and flushes it to disk. Readers may see it half-written. */
async function writeFlushed(path: string, content: FileContent, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await writeFile(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function place(temporary: string, path: string, existing: WriteOptions['existing']): Promise<string | undefined> {
  if (existing === 'refuse') {
    // link(), unlike rename(), fails when the name is taken.
    if (!(await linkUnlessTaken(temporary, path))) throw existsError(path);
    return undefined;
  }
  const old = existing === 'backup' && (await exists(path)) ? await linkBackup(path) : undefined;
  await rename(temporary, path);
  return old;
}

async function linkBackup(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const backup = `${path}.bak${number === 1 ? '' : number}`;
    if (await linkUnlessTaken(path, backup)) return backup;
  }
}

async function linkUnlessTaken(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

interface ReadOptions {
  readonly isPrivate: boolean;
  readonly limitBytes: number;
  readonly signal?: AbortSignal | undefined;
}

// Synchronous: these files are small, and whoever waits for a key to be decrypted should not wait
// for a turn of the event loop first. Only pipes are waited for.
async function read(path: string, options: ReadOptions): Promise<Buffer> {
  const { limitBytes } = options;
  try {
    // Opening a named pipe would otherwise stop the whole process, deaf to Ctrl-C, until somebody writes to it.
    // Windows has no such flag.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    let isTaken = false;
    try {
      const stats = fstatSync(file);
      if (options.isPrivate && process.platform !== 'win32' && (stats.mode & 0o077) !== 0) throw tooOpen(path);
      if (stats.size > limitBytes) throw tooLong(path, limitBytes);
      isTaken = stats.isFIFO();
      return isTaken ? await readPipe(file, path, options) : readBounded(file, path, limitBytes);
    } finally {
      if (!isTaken) closeSync(file);
    }
  } catch (error) {
    throw explained(error, path, 'read');
  }
}

/** Closes `file`, too. */
async function readPipe(file: number, path: string, { signal, limitBytes }: ReadOptions): Promise<Buffer> {
  const pipe = new Socket({ fd: file, readable: true, writable: false });
  if (signal !== undefined) addAbortSignal(signal, pipe);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of pipe) {
      chunks.push(chunk as Buffer);
      sizeBytes += (chunk as Buffer).length;
      if (sizeBytes > limitBytes) throw tooLong(path, limitBytes);
    }
  } catch (error) {
    throw signal?.aborted ? new QTChatError('ERR_CANCELLED', 'cancelled', { cause: error }) : error;
  }
  return Buffer.concat(chunks);
}

// Devices do not say their size: never read more than one octet above the limit.
function readBounded(file: number, path: string, limitBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for (;;) {
    const chunk = Buffer.alloc(Math.min(64 * 1024, limitBytes + 1 - sizeBytes));
    const count = readSync(file, chunk);
    sizeBytes += count;
    if (sizeBytes > limitBytes) throw tooLong(path, limitBytes);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
  }
}
