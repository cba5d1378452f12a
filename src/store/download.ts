/**
 * One unfinished file: chunks are written to it in any order, and it ends under its final name, or is
 * kept for another time, or deleted. What is written has been compared with its digest before; what was
 * there is compared again.
 */
import { type FileHandle, link, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { bytesOf, clearBit, hasBit, setBit } from '../protocol/chunk-bits.js';
import { DigestList } from '../protocol/digest-list.js';
import { type ChunkLayout, chunksLength, digestBytes, sha256 } from '../protocol/file-chunks.js';
import { Arrivals, type Prefer } from './arrivals.js';
import { openArrivingFile, type ReadableFile } from './arriving-file.js';
import { ArrivingFolder } from './arriving-folder.js';
import { explainingWrite } from './file-error.js';
import { underFreeName } from './free-name.js';
import { type WantedFile, writePartMap } from './part-map.js';
import type { PartWriter } from './part-writer.js';
import { flushFolder } from './private-file.js';
import { asideFolderOf, removePart, removeUnpacked } from './unfinished.js';

/** Where an unfinished file is, and what is known of it. */
export interface DownloadPlace {
  readonly folder: string;
  readonly partPath: string;
  readonly handle: FileHandle;
  readonly wanted: WantedFile;
  readonly layout: ChunkLayout;
  readonly writer: PartWriter;
  /** A bit for each chunk that is there, or said to be. */
  readonly done: Buffer;
  /** Rejects with `ERR_STORE_NO_SPACE` where the disk has no room for what is unpacked, in so many files. */
  readonly checkRoom: (sizeBytes: number, files: number) => Promise<void>;
  /** Called when it has its final name, on disk, and before the unfinished one goes. */
  readonly onPlaced: () => Promise<void>;
  /** Called once, when it has ended; `isKept` when it may be gone on with. */
  readonly release: (isKept: boolean) => void;
}

// What a power cut may cost, beside what the disk makes of it.
const saveIntervalMs = 2_000;
// A longer one has a map from its first block on: without it nobody knows what a killed process has left.
const mapFromBytes = 4 * 1024 * 1024;

/** One unfinished file. It ends by {@link finish}, {@link keep} or {@link discard}, of which one is called. */
export class Download {
  readonly #place: DownloadPlace;
  readonly #digests: DigestList;
  #folder: ArrivingFolder | undefined;
  readonly #arrivals: Arrivals;
  #doneBytes: number;
  #savedAtMs: number;
  #saving: Promise<void> | undefined;
  #failure: unknown;

  constructor(place: DownloadPlace) {
    this.#place = place;
    this.#digests = new DigestList(place.layout);
    this.#arrivals = new Arrivals(place.layout, place.done);
    this.#savedAtMs = place.wanted.sizeBytes < mapFromBytes ? performance.now() : Number.NEGATIVE_INFINITY;
    this.#doneBytes = bytesOf(place.done, place.layout);
  }

  /** Octets that are there. */
  get doneBytes(): number {
    return this.#doneBytes;
  }

  /** Octets that are not there. */
  get leftBytes(): number {
    return this.#place.wanted.sizeBytes - this.#doneBytes;
  }

  /** Those of the chunks that were written or compared. */
  get digests(): DigestList {
    return this.#digests;
  }

  /** Whether a chunk is there. */
  has(index: number): boolean {
    return hasBit(this.#place.done, index);
  }

  /**
   * Opens it for someone who does not wait until it is finished; to be called when what was there is compared.
   *
   * @param prefer - asks for what is waited for
   * @throws {QTChatError} as {@link openArrivingFile}
   */
  open(prefer: Prefer): Promise<ReadableFile> {
    this.#arrivals.preferBy(prefer);
    return openArrivingFile(this.#place.partPath, this.#arrivals);
  }

  /** Blocks for {@link write}; none where any block will do. */
  blocks(count: number, sizeBytes: number): Buffer[] {
    return this.#place.writer.blocks(count, sizeBytes);
  }

  /** Compares chunks that are there, from `first` on, with their digests: what is false is not there any more. */
  async compare(first: number, digests: Buffer): Promise<void> {
    const { handle, layout, done } = this.#place;
    const block = Buffer.allocUnsafeSlow(layout.chunkBytes);
    for (let start = 0; start < digests.length; start += digestBytes) {
      const index = first + start / digestBytes;
      const sizeBytes = chunksLength(layout, index, 1);
      const chunk = block.subarray(0, sizeBytes);
      const digest = digests.subarray(start, start + digestBytes);
      const { bytesRead } = await handle.read(chunk, 0, sizeBytes, index * layout.chunkBytes);
      if (bytesRead === sizeBytes && sha256(chunk).equals(digest)) {
        this.#digests.set(index, digest);
      } else {
        clearBit(done, index);
        this.#doneBytes -= sizeBytes;
      }
    }
  }

  /**
   * Writes chunks from `first` on, which have been compared with these digests.
   *
   * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_NO_SPACE`
   */
  async write(first: number, octets: Buffer, digests: Buffer): Promise<void> {
    const { writer, layout, done } = this.#place;
    if (this.#failure !== undefined) throw this.#failure;
    this.#digests.set(first, digests);
    await writer.write(octets, first * layout.chunkBytes);
    for (let index = first; index < first + digests.length / digestBytes; index += 1) {
      if (!this.has(index)) this.#doneBytes += chunksLength(layout, index, 1);
      setBit(done, index);
    }
    this.#arrivals.advance();
    if (this.#saving === undefined && performance.now() - this.#savedAtMs > saveIntervalMs) this.#saveAside();
  }

  /**
   * Flushes the file, or the folder that it holds, to disk and gives it its final name, or the first free one like it.
   *
   * @returns the absolute path
   * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_EXISTS` after a thousand files of that name; and as
   *   `ArrivingFolder`
   */
  async finish(): Promise<string> {
    const { partPath, onPlaced, release } = this.#place;
    await this.#saving;
    const path = await (this.#folder?.finish() ?? this.#finishFile());
    await this.#close();
    await onPlaced();
    await removePart(partPath);
    release(false);
    return path;
  }

  async #finishFile(): Promise<string> {
    const { folder, partPath, handle, wanted } = this.#place;
    const { name } = wanted;
    await explainingWrite(partPath, () => handle.sync());
    const path = await explainingWrite(join(folder, name), () =>
      underFreeName(folder, { name, isFolder: false }, (free) => place(partPath, free)),
    );
    await flushFolder(folder);
    return path;
  }

  /**
   * Begins to unpack the folder that the file holds, while it arrives: {@link finish} then makes that folder. To be called
   * when what was there is compared. Where it fails, {@link write} and {@link finish} throw why.
   *
   * @param isSafeName - judges each name that the sender gives
   */
  unpack(isSafeName: (name: string) => boolean): void {
    const { folder, partPath, handle, wanted, checkRoom } = this.#place;
    const aside = asideFolderOf(partPath);
    const place = { folder, name: wanted.name, aside, handle, arrivals: this.#arrivals, checkRoom };
    this.#folder = new ArrivingFolder(place, isSafeName);
    this.#folder.unpacked.catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** Closes the file and keeps what there is, so that another transfer can go on with it. */
  async keep(): Promise<void> {
    const { partPath, release } = this.#place;
    await this.#stop();
    await this.#saving;
    let isKept = this.#doneBytes > 0;
    try {
      if (isKept) await this.#save();
    } catch {
      isKept = false;
    }
    if (!isKept) return this.discard();
    await this.#close().catch(() => {});
    await removeUnpacked(partPath);
    release(true);
  }

  /** Closes the file and deletes it. Fails silently: it is called when something else has failed. */
  async discard(): Promise<void> {
    const { partPath, release } = this.#place;
    await this.#stop();
    await this.#saving;
    await this.#close().catch(() => {});
    await removePart(partPath);
    release(false);
  }

  /** Nothing more is read of it. What is unpacked is deleted with the rest. */
  async #stop(): Promise<void> {
    this.#arrivals.stop();
    await this.#folder?.unpacked.catch(() => {});
  }

  async #close(): Promise<void> {
    await this.#place.writer.close();
    await this.#place.handle.close();
  }

  #saveAside(): void {
    this.#saving = this.#save()
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#saving = undefined;
        this.#savedAtMs = performance.now();
      });
  }

  // The map claims nothing that was written after the flush began.
  async #save(): Promise<void> {
    const { partPath, handle, wanted, done } = this.#place;
    const known = Buffer.from(done);
    await explainingWrite(partPath, async () => {
      await handle.datasync();
      await writePartMap(partPath, { wanted, done: known });
    });
  }
}

// link() refuses a name that is taken, which rename() would overwrite. File systems without hard
// links get the name reserved by an empty file first.
async function place(partPath: string, path: string): Promise<void> {
  try {
    await link(partPath, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(systemErrorCode(error) ?? '')) throw error;
    await (await open(path, 'wx', 0o600)).close();
    await rename(partPath, path);
  }
}
