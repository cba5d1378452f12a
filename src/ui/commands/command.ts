/** What a command of a chat is, and what it is given. Types only. */
import type { Conversation } from '../../conversation/conversation.js';
import type { DeviceBook } from './device-book.js';
import type { BookedFile, FileBook } from './file-book.js';
import type { Settings } from './settings.js';
import type { Voicemail } from './voicemail.js';

/** What the argument of a command is, for completing it. */
export type ArgumentKind = 'none' | 'text' | 'path' | 'message' | 'file' | 'member' | 'setting' | 'device' | 'command';

/** Something that the user did by a command. */
export type OwnAction =
  | { readonly type: 'message'; readonly id: string; readonly text: string; readonly replyTo: string }
  | { readonly type: 'edited'; readonly id: string; readonly text: string }
  | { readonly type: 'deleted'; readonly id: string }
  | { readonly type: 'reaction'; readonly id: string; readonly emoji: string }
  | { readonly type: 'file'; readonly file: BookedFile };

/** What commands are given by the face in which they were typed. */
export interface CommandContext {
  readonly conversation: Conversation;
  /** Whom the chat is with; undefined before anybody is. */
  readonly member: string | undefined;
  readonly files: FileBook;
  readonly devices: DeviceBook;
  readonly voicemail: Voicemail;
  readonly settings: Settings;
  /** Prints a line, or several, of an answer. What comes from peers in it need not be escaped. */
  readonly print: (text: string) => void;
  /** Shows what the user did. */
  readonly did: (action: OwnAction) => void;
  readonly confirm: (question: string) => Promise<boolean>;
  /** Shows a file outside of the chat. */
  readonly open: (file: BookedFile) => Promise<void>;
  /** Opens the window in the browser, anew; says what it did. Undefined where this chat has none. */
  readonly openWindow?: (() => Promise<string>) | undefined;
  readonly quit: () => void;
}

/** One command. */
export interface ChatCommand {
  /** Without the slash. */
  readonly name: string;
  /** What may follow, as the help shows it: "[ID] TEXT". */
  readonly usage: string;
  readonly summary: string;
  readonly argument: ArgumentKind;
  /** Whether it concerns the one whom the chat is with. */
  readonly needsMember?: boolean;
  /**
   * Carries it out.
   *
   * @param rest - what was typed behind the name
   * @throws {QTChatError} `ERR_USAGE`, and what the conversation throws
   */
  readonly run: (context: CommandContext, rest: string, member: string) => Promise<void> | void;
}
