/** What a face of a conversation is: it shows events, and passes on what the user wants. Types only. */
import type { Conversation } from '../conversation/conversation.js';
import type { ConversationEvent } from '../conversation/events.js';

/** A face of one conversation. */
export interface Face {
  /** Shows an event. May be called before {@link run}. */
  onEvent(event: ConversationEvent): void;
  /** Shows a line about something else that this program does. */
  tell(line: string): void;
  /** Asks a question that is answered by yes or no; no when the signal aborts. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Runs until the user leaves, the signal aborts, or there is nothing left to do.
   *
   * @throws {QTChatError} what stopped the conversation
   */
  run(conversation: Conversation): Promise<void>;
  /** Gives input and output back; nothing is read or asked any more. Resolves when nothing of it is open. */
  close(): void | Promise<void>;
}
