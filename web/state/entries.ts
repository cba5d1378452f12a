/** What stands in a conversation, one below the other. Types only. Times are in milliseconds since 1970. */
import type { WireCallOutcome } from '../wire.js';

interface Common {
  /** Stays the same while the entry is shown, whatever becomes of it. */
  readonly key: string;
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly atMs: number;
}

/** How far a message of ours has come; `received` for theirs. */
export type MessageProgress = 'queued' | 'sent' | 'delivered' | 'read' | 'withdrawn' | 'received';

/** What somebody thinks of a message. */
export interface Reaction {
  readonly from: string;
  readonly emoji: string;
}

/** A text. */
export interface MessageEntry extends Common {
  readonly type: 'message';
  /** Null where it was deleted. */
  readonly text: string | null;
  readonly replyTo: string | null;
  readonly isEdited: boolean;
  readonly reactions: readonly Reaction[];
  readonly progress: MessageProgress;
}

/** A call that is over. */
export interface CallEntry extends Common {
  readonly type: 'call';
  readonly outcome: WireCallOutcome;
}

/** How a file stands. `uploading`: it goes from the browser to the program. `waiting`: it goes on when the peer is here. */
export type FileProgressState =
  | 'uploading'
  | 'offered'
  | 'moving'
  | 'paused'
  | 'waiting'
  | 'done'
  | 'declined'
  | 'failed';

/** A file or folder. */
export interface FileEntry extends Common {
  readonly type: 'file';
  readonly name: string;
  readonly sizeBytes: number;
  readonly isFolder: boolean;
  readonly state: FileProgressState;
  readonly doneBytes: number;
  readonly bytesPerSecond: number | null;
  readonly etaSeconds: number | null;
  readonly pausedBy: readonly ('self' | 'peer')[];
  /** Why it does not go on, and what helps. */
  readonly reason: string | null;
  /** Where it is on this computer. */
  readonly path: string | null;
}

/** Anything that stands in a conversation. */
export type Entry = MessageEntry | CallEntry | FileEntry;
