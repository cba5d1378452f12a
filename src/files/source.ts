/**
 * What is sent, a file or a folder: only looked at before it is offered. Its digests become known as its
 * content is sent, so that it is read once; and any part of it can be read, in any order.
 */
import { basename } from 'node:path';
import { QTChatError, quote } from '../errors.js';
import { DigestList } from '../protocol/digest-list.js';
import {
  type ChunkLayout,
  chunkDigests,
  chunksLength,
  layoutOf,
  maximumFileBytes,
  sha256,
} from '../protocol/file-chunks.js';
import type { SourceContent, SourceReader } from './source-content.js';
import { isFolder, lookAt } from './source-file.js';
import { lookThrough } from './source-folder.js';

/** A file or folder as it was when it was looked at. */
export interface Source extends SourceContent {
  readonly name: string;
  readonly isFolder: boolean;
  readonly layout: ChunkLayout;
  /** What an offer calls this content: another one when it seems to have changed. */
  readonly version: Buffer;
  /** Those of the chunks that have been read. */
  readonly digests: DigestList;
}

/**
 * Looks at a file or folder.
 *
 * @param known - what was found earlier: kept, with its digests, where nothing seems to have changed
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`, and the reason of `signal` when it aborts
 */
export async function lookAtSource(path: string, signal: AbortSignal, known?: Source): Promise<Source> {
  const folder = await isFolder(path);
  const content = folder ? await lookThrough(path, signal) : await lookAt(path, signal);
  const { sizeBytes, fingerprint } = content;
  if (known?.fingerprint === fingerprint && known.isFolder === folder) return known;
  if (sizeBytes > maximumFileBytes) {
    throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} is longer than 1 TiB, which nobody takes`);
  }
  const layout = layoutOf(sizeBytes);
  return {
    name: basename(path),
    isFolder: folder,
    sizeBytes,
    fingerprint,
    open: () => content.open(),
    layout,
    version: sha256(Buffer.from(fingerprint)),
    digests: new DigestList(layout),
  };
}

/**
 * The digests of `count` chunks from `first` on; reads those that are not known.
 *
 * @throws {QTChatError} as `SourceReader`
 */
export async function digestsOf(source: Source, reader: SourceReader, first: number, count: number): Promise<Buffer> {
  const { layout, digests } = source;
  let block: Buffer | undefined;
  for (let index = first; index < first + count; index += 1) {
    if (digests.has(index, 1)) continue;
    block ??= Buffer.allocUnsafeSlow(layout.chunkBytes);
    const chunk = block.subarray(0, chunksLength(layout, index, 1));
    await reader.read(chunk, index * layout.chunkBytes);
    digests.set(index, chunkDigests(chunk, layout.chunkBytes));
  }
  return digests.get(first, count);
}
