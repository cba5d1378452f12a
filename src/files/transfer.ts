/**
 * One file on its way, from the moment it is offered: what is known of it, and what its failures mean.
 * When it may move is decided by the file session.
 */
import type { Duplex } from 'node:stream';
import { QTChatError, systemErrorCode } from '../errors.js';
import type { FailureReason } from '../protocol/messages.js';
import type { ReadableFile } from '../store/arriving-file.js';
import type { WantedFile } from '../store/part-map.js';
import type { Arrival, FileDescription } from './file-events.js';
import type { Hold } from './hold.js';
import type { ServeCrew } from './serve-crew.js';
import type { Source } from './source.js';

/** A file that is to be sent, through all its attempts. */
export interface OutgoingFile {
  readonly path: string;
  /** Names it on our disk, where it was put there. */
  readonly recordId?: string;
  /** What was found when it was looked at for the last offer. */
  source?: Source;
  /** The transfer that broke off. */
  brokenId?: string;
  /** Whether we have paused it. */
  isPaused?: boolean;
  /** Transfers in a row that broke off before anything was served, though the peer was here. */
  vainAttempts: number;
}

interface AnyTransfer {
  readonly file: FileDescription;
  readonly controller: AbortController;
  readonly hold: Hold;
  stream?: Duplex;
  /** The number of the connection that was opened last; that of the first is 0. */
  lastConnection: number;
}

/** A file that we offer or send. */
export interface OutgoingTransfer extends AnyTransfer {
  readonly direction: 'out';
  readonly outgoing: OutgoingFile;
  readonly source: Source;
  state: 'offered' | 'moving';
  /** Called when the receiver says that it has the file. */
  received?: () => void;
  /** The connections beside the first, while it is being served. */
  crew?: ServeCrew | undefined;
  /** Whether another connection is on its way. */
  isConnecting?: boolean;
}

/** A file that the peer offers or sends. */
export interface IncomingTransfer extends AnyTransfer {
  readonly direction: 'in';
  readonly wanted: WantedFile;
  /** Octets that were there when it was taken. */
  doneBytes: number;
  /** `queued`: to be taken when others have arrived. */
  state: 'offered' | 'queued' | 'accepted' | 'moving';
  /** Opens the file for reading, while it is moving. */
  open?: () => Promise<ReadableFile>;
}

/** One file, offered or on its way. */
export type Transfer = OutgoingTransfer | IncomingTransfer;

/** Called with all octets of the file that have been moved so far, about once a MiB. */
export type OnProgress = (doneBytes: number) => void;

/** What can be said of the content of a file that has arrived. */
export function proofOf({ digests, layout, isFolder }: Pick<Source, 'digests' | 'layout' | 'isFolder'>): Arrival {
  if (!digests.isComplete) return {};
  const isOneChunk = layout.count === 1 && !isFolder;
  return { root: digests.root().toString('hex'), ...(isOneChunk && { sha256: digests.get(0, 1).toString('hex') }) };
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
