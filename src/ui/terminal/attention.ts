/** What follows from where the user looks: what is seen has been read, and what was said before is fetched. */
import type { Conversation } from '../../conversation/conversation.js';
import { readOlder } from './look-back.js';
import type { ChatState } from './state/chat-state.js';

/** What {@link Attention} needs. */
export interface AttentionOptions {
  /** Undefined until it is open. */
  readonly conversation: () => Conversation | undefined;
  readonly clock: () => Date;
  /** Called when there is something to be drawn. */
  readonly onRead: () => void;
  readonly onError: (error: unknown) => void;
}

/** What is seen is told at most so often; the screen looks again and again. */
const markIntervalMs = 250;

/** Follows the eyes of the user. */
export class Attention {
  readonly #state: ChatState;
  readonly #options: AttentionOptions;
  #markedAtMs = Number.NEGATIVE_INFINITY;

  constructor(state: ChatState, options: AttentionOptions) {
    this.#state = state;
    this.#options = options;
  }

  /** The user looks at the conversation that is shown, or something of it is new. */
  look(): void {
    const talk = this.#state.current;
    const conversation = this.#options.conversation();
    if (conversation === undefined || talk === this.#state.lobby) return;
    if (!talk.isHistoryRead) this.lookBack();
    if (!this.#state.isSeen(talk)) return;
    talk.unread = 0;
    const last = talk.items.all.findLast((item) => item.kind === 'message' && item.direction === 'in');
    if (last?.kind !== 'message' || last.id === talk.lastSeenId) return;
    // Each mark is a flush to the disk on both sides: where messages pour in, the next one says it for many.
    const now = this.#options.clock().getTime();
    const since = now - this.#markedAtMs;
    if (since >= 0 && since < markIntervalMs) return;
    this.#markedAtMs = now;
    talk.lastSeenId = last.id;
    conversation.messages.markSeen(talk.member, last.id).catch(this.#options.onError);
  }

  /** The user sees the oldest message that is here: those before it are read. */
  lookBack(): void {
    const { conversation: open, onRead, onError } = this.#options;
    const talk = this.#state.current;
    const conversation = open();
    if (conversation === undefined || talk === this.#state.lobby || talk.isReading || talk.isComplete) return;
    talk.isReading = true;
    const reading = readOlder(conversation, talk, this.#state.files).finally(() => {
      talk.isReading = false;
    });
    reading.then(
      (hasRead) => {
        if (!hasRead) return;
        this.look();
        onRead();
      },
      (error: unknown) => {
        talk.isComplete = true;
        onError(error);
      },
    );
  }
}
