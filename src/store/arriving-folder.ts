/**
 * A folder that arrives as one file: unpacked aside while that grows, and under its name when it is whole, compared and on
 * disk. What breaks off is unpacked anew: only the unfinished file is gone on with.
 */
import { type FileHandle, mkdir, rename, rm } from 'node:fs/promises';
import { QTChatError } from '../errors.js';
import { decodeManifest, manifestHeaderBytes, maximumManifestBytes } from '../protocol/folder-manifest.js';
import type { Arrivals } from './arrivals.js';
import { explainingWrite } from './file-error.js';
import { flushAll } from './flush-all.js';
import { underFreeName } from './free-name.js';
import { flushFolder } from './private-file.js';
import { unpackedSize, unpackFolder } from './unpack-folder.js';

/** A longer one is not unpacked before all of it is there: unpacking it anew after each break costs too much. */
const asItArrivesUpToBytes = 256 * 1024 * 1024;
/** What ends it are its arrivals. */
const never = new AbortController().signal;

/** The unfinished file, and where the folder is to be. */
export interface ArrivingPlace {
  readonly folder: string;
  readonly name: string;
  /** Where it is unpacked. */
  readonly aside: string;
  readonly handle: FileHandle;
  readonly arrivals: Arrivals;
  /** As of `DownloadPlace`. */
  readonly checkRoom: (sizeBytes: number, files: number) => Promise<void>;
}

/** One folder. It ends by {@link finish}, or when its arrivals are stopped: what is unpacked is the caller's then. */
export class ArrivingFolder {
  readonly #place: ArrivingPlace;
  /**
   * Resolves to the paths of all files when they are unpacked, and rejects as soon as that fails: `ERR_PROTOCOL` where the
   * list in front is not right, `ERR_STORE_UNWRITABLE`, `ERR_STORE_NO_SPACE`.
   */
  readonly unpacked: Promise<string[]>;

  /** @param isSafeName - judges each name that the sender gives */
  constructor(place: ArrivingPlace, isSafeName: (name: string) => boolean) {
    this.#place = place;
    this.unpacked = this.#unpack(isSafeName);
  }

  /**
   * Flushes it to disk and gives it its name, or the first free one like it. To be called when all has arrived.
   *
   * @returns the absolute path
   * @throws {QTChatError} as {@link unpacked}, and `ERR_STORE_EXISTS`
   */
  async finish(): Promise<string> {
    const { folder, name, aside } = this.#place;
    const paths = await this.unpacked;
    return explainingWrite(aside, async () => {
      await flushAll(aside, paths);
      const path = await underFreeName(folder, { name, isFolder: true }, (free) => place(aside, free));
      await flushFolder(folder);
      return path;
    });
  }

  async #unpack(isSafeName: (name: string) => boolean): Promise<string[]> {
    const { aside, arrivals, checkRoom } = this.#place;
    const { sizeBytes } = arrivals.layout;
    if (sizeBytes > asItArrivesUpToBytes) {
      for (let there = 0; there < sizeBytes; ) there = await this.#reach(there, sizeBytes);
    }
    const header = Buffer.alloc(manifestHeaderBytes);
    await this.#read(header.subarray(0, sizeBytes), 0);
    const listBytes = header.readUInt32BE();
    const start = manifestHeaderBytes + listBytes;
    if (listBytes === 0 || listBytes > maximumManifestBytes || start > sizeBytes) {
      throw new QTChatError('ERR_PROTOCOL', 'the folder that came has no list of what is in it');
    }
    const list = Buffer.allocUnsafe(listBytes);
    await this.#read(list, manifestHeaderBytes);
    const entries = decodeManifest(list, sizeBytes - start, isSafeName);
    await checkRoom(unpackedSize(entries), entries.length);
    return unpackFolder(aside, entries, start, (target, position) => this.#read(target, position));
  }

  /** Waits until it is there. */
  async #read(target: Buffer, position: number): Promise<void> {
    const end = position + target.length;
    for (let start = position; start < end; ) {
      const there = await this.#reach(start, end);
      const { bytesRead } = await this.#place.handle.read(target, start - position, there - start, start);
      if (bytesRead === 0) throw new QTChatError('ERR_STORE_DAMAGED', 'the unfinished file has become shorter');
      start += bytesRead;
    }
  }

  #reach(start: number, end: number): Promise<number> {
    return this.#place.arrivals.reach(start, end, end - start, never);
  }
}

async function place(aside: string, path: string): Promise<void> {
  // Reserves the name: rename() takes the place of an empty folder, which this one is.
  await mkdir(path, { mode: 0o700 });
  // Windows does not replace folders.
  if (process.platform === 'win32') await rm(path, { recursive: true });
  await rename(aside, path);
}
