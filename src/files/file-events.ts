/** What a file session says about its files, and what it is told about offers. Types only. */
import type { QTChatError } from '../errors.js';
import type { DeclineReason } from '../protocol/messages.js';
import type { Pauser } from './hold.js';
import type { FileProgress } from './progress-meter.js';

/** A file on its way, from this side's view. */
export interface FileDescription {
  /** 32 hexadecimal digits, chosen by the sender; another one when it goes on after a break. */
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly name: string;
  readonly sizeBytes: number;
  /** Whether it is a folder with all that is in it. */
  readonly isFolder?: true;
}

/** What is known of a file that has arrived. */
export interface Arrival {
  /** SHA-256 of the digests of all chunks; undefined where we could not know that it had arrived before. */
  readonly root?: string;
  /** SHA-256 of the content, of a file of one chunk. */
  readonly sha256?: string;
  /** Where it is on this side; undefined where an incoming one had arrived before. */
  readonly path?: string;
}

/** What a file session reports. */
export type FileEvent = { readonly file: FileDescription } & (
  | { readonly type: 'fileOffered' }
  /** `doneBytes` were there before, of an earlier transfer. */
  | { readonly type: 'fileStarted'; readonly doneBytes: number }
  /** At most ten a second. */
  | ({ readonly type: 'fileProgress' } & FileProgress)
  /** Nothing of it moves until whoever paused it lets it go on. */
  | { readonly type: 'filePaused'; readonly by: Pauser }
  /** That side lets it go on; the other one may not. */
  | { readonly type: 'fileResumed'; readonly by: Pauser }
  /** The connection broke; the file goes on when the peer is here again. */
  | { readonly type: 'fileInterrupted'; readonly error: QTChatError }
  /** Complete, on disk and compared. */
  | ({ readonly type: 'fileDone' } & Arrival)
  | { readonly type: 'fileDeclined'; readonly reason: DeclineReason }
  | { readonly type: 'fileFailed'; readonly error: QTChatError }
);

/** What becomes of an offer: taken, shown to the user, or declined. */
export type OfferDecision = 'accept' | 'ask' | DeclineReason;
