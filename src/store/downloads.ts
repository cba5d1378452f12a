/**
 * The folder where received files arrive. A file grows under a name of its own that nobody else can
 * have prepared, takes its final name only when it is complete and on disk, and never takes the
 * place of another. What a killed process left unfinished is swept away later. Names come from peers
 * and have been judged before.
 */
import { constants } from 'node:fs';
import { type FileHandle, link, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import { explainingWrite } from './file-error.js';
import { createFolder, flushFolder } from './private-file.js';

// What a disk must keep free beside the file, for everybody else on it.
const spareBytes = 32 * 1024 * 1024;
const maximumCopies = 1_000;
// One that still grows is written to every half minute at least, or given up.
const abandonedAfterMs = 10 * 60_000;
const unfinishedName = /\.[0-9a-f]{16}\.part$/;

/** Tells whether a file of that name would be taken for an unfinished one, and so deleted one day. */
export function isUnfinishedName(name: string): boolean {
  return unfinishedName.test(name);
}

/** The folder, and what unfinished files will still take of its disk. */
export class DownloadFolder {
  readonly path: string;
  #reservedBytes = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;

  /** @param path - absolute; created with mode 0700 when the first file arrives */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens a new unfinished file, mode 0600, with room for all of it.
   *
   * @param name - a plain file name, safe on this system
   * @param id - makes the unfinished name unique
   * @throws {QTChatError} `ERR_STORE_NO_SPACE`, `ERR_STORE_UNWRITABLE`
   */
  async begin(name: string, id: string, sizeBytes: number): Promise<Download> {
    this.#reservedBytes += sizeBytes;
    const release = (): void => {
      this.#reservedBytes -= sizeBytes;
    };
    try {
      await createFolder(this.path);
      await this.#sweep();
      await this.#checkSpace();
      const partPath = join(this.path, `${name}.${id.slice(0, 16)}.part`);
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
      const handle = await explainingWrite(partPath, () => open(partPath, flags, 0o600));
      return new Download({ folder: this.path, name, partPath, handle, release });
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Deletes what processes that were killed have left unfinished. Others may be receiving here too. */
  async #sweep(): Promise<void> {
    // The clock of the file system, with which its times are compared.
    const now = Date.now();
    if (now - this.#sweptAt < abandonedAfterMs) return;
    this.#sweptAt = now;
    const entries = await explainingWrite(this.path, () => readdir(this.path, { withFileTypes: true }));
    for (const entry of entries) {
      if (!entry.isFile() || !isUnfinishedName(entry.name)) continue;
      const path = join(this.path, entry.name);
      const stats = await stat(path).catch(() => undefined);
      if (stats !== undefined && now - stats.mtimeMs > abandonedAfterMs)
        await rm(path, { force: true }).catch(() => {});
    }
  }

  async #checkSpace(): Promise<void> {
    const { bavail, bsize } = await statfs(this.path);
    if (this.#reservedBytes + spareBytes > bavail * bsize) {
      throw new QTChatError('ERR_STORE_NO_SPACE', `the disk of ${quote(this.path)} has no room for the file`, {
        hint: 'Free some space, or choose another folder',
      });
    }
  }
}

/** One unfinished file. It ends by {@link finish} or by {@link discard}. */
export class Download {
  readonly #place: { folder: string; name: string; partPath: string; handle: FileHandle; release: () => void };

  constructor(place: { folder: string; name: string; partPath: string; handle: FileHandle; release: () => void }) {
    this.#place = place;
  }

  /**
   * Appends octets; one call at a time.
   *
   * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
   */
  async write(pieces: readonly Buffer[]): Promise<void> {
    await explainingWrite(this.#place.partPath, async () => {
      const { bytesWritten } = await this.#place.handle.writev([...pieces]);
      // A full disk or a signal may cut a write short; the next one then says why.
      let rest = Buffer.alloc(0);
      if (bytesWritten < pieces.reduce((sum, { length }) => sum + length, 0)) {
        rest = Buffer.concat(pieces).subarray(bytesWritten);
      }
      while (rest.length > 0) rest = rest.subarray((await this.#place.handle.write(rest)).bytesWritten);
    });
  }

  /**
   * Flushes the file to disk and gives it its final name, or the first free one like it.
   *
   * @returns the absolute path
   * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_EXISTS` after a thousand files of that name
   */
  async finish(): Promise<string> {
    const { folder, name, partPath, handle, release } = this.#place;
    await explainingWrite(partPath, () => handle.sync());
    await handle.close();
    const path = await this.#settle(folder, name, partPath);
    await flushFolder(folder);
    release();
    return path;
  }

  /** Closes the file and deletes it. Fails silently: it is called when something else has failed. */
  async discard(): Promise<void> {
    const { partPath, handle, release } = this.#place;
    await handle.close().catch(() => {});
    await rm(partPath, { force: true }).catch(() => {});
    release();
  }

  async #settle(folder: string, name: string, partPath: string): Promise<string> {
    for (let copy = 1; copy <= maximumCopies; copy += 1) {
      const path = join(folder, copy === 1 ? name : numbered(name, copy));
      try {
        await place(partPath, path);
        return path;
      } catch (error) {
        if (systemErrorCode(error) !== 'EEXIST') return await explainingWrite(path, () => Promise.reject(error));
      }
    }
    throw new QTChatError('ERR_STORE_EXISTS', `there are too many files named like ${quote(name)}`);
  }
}

function numbered(name: string, copy: number): string {
  const { name: stem, ext } = parse(name);
  return `${stem} (${copy})${ext}`;
}

// link() refuses a name that is taken, which rename() would overwrite. File systems without hard
// links get the name reserved by an empty file first.
async function place(partPath: string, path: string): Promise<void> {
  try {
    await link(partPath, path);
    await rm(partPath);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(systemErrorCode(error) ?? '')) throw error;
    await (await open(path, 'wx', 0o600)).close();
    await rename(partPath, path);
  }
}
