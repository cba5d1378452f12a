/**
 * Reads a file that is there, or that still arrives: what is not there yet when it comes, and it is asked for first. Who
 * has opened one reads it to its end, whatever name it has by then.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { QTChatError, quote } from '../errors.js';
import type { Arrivals } from './arrivals.js';
import { explained } from './file-error.js';

/** A file that can be read from any place, whether all of it is there or not. Whoever opens it closes it. */
export interface ReadableFile {
  readonly sizeBytes: number;
  /** Whether nothing of it has to be waited for. */
  readonly isComplete: boolean;
  /** Whether nothing of it can be read any more: its transfer has failed or broken off. */
  readonly isEnded: boolean;
  /**
   * The octets from `start` on, as soon as there are any: as many as are there, up to 256 KiB and to `end`.
   *
   * @param end - up to where the reader will want to read on: so far it is asked for first
   * @throws {QTChatError} `ERR_FILE_INTERRUPTED` when nothing more of it comes, `ERR_STORE_PERMISSIONS`
   */
  read(start: number, end: number, signal: AbortSignal): Promise<Buffer>;
  close(): Promise<void>;
}

const mostReadBytes = 256 * 1024;
// Nobody waits for a pipe that was put in the place of a file.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file that is there.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS`; also for what is no file, or a link to one
 */
export async function openStoredFile(path: string): Promise<ReadableFile> {
  const handle = await openReading(path);
  const stats = await handle.stat();
  if (stats.isFile()) return readerOf(path, handle, stats.size);
  await handle.close();
  throw new QTChatError('ERR_STORE_PERMISSIONS', `${quote(path)} is no file`);
}

/**
 * Opens a file that arrives.
 *
 * @param path - where it is now
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS`
 */
export async function openArrivingFile(path: string, arrivals: Arrivals): Promise<ReadableFile> {
  return readerOf(path, await openReading(path), arrivals.layout.sizeBytes, arrivals);
}

function readerOf(path: string, handle: FileHandle, sizeBytes: number, arrivals?: Arrivals): ReadableFile {
  return {
    sizeBytes,
    get isComplete() {
      return arrivals?.isComplete ?? true;
    },
    get isEnded() {
      return arrivals?.isStopped ?? false;
    },
    read: async (start, end, signal) => {
      const reach = (await arrivals?.reach(start, end, mostReadBytes, signal)) ?? start + mostReadBytes;
      signal.throwIfAborted();
      const wantedBytes = Math.min(end, sizeBytes, reach) - start;
      const { bytesRead, buffer } = await handle
        .read(Buffer.allocUnsafe(wantedBytes), 0, wantedBytes, start)
        .catch((error: unknown) => Promise.reject(explained(error, path, 'read')));
      if (bytesRead === 0) throw new QTChatError('ERR_STORE_PERMISSIONS', `${quote(path)} has become shorter`);
      return buffer.subarray(0, bytesRead);
    },
    close: () => handle.close(),
  };
}

function openReading(path: string): Promise<FileHandle> {
  return open(path, flags).catch((error: unknown) => Promise.reject(explained(error, path, 'read')));
}
