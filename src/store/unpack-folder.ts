/** Makes files and folders of the unfinished file in which they arrive. What is in it has been judged before. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import type { FolderEntry } from '../protocol/folder-manifest.js';
import { explainingWrite } from './file-error.js';
import { Stretch } from './stretch.js';

const blockBytes = 1024 * 1024;
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

/** Fills `target` from the unfinished file, once it is there. */
export type ReadArrived = (target: Buffer, position: number) => Promise<void>;

/**
 * Unpacks a folder to `aside`, where nothing is left of an earlier attempt; mode 0700, files 0600 or, executable ones,
 * 0700. Flushes nothing.
 *
 * @param start - where the content of the first file begins in the unfinished one
 * @returns the paths of the files
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_NO_SPACE`
 */
export async function unpackFolder(
  aside: string,
  entries: readonly FolderEntry[],
  start: number,
  read: ReadArrived,
): Promise<string[]> {
  return explainingWrite(aside, async () => {
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { mode: 0o700 });
    const files: PackedFile[] = [];
    const stretch = new Stretch();
    let position = start;
    for (const { path: name, sizeBytes, isExecutable } of entries) {
      const path = `${aside}/${name}`;
      if (sizeBytes === undefined) mkdirSync(path, { mode: 0o700 });
      else files.push({ path, mode: isExecutable === true ? 0o700 : 0o600, start: position, sizeBytes });
      position += sizeBytes ?? 0;
      await stretch.rest();
    }
    const block = Buffer.allocUnsafeSlow(blockBytes);
    for (const group of groupsOf(files)) await extract(read, group, block, stretch);
    return files.map(({ path }) => path);
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

async function extract(
  read: ReadArrived,
  group: readonly PackedFile[],
  block: Buffer,
  stretch: Stretch,
): Promise<void> {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return;
  if (first.sizeBytes > blockBytes) return extractLong(read, first, block);
  await read(block.subarray(0, last.start + last.sizeBytes - first.start), first.start);
  for (const { path, mode, start, sizeBytes } of group) {
    writeSmall(path, mode, block, start - first.start, sizeBytes);
    await stretch.rest();
  }
}

// A small file is made in less time than it takes to wake a thread that makes it, and one after the other in
// less time than several at once, which wait for each other in the same folder.
function writeSmall(path: string, mode: number, block: Buffer, start: number, sizeBytes: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    for (let written = 0; written < sizeBytes; ) {
      written += writeSync(file, block, start + written, sizeBytes - written);
    }
  } finally {
    closeSync(file);
  }
}

async function extractLong(
  read: ReadArrived,
  { path, mode, start, sizeBytes }: PackedFile,
  block: Buffer,
): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    for (let done = 0; done < sizeBytes; done += blockBytes) {
      const piece = block.subarray(0, sizeBytes - done);
      await read(piece, start + done);
      await file.writeFile(piece);
    }
  } finally {
    await file.close();
  }
}
