/** Questions to the user, one after the other: each is answered by a key, and stays until it is one of its answers. */
import type { ChatState } from './state/chat-state.js';

/** What {@link Questions} need. */
export interface QuestionsOptions {
  readonly state: ChatState;
  readonly clock: () => Date;
  /** Whether something stands in the input line: what is typed on then is no answer to a question that has just come up. */
  readonly isTyping: () => boolean;
  /** Called when there is something to be drawn. */
  readonly onChange: () => void;
}

/** So long after a question has come up in the middle of a word, keys are no answers. */
const unreadMs = 1_000;

/** Asks one thing at a time. */
export class Questions {
  readonly #options: QuestionsOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Asks for yes or no; no where the user leaves it, or the signal aborts. */
  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const answers: Readonly<Record<string, boolean>> = { y: true, n: false, enter: false, escape: false };
    return (await this.ask(`${question} [y/N]`, (key) => answers[key], signal)) ?? false;
  }

  /**
   * Asks something.
   *
   * @param answerOf - what a key means; undefined where it is no answer
   * @returns the answer; undefined where the signal aborts
   */
  ask<Answer>(
    text: string,
    answerOf: (key: string) => Answer | undefined,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const asked = this.#last.then(() => this.#ask(text, answerOf, signal));
    this.#last = asked;
    return asked;
  }

  #ask<Answer>(
    text: string,
    answerOf: (key: string) => Answer | undefined,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { state, clock, isTyping, onChange } = this.#options;
    return new Promise((resolve) => {
      const readFromMs = clock().getTime() + (isTyping() ? unreadMs : 0);
      const end = (answer: Answer | undefined): void => {
        signal.removeEventListener('abort', onAbort);
        state.question = undefined;
        resolve(answer);
        onChange();
      };
      const onAbort = (): void => end(undefined);
      if (signal.aborted) return resolve(undefined);
      signal.addEventListener('abort', onAbort, { once: true });
      const answer = (key: string): void => {
        const meant = clock().getTime() < readFromMs ? undefined : answerOf(key);
        if (meant !== undefined) end(meant);
      };
      state.question = { text, answer };
      onChange();
    });
  }
}
