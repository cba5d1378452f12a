/** Folders that are to be sent, as one content: the list of what is in them, then the files one behind the other. */
import { type FileHandle, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { QTChatError, quote } from '../errors.js';
import { encodeManifest, type FolderEntry } from '../protocol/folder-manifest.js';
import { isSafeEntryName } from './file-name.js';
import type { SourceContent, SourceReader } from './source-content.js';
import { explainingRead, openSourceFile, readFully } from './source-file.js';

interface Segment {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Looks through a folder. Links are not followed and, like pipes and devices, not sent.
 *
 * @throws {QTChatError} `ERR_STORE_UNREADABLE` for a name that not every system takes, and for too many files
 */
export async function lookThrough(folder: string, signal: AbortSignal): Promise<SourceContent> {
  const entries: FolderEntry[] = [];
  const times: number[] = [];
  await walk(folder, '', entries, times, signal);
  const manifest = encodeManifest(entries);
  const segments: Segment[] = [];
  let end = manifest.length;
  for (const { path, sizeBytes = 0 } of entries) {
    if (sizeBytes > 0) segments.push({ path: join(folder, path), start: end, end: end + sizeBytes });
    end += sizeBytes;
  }
  return {
    sizeBytes: end,
    fingerprint: JSON.stringify([entries, times]),
    open: async () => new FolderReader(manifest, segments),
  };
}

async function walk(
  folder: string,
  prefix: string,
  entries: FolderEntry[],
  times: number[],
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
      await walk(folder, path, entries, times, signal);
    } else {
      const { size, mtimeMs, mode } = await explainingRead(join(folder, path), () => lstat(join(folder, path)));
      entries.push({ path, sizeBytes: size, ...((mode & 0o100) !== 0 && { isExecutable: true }) });
      times.push(mtimeMs);
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

  async close(): Promise<void> {
    await this.#open?.handle.close();
    this.#open = undefined;
  }

  #find(position: number): Segment {
    let [low, high] = [0, this.#segments.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#segments[middle]?.end ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    const segment = this.#segments[low];
    if (segment === undefined) throw new QTChatError('ERR_FILE_FAILED', 'the folder became smaller while it was sent');
    return segment;
  }

  async #handleOf(segment: Segment): Promise<FileHandle> {
    if (this.#open?.segment === segment) return this.#open.handle;
    await this.close();
    const { handle } = await openSourceFile(segment.path);
    this.#open = { segment, handle };
    return handle;
  }
}
