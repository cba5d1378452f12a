/** Where the sound of a call comes out. */

/** The speaker of one page. */
export class Speaker {
  readonly #player = new Audio();

  /** Called while a button is pressed: later the browser might not let the page sound by itself. */
  unlock(): void {
    void this.#player.play().catch(() => {});
  }

  /** Plays what the peer says. */
  play(sound: MediaStream): void {
    this.#player.srcObject = sound;
    void this.#player.play().catch(() => {
      // It waits for a button to be pressed.
      window.addEventListener('pointerdown', () => void this.#player.play().catch(() => {}), { once: true });
    });
  }

  stop(): void {
    this.#player.srcObject = null;
  }

  /** Sounds from another one; rejects where the browser cannot. */
  async use(deviceId: string): Promise<void> {
    if (this.#player.setSinkId === undefined) throw new Error('this browser knows one speaker only');
    await this.#player.setSinkId(deviceId);
  }
}
