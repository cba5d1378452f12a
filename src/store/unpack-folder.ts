/**
 * Makes a folder of the unfinished file in which it has arrived: aside, so that all of it appears in one
 * step or nothing. What is in it has been judged before.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import type { FolderEntry } from '../protocol/folder-manifest.js';
import { explainingWrite } from './file-error.js';
import { flushAll } from './flush-all.js';
import { flushFolder } from './private-file.js';
import { Stretch } from './stretch.js';
import { asideFolderOf } from './unfinished.js';

const blockBytes = 1024 * 1024;
const maximumCopies = 1_000;
/** What file systems give out at a time. */
const diskBlockBytes = 4096;

/** A file to be made, and where its content is. */
interface PackedFile {
  readonly path: string;
  readonly mode: number;
  readonly start: number;
  readonly sizeBytes: number;
}

/** What a folder takes of the disk, in octets: of many small files, a thousand times their content. */
export function unpackedSize(entries: readonly FolderEntry[]): number {
  const blocksOf = ({ sizeBytes = diskBlockBytes }: FolderEntry): number => Math.ceil(sizeBytes / diskBlockBytes);
  return entries.reduce((sum, entry) => sum + blocksOf(entry) * diskBlockBytes, 0);
}

/**
 * Unpacks a folder, mode 0700, files 0600 or, executable ones, 0700.
 *
 * @param start - where the content of the first file begins in the unfinished one
 * @returns the absolute path: `name`, or the first free one like it
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_NO_SPACE`, `ERR_STORE_EXISTS`; nothing is left then
 */
export async function unpackFolder(
  place: { folder: string; name: string; partPath: string; handle: FileHandle },
  entries: readonly FolderEntry[],
  start: number,
): Promise<string> {
  const aside = asideFolderOf(place.partPath);
  return explainingWrite(aside, async () => {
    await rm(aside, { recursive: true, force: true });
    try {
      await mkdir(aside, { mode: 0o700 });
      const files: PackedFile[] = [];
      const stretch = new Stretch();
      let position = start;
      for (const { path: names, sizeBytes, isExecutable } of entries) {
        const path = join(aside, ...names.split('/'));
        if (sizeBytes === undefined) mkdirSync(path, { mode: 0o700 });
        else files.push({ path, mode: isExecutable === true ? 0o700 : 0o600, start: position, sizeBytes });
        position += sizeBytes ?? 0;
        await stretch.rest();
      }
      for (const group of groupsOf(files)) await extract(place.handle, group, stretch);
      await flushAll(
        aside,
        files.map(({ path }) => path),
      );
      return await settle(aside, place.folder, place.name);
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      throw error;
    }
  });
}

/** Consecutive files that fit into one block, or one that does not. */
function* groupsOf(files: readonly PackedFile[]): Generator<PackedFile[]> {
  let group: PackedFile[] = [];
  let groupBytes = 0;
  for (const file of files) {
    if (group.length > 0 && groupBytes + file.sizeBytes > blockBytes) {
      yield group;
      [group, groupBytes] = [[], 0];
    }
    group.push(file);
    groupBytes += file.sizeBytes;
  }
  if (group.length > 0) yield group;
}

async function extract(from: FileHandle, group: readonly PackedFile[], stretch: Stretch): Promise<void> {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return;
  if (first.sizeBytes > blockBytes) return extractLong(from, first);
  const block = await readBlock(from, first.start, last.start + last.sizeBytes - first.start);
  for (const { path, mode, start, sizeBytes } of group) {
    writeSmall(path, mode, block.subarray(start - first.start, start - first.start + sizeBytes));
    await stretch.rest();
  }
}

// A small file is made in less time than it takes to wake a thread that makes it, and one after the other in
// less time than several at once, which wait for each other in the same folder.
function writeSmall(path: string, mode: number, octets: Buffer): void {
  const file = openSync(path, 'wx', mode);
  try {
    for (let written = 0; written < octets.length; ) written += writeSync(file, octets, written);
  } finally {
    closeSync(file);
  }
}

async function extractLong(from: FileHandle, { path, mode, start, sizeBytes }: PackedFile): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    for (let done = 0; done < sizeBytes; done += blockBytes) {
      await file.writeFile(await readBlock(from, start + done, Math.min(blockBytes, sizeBytes - done)));
    }
  } finally {
    await file.close();
  }
}

async function readBlock(from: FileHandle, position: number, sizeBytes: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(sizeBytes);
  for (let filled = 0; filled < sizeBytes; ) {
    const { bytesRead } = await from.read(block, filled, sizeBytes - filled, position + filled);
    if (bytesRead === 0) throw new QTChatError('ERR_STORE_DAMAGED', 'the unfinished file has become shorter');
    filled += bytesRead;
  }
  return block;
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
