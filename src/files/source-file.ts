/** Files that are to be sent. Plain files only: a pipe has no size, and opening one may wait for ever. */
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import type { SourceContent, SourceReader } from './source-content.js';

// The clock of file systems has ticks of up to 10 ms: a file could change again in the tick in which it was looked at.
const tickMs = 20;

/**
 * Looks at a file without reading it.
 *
 * @throws {QTChatError} as {@link openSourceFile}, and the reason of `signal` when it aborts
 */
export async function lookAt(path: string, signal: AbortSignal): Promise<SourceContent> {
  let stats = await statSource(path);
  if (Math.abs(Date.now() - Number(stats.mtimeMs)) < tickMs) {
    await setTimeout(tickMs, undefined, { signal });
    stats = await statSource(path);
  }
  return { sizeBytes: Number(stats.size), fingerprint: fingerprintOf(stats), open: () => readerOf(path, stats) };
}

async function statSource(path: string): Promise<BigIntStats> {
  const { handle, stats } = await openSourceFile(path);
  await handle.close();
  return stats;
}

/**
 * Checks that there is a plain file, or a folder, that can be read.
 *
 * @throws {QTChatError} as {@link openSourceFile}
 */
export async function checkSource(path: string): Promise<void> {
  if (basename(path) === '') {
    throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} has no name under which it could arrive`);
  }
  if (await isFolder(path)) await explainingRead(path, () => readdir(path));
  else await statSource(path);
}

/** Whether a folder is at the path. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/**
 * Opens the plain file at `path` for reading; close the handle.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`
 */
async function openSourceFile(path: string): Promise<{ handle: FileHandle; stats: BigIntStats }> {
  // Without O_NONBLOCK, opening a named pipe waits for somebody to write into it.
  const handle = await explainingRead(path, () => open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) {
      throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} is neither a file nor a folder`);
    }
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What is remembered of a file, to see whether it has changed. */
export type FileStamp = Pick<BigIntStats, 'ino' | 'size' | 'mtimeNs'>;

/** Only what is remembered, of many files. */
export function stampOf({ ino, size, mtimeNs }: BigIntStats): FileStamp {
  return { ino, size, mtimeNs };
}

/** Another one when a file seems to have changed since; the same again after a restart, also under another path. */
export function fingerprintOf({ size, mtimeNs }: FileStamp): string {
  return `${size} ${mtimeNs}`;
}

/** Whether a file is the same as before, as far as the system tells. */
export function isUnchanged(now: FileStamp, before: FileStamp): boolean {
  // Not the change time: that one also moves when a file gets another name, or loses its last.
  return now.ino === before.ino && now.size === before.size && now.mtimeNs === before.mtimeNs;
}

/**
 * Fills `target` from `position` on.
 *
 * @throws {QTChatError} `ERR_FILE_DIGEST` when the file ends before
 */
export async function readFully(handle: FileHandle, target: Buffer, position: number): Promise<void> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await handle.read(target, filled, target.length - filled, position + filled);
    if (bytesRead === 0) throw changed();
    filled += bytesRead;
  }
}

/** The error for what was changed between being looked at and having been sent. */
export function changed(): QTChatError {
  return new QTChatError('ERR_FILE_DIGEST', 'it was changed while it was sent', { hint: 'Send it again' });
}

async function readerOf(path: string, before: FileStamp): Promise<SourceReader> {
  const { handle, stats } = await openSourceFile(path);
  const check = async (): Promise<void> => {
    if (!isUnchanged(await handle.stat({ bigint: true }), before)) throw changed();
  };
  if (!isUnchanged(stats, before)) {
    await handle.close();
    throw changed();
  }
  return { read: (target, position) => readFully(handle, target, position), check, close: () => handle.close() };
}

/** Runs `action`, turning errors of the system into `ERR_STORE_NOT_FOUND` or `ERR_STORE_UNREADABLE` for `path`. */
export async function explainingRead<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof QTChatError) throw error;
    const missing = systemErrorCode(error) === 'ENOENT';
    const message = missing
      ? `there is no file ${quote(path)}`
      : `cannot read ${quote(path)} (${systemErrorCode(error)})`;
    throw new QTChatError(missing ? 'ERR_STORE_NOT_FOUND' : 'ERR_STORE_UNREADABLE', message, { cause: error });
  }
}
