/** Questions to the user, one after the other: each is answered by a key, and stays until it is one of its answers. */
import type { ChatState } from './state/chat-state.js';

/** Asks one thing at a time. */
export class Questions {
  readonly #state: ChatState;
  readonly #onChange: () => void;
  #last: Promise<unknown> = Promise.resolve();

  /** @param onChange - called when there is something to be drawn */
  constructor(state: ChatState, onChange: () => void) {
    this.#state = state;
    this.#onChange = onChange;
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
    return new Promise((resolve) => {
      const end = (answer: Answer | undefined): void => {
        signal.removeEventListener('abort', onAbort);
        this.#state.question = undefined;
        resolve(answer);
        this.#onChange();
      };
      const onAbort = (): void => end(undefined);
      if (signal.aborted) return resolve(undefined);
      signal.addEventListener('abort', onAbort, { once: true });
      const answer = (key: string): void => {
        const meant = answerOf(key);
        if (meant !== undefined) end(meant);
      };
      this.#state.question = { text, answer };
      this.#onChange();
    });
  }
}
