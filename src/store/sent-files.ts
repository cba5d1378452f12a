/**
 * Files that were given to the program as octets, and not by a path: they are kept in the home as long as they are to be
 * sent. Each is in a folder of its own, which appears when all of it is there; what was broken off is swept away.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { QTChatError } from '../errors.js';
import { explainingWrite } from './file-error.js';
import { asidePrefix, sweepLitter } from './litter.js';
import { createFolder } from './private-file.js';

// What a disk must keep free beside the file, for everybody else on it.
const spareBytes = 256 * 1024 * 1024;

const oldAfterMs = 60 * 60 * 1000;

/** The folder of them. */
export class SentFiles {
  readonly #folder: string;

  /** @param folder - absolute; created with mode 0700 when the first one is given */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Makes room for one of them.
   *
   * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
   */
  async begin(): Promise<GivenFiles> {
    await createFolder(this.#folder);
    await sweepLitter(this.#folder);
    const aside = await explainingWrite(this.#folder, () => mkdtemp(join(this.#folder, asidePrefix)));
    return new GivenFiles(aside);
  }

  /**
   * Deletes one that need not be kept any more; does nothing for what is no file of ours. Fails silently: nothing depends
   * on it.
   *
   * @param path - as {@link GivenFiles.finish} has given it
   */
  async remove(path: string): Promise<void> {
    if (!this.isOurs(path)) return;
    await rm(dirname(path), { recursive: true, force: true }).catch(() => {});
  }

  /** Those that have been there for an hour: nobody is about to send them. */
  async old(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const found = await Promise.all(
      names.map(async (name) => {
        const around = join(this.#folder, name);
        const stats = await stat(around).catch(() => undefined);
        const isOld = stats?.isDirectory() === true && Date.now() - stats.mtimeMs > oldAfterMs;
        const [given] = isOld ? await readdir(around).catch(() => []) : [];
        return given === undefined ? [] : [join(around, given)];
      }),
    );
    return found.flat().filter((path) => this.isOurs(path));
  }

  /** Whether a path is that of one of them. */
  isOurs(path: string): boolean {
    return /^given-[^/\\]+[/\\][^/\\]+$/.test(relative(this.#folder, path));
  }
}

/** A file, or a folder file by file, that is being given. */
export class GivenFiles {
  readonly #aside: string;

  constructor(aside: string) {
    this.#aside = aside;
  }

  /**
   * Writes one file.
   *
   * @param path - within, its parts judged before; what is missing of its folders is created
   * @throws {QTChatError} `ERR_STORE_NO_SPACE`, `ERR_STORE_UNWRITABLE`; also where there is one of that path already
   */
  async write(path: readonly string[], content: Readable, sizeBytes: number): Promise<void> {
    const place = join(this.#aside, 'given', ...path);
    await explainingWrite(place, async () => {
      await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      const { bavail, bsize } = await statfs(this.#aside);
      if (sizeBytes + spareBytes > bavail * bsize) {
        throw new QTChatError('ERR_STORE_NO_SPACE', 'the disk has no room for the file', {
          hint: 'Free some space, or send the file from the terminal, by its path',
        });
      }
      await pipeline(content, createWriteStream(place, { flags: 'wx', mode: 0o600 }));
    });
  }

  /**
   * Puts all of it in place.
   *
   * @param name - of the file that was written under it alone, or of the folder
   * @returns the absolute path of it
   * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
   */
  async finish(name: string, isFolder: boolean): Promise<string> {
    const given = join(this.#aside, 'given');
    const around = join(dirname(this.#aside), `given-${basename(this.#aside).slice(asidePrefix.length)}`);
    return explainingWrite(around, async () => {
      await mkdir(given, { recursive: true, mode: 0o700 });
      if (isFolder) {
        await mkdir(around, { mode: 0o700 });
        await rename(given, join(around, name));
      } else {
        await rename(given, around);
      }
      await rm(this.#aside, { recursive: true, force: true });
      return join(around, name);
    });
  }

  /** Deletes what there is of it. */
  async discard(): Promise<void> {
    await rm(this.#aside, { recursive: true, force: true }).catch(() => {});
  }
}
