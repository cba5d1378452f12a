/**
 * The folder where received files arrive. A file grows under a name of its own that nobody else can
 * have prepared, takes its final name only when it is complete and on disk, and never takes the
 * place of another. One that broke off is kept for a while, to be gone on with. Names come from peers
 * and have been judged before.
 */
import { type FileHandle, statfs } from 'node:fs/promises';
import { QTChatError, quote } from '../errors.js';
import { noBits } from '../protocol/chunk-bits.js';
import { layoutOf } from '../protocol/file-chunks.js';
import type { ArrivedFiles } from './arrived-files.js';
import { Download } from './download.js';
import { explainingWrite } from './file-error.js';
import { claimPart, createPart } from './part-file.js';
import type { WantedFile } from './part-map.js';
import { PartWriter } from './part-writer.js';
import { createFolder } from './private-file.js';
import {
  hasSecondName,
  type KeptFile,
  removeLeftovers,
  removePart,
  sweepUnfinished,
  unfinishedPath,
} from './unfinished.js';

// What a disk must keep free beside the file, for everybody else on it.
const spareBytes = 32 * 1024 * 1024;
const spareFiles = 1_000;
const sweepIntervalMs = 10 * 60_000;
// Files that the user has agreed to, and that have not begun to arrive.
const maximumPromised = 256;

/** What the folder is told of a transfer. */
export interface IncomingFile {
  /** Makes the unfinished name unique. */
  readonly id: string;
  /** Called when another transfer takes over. */
  readonly interrupt: () => void;
}

interface Active {
  readonly partPath: string;
  readonly interrupt: () => void;
  readonly ended: Promise<void>;
  readonly end: () => void;
  /** Octets that it will still take of the disk. */
  leftBytes: () => number;
}

/** The folder, what lies unfinished in it, and what that will still take of its disk. */
export class DownloadFolder {
  readonly path: string;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #sweeping: Promise<void> = Promise.resolve();
  /** Unfinished files that nobody here writes to. */
  #kept = new Map<string, KeptFile>();
  readonly #promised = new Set<string>();
  readonly #paused = new Set<string>();
  readonly #arrived: ArrivedFiles;
  /** Unfinished files that are written to, by sender and transfer. */
  readonly #active = new Map<string, Active>();

  /** @param path - absolute; created with mode 0700 when the first file is offered */
  constructor(path: string, arrived: ArrivedFiles) {
    this.path = path;
    this.#arrived = arrived;
  }

