/**
 * What a conversation shows, one thing after the other: messages, files, and what else happened. Plain data; a change makes
 * a new item. Texts and names are as they came: the layout escapes them.
 */
import type { CallOutcome } from '../../../store/call-record.js';
import type { BookedFile } from '../../commands/file-book.js';

interface Placed {
  /** Rises from one item to the next one shown below it; negative for what was read from the history. */
  readonly key: number;
  /** When it happened, by the clock of whoever did it. */
  readonly at: Date;
}

/** A message of either side. */
export interface MessageItem extends Placed {
  readonly kind: 'message';
  readonly id: string;
  readonly direction: 'in' | 'out';
  /** Undefined where it was deleted. */
  readonly text: string | undefined;
  readonly isEdited: boolean;
  /** The beginning of what it answers; undefined where that is not here. */
  readonly quoted?: string | undefined;
  readonly isReply: boolean;
  readonly state: 'queued' | 'sent' | 'delivered' | 'read' | 'received' | 'withdrawn';
  /** What each side thinks of it. */
  readonly reactions: Readonly<Partial<Record<'in' | 'out', string>>>;
}

/** A file of either side. */
export interface FileItem extends Placed {
  readonly kind: 'file';
  readonly file: BookedFile;
  /** The picture in it, as rows for the terminal. */
  readonly picture?: readonly string[] | undefined;
}

/** A call that has ended. */
export interface CallItem extends Placed {
  readonly kind: 'call';
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly outcome: CallOutcome;
}

/** Something that happened, or an answer to a command. */
export interface NoticeItem extends Placed {
  readonly kind: 'notice';
  readonly text: string;
  readonly isError: boolean;
}

/** One of them. */
export type Item = MessageItem | FileItem | CallItem | NoticeItem;

/** One that has no place yet. */
export type NewItem = { [Kind in Item as Kind['kind']]: Omit<Kind, 'key'> }[Item['kind']];
