/**
 * A folder that arrives as one file: unpacked aside while that grows, and under its name when it is whole, compared and on
 * disk. What breaks off is unpacked anew: only the unfinished file is gone on with.
 */
import { type FileHandle, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import { decodeManifest, manifestHeaderBytes, maximumManifestBytes } from '../protocol/folder-manifest.js';
import type { ArrivalFront } from './arrival-front.js';
import { explainingWrite } from './file-error.js';
import { flushAll } from './flush-all.js';
import { flushFolder } from './private-file.js';
import { unpackedSize, unpackFolder } from './unpack-folder.js';

/** A longer one is not unpacked before all of it is there: unpacking it anew after each break costs too much. */
const asItArrivesUpToBytes = 256 * 1024 * 1024;
const maximumCopies = 1_000;

/** The unfinished file, and where the folder is to be. */
export interface ArrivingPlace {
  readonly folder: string;
  readonly name: string;
  /** Where it is unpacked. */
  readonly aside: string;
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly front: ArrivalFront;
  /** As of `DownloadPlace`. */
  readonly checkRoom: (sizeBytes: number, files: number) => Promise<void>;
}

/** One folder. It ends by {@link finish} or {@link stop}. */
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
      return settle(aside, folder, name);
    });
  }

  /** Unpacks nothing more. What is unpacked is the caller's then. */
  async stop(): Promise<void> {
    this.#place.front.stop();
    await this.unpacked.catch(() => {});
  }

  async #unpack(isSafeName: (name: string) => boolean): Promise<string[]> {
    const { aside, sizeBytes, front, checkRoom } = this.#place;
    if (sizeBytes > asItArrivesUpToBytes) await front.reaches(sizeBytes);
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
    const { front, handle } = this.#place;
    await front.reaches(position + target.length);
    for (let filled = 0; filled < target.length; ) {
      const { bytesRead } = await handle.read(target, filled, target.length - filled, position + filled);
      if (bytesRead === 0) throw new QTChatError('ERR_STORE_DAMAGED', 'the unfinished file has become shorter');
      filled += bytesRead;
    }
  }
}

async function settle(aside: string, folder: string, name: string): Promise<string> {
  for (let copy = 1; copy <= maximumCopies; copy += 1) {
    const path = join(folder, copy === 1 ? name : `${name} (${copy})`);
    try {
      // Reserves the name: rename() takes the place of an empty folder, which this one is.
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') continue;
      throw error;
    }
    // Windows does not replace folders.
    if (process.platform === 'win32') await rm(path, { recursive: true });
    await rename(aside, path);
    await flushFolder(folder);
    return path;
  }
  throw new QTChatError('ERR_STORE_EXISTS', `there are too many folders named like ${quote(name)}`);
}
