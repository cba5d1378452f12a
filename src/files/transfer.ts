/**
 * One file on its way, from the moment it is offered: what is known of it, and how it moves over its
 * stream in either direction. When it may move is decided by the file session.
 */
import type { Duplex } from 'node:stream';
import { QTChatError, systemErrorCode } from '../errors.js';
import type { FailureReason } from '../protocol/messages.js';
import type { DownloadFolder } from '../store/downloads.js';
import { type OnProgress, receiveContent, sendContent } from './content.js';
import type { FileDescription } from './file-events.js';
import { openSourceFile } from './source-file.js';

/** One file, offered or on its way. */
export interface Transfer {
  readonly file: FileDescription;
  /** Absolute path of an outgoing file. */
  readonly path: string;
  readonly controller: AbortController;
  /** `queued`: an incoming one that is to be taken, when others have arrived. */
  state: 'offered' | 'queued' | 'accepted' | 'moving';
  stream?: Duplex;
  /** What the receiver says that it has; an outgoing transfer waits for it. */
  received?: (sha256: Uint8Array) => void;
}

/** What is known of a file that has arrived. */
export interface Arrival {
  readonly sha256: string;
  /** Where an incoming one is. */
  readonly path?: string;
}

/**
 * Sends the file, and waits until the receiver says that it has it.
 *
 * @param confirmTimeoutMs - how long the receiver may take to flush it and say so
 * @throws {QTChatError} `ERR_FILE_DIGEST`, `ERR_FILE_FAILED`, and as `openSourceFile`
 */
export async function sendTransfer(
  transfer: Transfer,
  stream: Duplex,
  confirmTimeoutMs: number,
  onProgress: OnProgress,
): Promise<Arrival> {
  const { file, path, controller } = transfer;
  let timer: NodeJS.Timeout | undefined;
  const confirmation = new Promise<Uint8Array>((resolve) => {
    transfer.received = resolve;
  });
  const { handle } = await openSourceFile(path);
  try {
    const digest = await sendContent(handle, file.sizeBytes, stream, onProgress);
    const refusal = new Promise<never>((_, reject) => {
      const late = new QTChatError('ERR_FILE_FAILED', 'the peer did not say that it has the file');
      timer = setTimeout(() => reject(late), confirmTimeoutMs);
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
      if (controller.signal.aborted) reject(controller.signal.reason);
    });
    if (!digest.equals(await Promise.race([confirmation, refusal]))) {
      throw new QTChatError('ERR_FILE_DIGEST', 'the peer received something else than was sent');
    }
    closeInOrder(stream);
    return { sha256: digest.toString('hex') };
  } finally {
    clearTimeout(timer);
    await handle.close();
  }
}

/**
 * Receives the file into `folder`.
 *
 * @param confirm - says to the sender that it is complete, on disk, under its final name
 * @throws {QTChatError} as `receiveContent` and `DownloadFolder`; nothing half-written is left then
 */
export async function receiveTransfer(
  { file }: Transfer,
  stream: Duplex,
  folder: DownloadFolder,
  confirm: (sha256: Buffer) => void,
  onProgress: OnProgress,
): Promise<Arrival> {
  const download = await folder.begin(file.name, file.id, file.sizeBytes);
  try {
    const digest = await receiveContent(stream, file.sizeBytes, download, onProgress);
    const path = await download.finish();
    confirm(digest);
    closeInOrder(stream);
    return { sha256: digest.toString('hex'), path };
  } catch (error) {
    await download.discard();
    throw error;
  }
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
  if (error.code === 'ERR_FILE_DIGEST') return 'digest';
  if (error.code === 'ERR_CANCELLED') return 'cancelled';
  return error.code.startsWith('ERR_STORE_') ? 'storage' : 'broken';
}

// Reading on is what lets the stream notice that the other side has closed as well.
function closeInOrder(stream: Duplex): void {
  stream.end();
  stream.resume();
}
