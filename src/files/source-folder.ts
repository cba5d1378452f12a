/** Folders that are to be sent, as one content: the list of what is in them, then the files one behind the other. */
import { type BigIntStats, type Dirent, lstat } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { QTChatError, quote } from '../errors.js';
import { encodeManifest, type FolderEntry } from '../protocol/folder-manifest.js';
import { inParallel } from '../store/in-parallel.js';
import { isSafeEntryName } from './file-name.js';
import { FolderReader, type Segment } from './folder-reader.js';
import type { SourceContent } from './source-content.js';
import { explainingRead, type FileStamp, fingerprintOf, stampOf } from './source-file.js';

const statLink = promisify(lstat) as (path: string, options: { bigint: true }) => Promise<BigIntStats>;

interface Found {
  readonly entry: FolderEntry;
  /** Of a file. */
  readonly stamp?: FileStamp;
}

/**
 * Looks through a folder. Links are not followed and, like pipes and devices, not sent.
 *
 * @throws {QTChatError} `ERR_STORE_UNREADABLE` for a name that not every system takes, and for too many files
 */
export async function lookThrough(folder: string, signal: AbortSignal): Promise<SourceContent> {
  const found = await walk(folder, '', signal);
  const entries = found.map(({ entry }) => entry);
  const manifest = encodeManifest(entries);
  const segments: Segment[] = [];
  let end = manifest.length;
  for (const { entry, stamp } of found) {
    const { path, sizeBytes = 0 } = entry;
    if (sizeBytes > 0 && stamp !== undefined) {
      segments.push({ path: join(folder, path), start: end, end: end + sizeBytes, stamp });
    }
    end += sizeBytes;
  }
  return {
    sizeBytes: end,
    fingerprint: JSON.stringify([entries, found.map(({ stamp }) => stamp && fingerprintOf(stamp))]),
    open: async () => new FolderReader(manifest, segments),
  };
}

/** What is below a folder, parents first. */
async function walk(folder: string, prefix: string, signal: AbortSignal): Promise<Found[]> {
  signal.throwIfAborted();
  const place = join(folder, prefix);
  const children = await explainingRead(place, () => readdir(place, { withFileTypes: true }));
  const meant = children.filter((child) => child.isDirectory() || child.isFile());
  meant.sort((one, other) => (one.name < other.name ? -1 : 1));
  const found: Found[][] = [];
  await inParallel(meant.entries(), async ([index, child]) => {
    found[index] = await look(folder, prefix === '' ? child.name : `${prefix}/${child.name}`, child, signal);
  });
  return found.flat();
}

async function look(folder: string, path: string, child: Dirent, signal: AbortSignal): Promise<Found[]> {
  if (!isSafeEntryName(child.name)) {
    throw new QTChatError('ERR_STORE_UNREADABLE', `not every system takes the name ${quote(path)}`, {
      hint: 'Give it another name',
    });
  }
  if (child.isDirectory()) return [{ entry: { path } }, ...(await walk(folder, path, signal))];
  const file = await explainingRead(join(folder, path), () => statLink(join(folder, path), { bigint: true }));
  const isExecutable = (file.mode & 0o100n) !== 0n;
  const entry = { path, sizeBytes: Number(file.size), ...(isExecutable && { isExecutable }) };
  return [{ entry, stamp: stampOf(file) }];
}
