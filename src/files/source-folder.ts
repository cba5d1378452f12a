/** Folders that are to be sent, as one content: the list of what is in them, then the files one behind the other. */
import type { BigIntStats } from 'node:fs';
import { type FileHandle, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { QTChatError, quote } from '../errors.js';
import { encodeManifest, type FolderEntry } from '../protocol/folder-manifest.js';
import { isSafeEntryName } from './file-name.js';
import type { SourceContent, SourceReader } from './source-content.js';
import { changed, explainingRead, fingerprintOf, isUnchanged, openSourceFile, readFully } from './source-file.js';

interface Segment {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly stats: BigIntStats;
}

/**
 * Looks through a folder. Links are not followed and, like pipes and devices, not sent.
 *
 * @throws {QTChatError} `ERR_STORE_UNREADABLE` for a name that not every system takes, and for too many files
 */
export async function lookThrough(folder: string, signal: AbortSignal): Promise<SourceContent> {
  const entries: FolderEntry[] = [];
  const found: BigIntStats[] = [];
  await walk(folder, '', entries, found, signal);
  const manifest = encodeManifest(entries);
  const segments: Segment[] = [];
  let end = manifest.length;
  const files = entries.filter(({ sizeBytes }) => sizeBytes !== undefined);
  for (const [index, { path, sizeBytes = 0 }] of files.entries()) {
    const stats = found[index];
    if (sizeBytes > 0 && stats !== undefined) {
      segments.push({ path: join(folder, path), start: end, end: end + sizeBytes, stats });
    }
    end += sizeBytes;
  }
  return {
    sizeBytes: end,
    fingerprint: JSON.stringify([entries, found.map(fingerprintOf)]),
    open: async () => new FolderReader(manifest, segments),
  };
}

async function walk(
  folder: string,
  prefix: string,
  entries: FolderEntry[],
  stats: BigIntStats[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const found = await explainingRead(join(folder, prefix), () =>
    readdir(join(folder, prefix), { withFileTypes: true }),
  );
  found.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of found) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (!entry.isDirectory() && !entry.isFile()) continue;
    if (!isSafeEntryName(entry.name)) {
      throw new QTChatError('ERR_STORE_UNREADABLE', `not every system takes the name ${quote(path)}`, {
        hint: 'Give it another name',
      });
    }
    if (entry.isDirectory()) {
      entries.push({ path });
      await walk(folder, path, entries, stats, signal);
    } else {
      const file = await explainingRead(join(folder, path), () => lstat(join(folder, path), { bigint: true }));
      entries.push({ path, sizeBytes: Number(file.size), ...((file.mode & 0o100n) !== 0n && { isExecutable: true }) });
      stats.push(file);
    }
  }
}

/** Reads the content of a folder from anywhere; one file is open at a time. */
class FolderReader implements SourceReader {
  readonly #manifest: Buffer;
  readonly #segments: readonly Segment[];
  #open: { segment: Segment; handle: FileHandle } | undefined;

  constructor(manifest: Buffer, segments: readonly Segment[]) {
    this.#manifest = manifest;
    this.#segments = segments;
  }

  async read(target: Buffer, position: number): Promise<void> {
    let filled = position < this.#manifest.length ? this.#manifest.copy(target, 0, position) : 0;
    while (filled < target.length) {
      const at = position + filled;
      const segment = this.#find(at);
      const length = Math.min(target.length - filled, segment.end - at);
      await readFully(await this.#handleOf(segment), target.subarray(filled, filled + length), at - segment.start);
      filled += length;
    }
  }

  async check(): Promise<void> {
    const { handle, segment } = this.#open ?? {};
    if (handle === undefined || segment === undefined) return;
    if (!isUnchanged(await handle.stat({ bigint: true }), segment.stats)) throw changed();
  }

  async close(): Promise<void> {
    const { handle } = this.#open ?? {};
    this.#open = undefined;
    await handle?.close();
  }

  #find(position: number): Segment {
    let [low, high] = [0, this.#segments.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#segments[middle]?.end ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    const segment = this.#segments[low];
    if (segment === undefined) throw changed();
    return segment;
  }

  async #handleOf(segment: Segment): Promise<FileHandle> {
    if (this.#open?.segment === segment) return this.#open.handle;
    // Each is looked at when it has been read, so the list of all need not be.
    await this.check();
    await this.close();
    const { handle } = await openSourceFile(segment.path);
    this.#open = { segment, handle };
    return handle;
  }
}
