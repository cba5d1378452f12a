/** Where the home has no identity yet: the window waits for an invite, and joins by it. */
import { QTChatError } from '../../errors.js';

/** Gives the home an identity. Rejects with a `QTChatError`. */
export type JoinByInvite = (invite: string, tell: (line: string) => void) => Promise<void>;

/** The first run of a home, if this is one. */
export class FirstRun {
  readonly #tell: (line: string) => void;
  #join: JoinByInvite | undefined;
  #onJoined: () => void = () => {};
  #isUnderWay = false;

  /** @param tell - shows how it goes */
  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** Whether an invite is waited for. */
  get isWaiting(): boolean {
    return this.#join !== undefined;
  }

  /** Waits until the home has an identity, or the signal aborts. */
  async wait(join: JoinByInvite, signal: AbortSignal): Promise<void> {
    this.#join = join;
    await new Promise<void>((resolve) => {
      this.#onJoined = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    this.#join = undefined;
  }

  /**
   * Joins the circle of an invite.
   *
   * @throws {QTChatError} `ERR_STORE_EXISTS` where none is waited for, what joining throws
   */
  async join(invite: string): Promise<void> {
    if (this.#join === undefined) throw new QTChatError('ERR_STORE_EXISTS', 'you have joined a circle already');
    if (this.#isUnderWay) throw new QTChatError('ERR_USAGE', 'another tab is joining at this moment');
    this.#isUnderWay = true;
    try {
      await this.#join(invite, this.#tell);
      this.#onJoined();
    } finally {
      this.#isUnderWay = false;
    }
  }
}