  /** Remembers that a file is to be taken, also when it is offered again. */
  promise(wanted: WantedFile): void {
    add(this.#promised, keyOf(wanted), maximumPromised);
  }

  /** Remembers that the user has paused a file, also when it is offered again; or lets it go on. */
  pause(wanted: WantedFile, isOn: boolean): void {
    if (isOn) add(this.#paused, keyOf(wanted), maximumPromised);
    else this.#paused.delete(keyOf(wanted));
  }

  /** Whether the user has paused a file. */
  isPaused(wanted: WantedFile): boolean {
    return this.#paused.has(keyOf(wanted));
  }

  /** Forgets that a file was to be taken, and deletes what was kept of it. Fails silently: nothing depends on it. */
  async drop(wanted: WantedFile): Promise<void> {
    const key = keyOf(wanted);
    const kept = this.#kept.get(key);
    this.#promised.delete(key);
    this.#paused.delete(key);
    this.#kept.delete(key);
    if (kept !== undefined) await removePart(kept.partPath);
  }

  /**
   * Whether the file of a transfer that broke off has arrived, though its sender may not know. Nothing of that transfer is
   * left then, nor where it cannot be gone on with.
   *
   * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
   */
  async hasArrived(wanted: WantedFile, id: string): Promise<boolean> {
    await this.#sweep();
    const { sender, name } = wanted;
    const partPath = unfinishedPath(this.path, name, id);
    const isNoted = await this.#arrived.has(sender, arrivalOf(wanted, id));
    if (this.#isOfAnother(partPath, sender)) return isNoted;
    const [keptKey, kept] = [...this.#kept].find((one) => one[1].partPath === partPath) ?? [];
    const hasChanged = kept !== undefined && kept.wanted.version !== wanted.version;
    // A process that ended when the file had its name, and before it could note that.
    const isPlaced = !isNoted && !hasChanged && (await hasSecondName(partPath));
    if (isPlaced) await this.#arrived.add(sender, arrivalOf(wanted, id));
    const hasArrived = isNoted || isPlaced;
    if (hasArrived) this.#promised.delete(keyOf(wanted));
    if (hasArrived && keptKey !== undefined) this.#kept.delete(keptKey);
    if (hasArrived || keptKey === undefined) await removeLeftovers(partPath);
    return hasArrived;
  }

  /** Whether an unfinished file is there that this sender may not touch: one in use, or of somebody else. */
  #isOfAnother(partPath: string, sender: string): boolean {
    const isInUse = [...this.#active.values()].some((active) => active.partPath === partPath);
    return (
      isInUse || [...this.#kept.values()].some((kept) => kept.partPath === partPath && kept.wanted.sender !== sender)
    );
  }

  /**
   * What is there of a file that was taken before and broke off, in octets, by its map; undefined for one that
   * was never taken.
   *
   * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
   */
  async doneBytes(wanted: WantedFile): Promise<number | undefined> {
    await this.#sweep();
    const key = keyOf(wanted);
    return this.#kept.get(key)?.doneBytes ?? (this.#promised.has(key) ? 0 : undefined);
  }

  /**
   * Whether the disk has room for `sizeBytes` more in so many files, beside what is arriving.
   *
   * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
   */
  async hasRoom(sizeBytes: number, files = 1): Promise<boolean> {
    const {
      bavail,
      bsize,
      ffree,
      files: allFiles,
    } = await explainingWrite(this.path, async () => {
      await createFolder(this.path);
      return statfs(this.path);
    });
    const arrivingBytes = [...this.#active.values()].reduce((sum, { leftBytes }) => sum + leftBytes(), 0);
    // Some file systems, which count no files, say that there are none.
    const hasFiles = allFiles === 0 || files + spareFiles <= ffree;
    return hasFiles && arrivingBytes + sizeBytes + spareBytes <= bavail * bsize;
  }

  /** Ends another transfer of that sender, which has broken off without our noticing, and keeps what it has brought. */
  async supersede(sender: string, id: string): Promise<void> {
    const active = this.#active.get(activeKey(sender, id));
    active?.interrupt();
    await active?.ended;
  }

  /**
   * Opens the unfinished file, with room for all of it: the one that was kept, which is to be compared, or a new one.
   *
   * @throws {QTChatError} `ERR_STORE_NO_SPACE`, `ERR_STORE_UNWRITABLE`
   */
  async begin(wanted: WantedFile, { id, interrupt }: IncomingFile): Promise<Download> {
    await this.#sweep();
    const layout = layoutOf(wanted.sizeBytes);
    const partPath = unfinishedPath(this.path, wanted.name, id);
    const key = keyOf(wanted);
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    // A folder is unpacked beside what has arrived.
    const unpackedBytes = wanted.isFolder ? wanted.sizeBytes : 0;
    const leftBytes = (): number => wanted.sizeBytes - (kept?.doneBytes ?? 0) + unpackedBytes;
    const active = this.#occupy(activeKey(wanted.sender, id), { partPath, leftBytes, interrupt });
    let handle: FileHandle | undefined;
    let claimed = kept;
    try {
      if (!(await this.hasRoom(0))) throw this.#noRoom();
      handle = kept && (await claimPart(kept, partPath));
      claimed = handle && kept && { ...kept, partPath };
      const done = claimed?.done ?? noBits(layout);
      handle ??= await createPart(partPath);
      const writer = await PartWriter.open(partPath, handle, wanted.isFolder ? 0 : wanted.sizeBytes);
      const release = (isKept: boolean): void => {
        if (isKept) this.#kept.set(key, { partPath, wanted, done, doneBytes: download.doneBytes });
        active.end();
      };
      const onPlaced = async (): Promise<void> => {
        this.#promised.delete(key);
        await this.#arrived.add(wanted.sender, arrivalOf(wanted, id));
      };
      const checkRoom = async (sizeBytes: number, files: number): Promise<void> => {
        // So much is reserved since it began.
        if (!(await this.hasRoom(sizeBytes - unpackedBytes, files))) throw this.#noRoom();
      };
      const place = { folder: this.path, partPath, handle, writer, wanted, layout, done, checkRoom, onPlaced, release };
      const download = new Download(place);
      active.leftBytes = () => download.leftBytes + unpackedBytes;
      return download;
    } catch (error) {
      await handle?.close();
      if (claimed !== undefined) this.#kept.set(key, claimed);
      active.end();
      throw error;
    }
  }

  #occupy(key: string, place: Pick<Active, 'partPath' | 'leftBytes' | 'interrupt'>): Active {
    let resolve = (): void => {};
    const ended = new Promise<void>((onEnded) => {
      resolve = onEnded;
    });
    const end = (): void => {
      if (this.#active.get(key) === active) this.#active.delete(key);
      resolve();
    };
    const active: Active = { ...place, ended, end };
    this.#active.set(key, active);
    return active;
  }

  /** Learns what is unfinished, and deletes what is too old of it. Others may be receiving here too. */
  #sweep(): Promise<void> {
    // The clock of the file system, with which its times are compared.
    const now = Date.now();
    if (now - this.#sweptAt < sweepIntervalMs) return this.#sweeping;
    this.#sweptAt = now;
    this.#sweeping = explainingWrite(this.path, async () => {
      await createFolder(this.path);
      const activePaths = new Set([...this.#active.values()].map(({ partPath }) => partPath));
      const found = await sweepUnfinished(this.path, activePaths, now);
      this.#kept = new Map(found.map((kept) => [keyOf(kept.wanted), kept]));
    });
    // Whatever was wrong may have been put right until the next file comes.
    this.#sweeping.catch(() => {
      this.#sweptAt = Number.NEGATIVE_INFINITY;
    });
    return this.#sweeping;
  }

  #noRoom(): QTChatError {
    return new QTChatError('ERR_STORE_NO_SPACE', `the disk of ${quote(this.path)} has no room for the file`, {
      hint: 'Free some space, or choose another folder',
    });
  }
}

/** Adds to a set that forgets the oldest. */
function add(set: Set<string>, value: string, maximum: number): void {
  const [oldest] = set;
  if (set.size >= maximum && oldest !== undefined) set.delete(oldest);
  set.add(value);
}

function keyOf({ sender, name, sizeBytes, isFolder, version }: WantedFile): string {
  return JSON.stringify([sender, name, sizeBytes, isFolder, version]);
}

/** What has arrived: a file that its sender has changed since has not. */
function arrivalOf({ version }: WantedFile, id: string): string {
  return `${id} ${version}`;
}

function activeKey(sender: string, id: string): string {
  return `${id} ${sender}`;
}
