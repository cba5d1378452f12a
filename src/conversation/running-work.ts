/** Work that nobody waits for while it runs, and that must have ended before all is closed. */
import { messageOf, QTChatError } from '../errors.js';

/** All such work of a conversation. */
export class RunningWork {
  readonly #running = new Set<Promise<void>>();
  readonly #onUnforeseen: (error: QTChatError) => void;

  /** @param onUnforeseen - called where work fails for a reason that is none of ours */
  constructor(onUnforeseen: (error: QTChatError) => void) {
    this.#onUnforeseen = onUnforeseen;
  }

  /** Follows work; why it fails, it tells itself. */
  add(work: Promise<void>): void {
    const followed = work
      .catch((error: unknown) => {
        if (!(error instanceof QTChatError)) this.#onUnforeseen(unforeseen(error));
      })
      .finally(() => this.#running.delete(followed));
    this.#running.add(followed);
  }

  /** Resolves when everything has ended that runs now. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}

function unforeseen(error: unknown): QTChatError {
  const text = messageOf(error);
  return new QTChatError('ERR_INTERNAL', `something unforeseen went wrong: ${text}`, { cause: error });
}
