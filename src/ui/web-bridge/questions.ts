/** Questions that are answered by yes or no, in whichever tab. */
import { randomUUID } from 'node:crypto';

/** A question that stands. */
export interface OpenQuestion {
  readonly id: string;
  readonly text: string;
}

/** Those that stand now. */
export class Questions {
  readonly #open = new Map<string, OpenQuestion & { readonly answer: (isYes: boolean) => void }>();
  readonly #onChange: (question: { id: string; text: string | null }) => void;

  /** @param onChange - told of a new question, and, with a text of null, of one that stands no more */
  constructor(onChange: (question: { id: string; text: string | null }) => void) {
    this.#onChange = onChange;
  }

  /** All of them, in the order in which they were asked. */
  get open(): OpenQuestion[] {
    return [...this.#open.values()].map(({ id, text }) => ({ id, text }));
  }

  /** Asks; no when the signal aborts. */
  ask(text: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const id = randomUUID();
      const answer = (isYes: boolean): void => {
        signal.removeEventListener('abort', onAbort);
        this.#open.delete(id);
        this.#onChange({ id, text: null });
        resolve(isYes);
      };
      const onAbort = (): void => answer(false);
      if (signal.aborted) {
        resolve(false);
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#open.set(id, { id, text, answer });
      this.#onChange({ id, text });
    });
  }

  /** Answers one; whether it stood. */
  answer(id: string, isYes: boolean): boolean {
    const question = this.#open.get(id);
    question?.answer(isYes);
    return question !== undefined;
  }
}
