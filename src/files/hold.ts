/** Whether a transfer is paused: by us, by the peer, or by both. It goes on when neither pauses it. */

/** Who pauses a transfer. */
export type Pauser = 'self' | 'peer';

/** The pauses of one transfer. */
export class Hold {
  readonly #pausers = new Set<Pauser>();
  readonly #listeners = new Set<() => void>();

  /** Whether nothing is to move. */
  get isOn(): boolean {
    return this.#pausers.size > 0;
  }

  /** Whether that side pauses it. */
  isBy(pauser: Pauser): boolean {
    return this.#pausers.has(pauser);
  }

  /**
   * Pauses, or ends the pause of that side.
   *
   * @returns whether that is something new
   */
  set(pauser: Pauser, isOn: boolean): boolean {
    if (this.#pausers.has(pauser) === isOn) return false;
    if (isOn) this.#pausers.add(pauser);
    else this.#pausers.delete(pauser);
    for (const listener of this.#listeners) listener();
    return true;
  }

  /** Calls `listener` after every change. @returns what ends that */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
