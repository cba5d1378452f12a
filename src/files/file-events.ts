/** What a file session says about its files, and what it is told about offers. Types only. */
import type { QTChatError } from '../errors.js';
import type { DeclineReason } from '../protocol/messages.js';

/** A file on its way, from this side's view. */
export interface FileDescription {
  /** 32 hexadecimal digits, chosen by the sender. */
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly name: string;
  readonly sizeBytes: number;
}

/** What a file session reports. */
export type FileEvent = { readonly file: FileDescription } & (
  | { readonly type: 'fileOffered' }
  | { readonly type: 'fileStarted' }
  | { readonly type: 'fileProgress'; readonly doneBytes: number }
  /** Complete, on disk and compared; `path` is where an incoming one is. */
  | { readonly type: 'fileDone'; readonly sha256: string; readonly path?: string }
  | { readonly type: 'fileDeclined'; readonly reason: DeclineReason }
  | { readonly type: 'fileFailed'; readonly error: QTChatError }
);

/** What becomes of an offer: taken, shown to the user, or declined. */
export type OfferDecision = 'accept' | 'ask' | DeclineReason;
