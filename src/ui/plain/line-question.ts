/** A question that the next typed line answers, whatever else lines are for. */

/** At most one question at a time: a new one takes the place of the one before it. */
export class LineQuestion {
  #answer: ((line: string) => void) | undefined;

  /** Waits for a yes; anything else means no, and so does the end of `signal`. */
  async confirmed(signal: AbortSignal): Promise<boolean> {
    const line = await new Promise<string>((resolve) => {
      this.#answer = resolve;
      const onAbort = (): void => {
        // What is typed from now on is no answer to it.
        if (this.#answer === resolve) this.#answer = undefined;
        resolve('');
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    return /^y(es)?$/i.test(line.trim());
  }

  /** Takes a line for the answer, where one is waited for; says whether it was. */
  take(line: string): boolean {
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(line);
    return answer !== undefined;
  }
}
