/**
 * One file on its way, from the moment it is offered: what is known of it, and how it moves over its
 * stream in either direction. When it may move is decided by the file session.
 */
import type { Duplex } from 'node:stream';
import { QTChatError, systemErrorCode } from '../errors.js';
import { chunkDigests, digestBytes, layoutOf, rootOf } from '../protocol/file-chunks.js';
import { type FileRange, largestRange } from '../protocol/file-stream.js';
import { decodeManifest, manifestHeaderBytes, maximumManifestBytes } from '../protocol/folder-manifest.js';
import type { FailureReason } from '../protocol/messages.js';
import type { Download } from '../store/download.js';
import type { DownloadFolder } from '../store/downloads.js';
import type { WantedFile } from '../store/part-map.js';
import { RangeFetcher } from './fetch-ranges.js';
import type { Arrival, FileDescription } from './file-events.js';
import { isSafeEntryName } from './file-name.js';
import { serveRanges } from './serve-ranges.js';
import type { Source } from './source.js';
import { closeInOrder } from './stream-end.js';

/** A file that is to be sent, through all its attempts. */
export interface OutgoingFile {
  readonly path: string;
  /** Names it on our disk, where it was put there. */
  readonly recordId?: string;
  /** What was found when it was read for the last offer. */
  source?: Source;
  /** The transfer that broke off. */
  brokenId?: string;
  /** Transfers in a row that broke off before anything was served, though the peer was here. */
  vainAttempts: number;
}

interface AnyTransfer {
  readonly file: FileDescription;
  readonly controller: AbortController;
  stream?: Duplex;
}

/** A file that we offer or send. */
export interface OutgoingTransfer extends AnyTransfer {
  readonly direction: 'out';
  readonly outgoing: OutgoingFile;
  readonly source: Source;
  state: 'offered' | 'moving';
  /** Called when the receiver says that it has the file. */
  received?: () => void;
}

/** A file that the peer offers or sends. */
export interface IncomingTransfer extends AnyTransfer {
  readonly direction: 'in';
  readonly wanted: WantedFile;
  /** Octets that were there when it was taken. */
  doneBytes: number;
  /** `queued`: to be taken when others have arrived. */
  state: 'offered' | 'queued' | 'accepted' | 'moving';
}

/** One file, offered or on its way. */
export type Transfer = OutgoingTransfer | IncomingTransfer;

/** Called with all octets of the file that have been moved so far, about once a MiB. */
export type OnProgress = (doneBytes: number) => void;

/**
 * Serves the file, and waits until the receiver says that it has it.
 *
 * @param doneBytes - what the receiver says that it has already
 * @param receiverTimeoutMs - how long the receiver may take to compare and store before it asks on, or says that all is there
 * @throws {QTChatError} `ERR_FILE_INTERRUPTED`, `ERR_FILE_FAILED`, `ERR_PROTOCOL`, and as `Source`
 */
export async function sendTransfer(
  transfer: OutgoingTransfer,
  stream: Duplex,
  options: { doneBytes: number; receiverTimeoutMs: number; onProgress: OnProgress },
): Promise<Arrival> {
  const { source, outgoing, controller } = transfer;
  const { receiverTimeoutMs, onProgress } = options;
  let { doneBytes } = options;
  const confirmation = new Promise<void>((resolve) => {
    transfer.received = resolve;
  });
  let timer: NodeJS.Timeout | undefined;
  const reader = await source.open();
  try {
    const served = serveRanges(source, reader, stream, {
      receiverTimeoutMs,
      onServed: (sizeBytes) => {
        outgoing.vainAttempts = 0;
        doneBytes = Math.min(doneBytes + sizeBytes, source.sizeBytes);
        onProgress(doneBytes);
      },
    });
    served.catch(() => {});
    await Promise.race([confirmation, served]);
    const refusal = new Promise<never>((_, reject) => {
      const late = new QTChatError('ERR_FILE_FAILED', 'the peer did not say that it has the file');
      timer = setTimeout(() => reject(late), receiverTimeoutMs);
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
      if (controller.signal.aborted) reject(controller.signal.reason);
    });
    await Promise.race([confirmation, refusal]);
    closeInOrder(stream);
    return arrivalOf(source);
  } finally {
    clearTimeout(timer);
    await reader.close();
  }
}

/**
 * Receives the file into `folder`.
 *
 * @param report - `started` is called once it is known what is there already, and returns what is called with every
 *   progress; `confirm` says to the sender that all is there, on disk, under its final name
 * @throws {QTChatError} `ERR_FILE_INTERRUPTED`: what has arrived is kept then; `ERR_FILE_DIGEST` and `ERR_PROTOCOL` when
 *   the sender does not send what it offered: nothing is left then; and as `DownloadFolder`
 */
export async function receiveTransfer(
  { file, wanted, controller }: IncomingTransfer,
  stream: Duplex,
  folder: DownloadFolder,
  report: { started: (doneBytes: number) => OnProgress; confirm: () => void },
): Promise<Arrival> {
  const interrupt = (): void => {
    controller.abort(new QTChatError('ERR_FILE_INTERRUPTED', 'the sender goes on over another connection'));
    stream.destroy();
  };
  const layout = layoutOf(wanted.sizeBytes);
  const fetcher = new RangeFetcher(stream, layout);
  const digests = await fetchDigests(fetcher, wanted);
  const download = await folder.begin(wanted, digests, { id: file.id, signal: controller.signal, interrupt });
  try {
    controller.signal.throwIfAborted();
    const onProgress = report.started(download.doneBytes);
    await fetcher.fetch(missingRanges(wanted.sizeBytes, download), async ({ first, count }, octets) => {
      const found = chunkDigests(octets, layout.chunkBytes);
      if (!found.equals(digests.subarray(first * digestBytes, (first + count) * digestBytes))) throw falsified();
      await download.write(first, count, octets);
      onProgress(download.doneBytes);
    });
    const path = wanted.isFolder ? await unpack(download, wanted) : await download.finish();
    folder.noteArrival(wanted, file.id);
    report.confirm();
    closeInOrder(stream);
    return {
      root: wanted.root,
      path,
      ...(layout.count === 1 && !wanted.isFolder && { sha256: digests.toString('hex') }),
    };
  } catch (error) {
    if (isFinal(controller.signal.aborted ? controller.signal.reason : error)) {
      await download.discard();
    } else {
      await download.keep();
    }
    throw error;
  }
}

async function unpack(download: Download, { sizeBytes }: WantedFile): Promise<string> {
  const header = await download.read(0, manifestHeaderBytes);
  const listBytes = header.length < manifestHeaderBytes ? 0 : header.readUInt32BE();
  const start = manifestHeaderBytes + listBytes;
  if (listBytes === 0 || listBytes > maximumManifestBytes || start > sizeBytes) {
    throw new QTChatError('ERR_PROTOCOL', 'the folder that came has no list of what is in it');
  }
  const list = await download.read(manifestHeaderBytes, listBytes);
  return download.unpack(decodeManifest(list, sizeBytes - start, isSafeEntryName), start);
}

async function fetchDigests(fetcher: RangeFetcher, { sizeBytes, root }: WantedFile): Promise<Buffer> {
  const layout = layoutOf(sizeBytes);
  const digests = Buffer.alloc(layout.count * digestBytes);
  const largest = largestRange(layout, 'digests');
  const ranges: FileRange[] = [];
  for (let first = 0; first < layout.count; first += largest) {
    ranges.push({ kind: 'digests', first, count: Math.min(largest, layout.count - first) });
  }
  await fetcher.fetch(ranges.values(), async ({ first }, octets) => {
    octets.copy(digests, first * digestBytes);
  });
  if (rootOf(digests).toString('hex') !== root) throw falsified();
  return digests;
}

/** What is known of a file of ours that has arrived. */
export function arrivalOf({ root, sha256, isFolder }: Source): Arrival {
  return { root: root.toString('hex'), ...(!isFolder && { sha256: sha256.toString('hex') }) };
}

/** What is not there yet, in order, in ranges as long as may be. */
function* missingRanges(sizeBytes: number, download: Download): Generator<FileRange> {
  const layout = layoutOf(sizeBytes);
  const largest = largestRange(layout, 'chunks');
  for (let first = 0; first < layout.count; ) {
    let count = 0;
    while (count < largest && first + count < layout.count && !download.has(first + count)) count += 1;
    if (count > 0) yield { kind: 'chunks', first, count };
    first += Math.max(count, 1);
  }
}

function falsified(): QTChatError {
  return new QTChatError('ERR_FILE_DIGEST', 'what came is not what was offered: its SHA-256 is another one', {
    hint: 'The file may have been changed while it was sent: have it sent again',
  });
}

/** Whether a file is not gone on with: it is false, or not wanted any more. */
export function isFinal(error: unknown): boolean {
  const final: unknown[] = ['ERR_FILE_DIGEST', 'ERR_PROTOCOL', 'ERR_CANCELLED'];
  return error instanceof QTChatError && final.includes(error.code);
}

/** Why a file did not arrive, as an error of ours. */
export function failureOf(error: unknown): QTChatError {
  if (error instanceof QTChatError) return error;
  return new QTChatError('ERR_FILE_FAILED', `the file failed (${systemErrorCode(error) ?? 'unforeseen'})`, {
    cause: error,
  });
}

/** What the peer is told of a failure. */
export function reasonOf(error: QTChatError): FailureReason {
  if (error.code === 'ERR_FILE_DIGEST' || error.code === 'ERR_PROTOCOL') return 'digest';
  if (error.code === 'ERR_CANCELLED') return 'cancelled';
  return error.code.startsWith('ERR_STORE_') ? 'storage' : 'broken';
}
