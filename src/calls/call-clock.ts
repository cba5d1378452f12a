/** How long a call may take for its next step, and how long it lasts. */
import { QTChatError } from '../errors.js';
import type { CallEndReason } from '../protocol/messages.js';
import { type CallTimers, connectingMs, lostCallerMs, reconnectingMs, ringingMs } from './call-timing.js';

/** What a call waits for. */
export type Deadline = 'ringing' | 'lostCaller' | 'connecting' | 'reconnecting';

const deadlines: Readonly<Record<Deadline, readonly [number, CallEndReason]>> = {
  ringing: [ringingMs, 'no-answer'],
  lostCaller: [lostCallerMs, 'lost'],
  connecting: [connectingMs, 'not-connected'],
  reconnecting: [reconnectingMs, 'lost'],
};

/** The clock of one call. */
export class CallClock {
  readonly #timers: CallTimers;
  readonly #onLate: (reason: CallEndReason, error?: QTChatError) => void;
  #stopWaiting: () => void = () => {};
  #connectedAtMs: number | undefined;

  /** @param onLate - told why the call is to end, when what it waits for has not come in time */
  constructor(timers: CallTimers, onLate: (reason: CallEndReason, error?: QTChatError) => void) {
    this.#timers = timers;
    this.#onLate = onLate;
  }

  /** Since the call was connected for the first time, in milliseconds; undefined before. */
  get durationMs(): number | undefined {
    return this.#connectedAtMs === undefined ? undefined : this.#timers.now() - this.#connectedAtMs;
  }

  /** From now on the call waits for this, and for nothing else. */
  wait(deadline: Deadline): void {
    const [delayMs, reason] = deadlines[deadline];
    this.stop();
    const error = deadline === 'connecting' ? noWay() : undefined;
    this.#stopWaiting = this.#timers.after(delayMs, () => this.#onLate(reason, error));
  }

  /** The call waits for nothing. */
  stop(): void {
    this.#stopWaiting();
  }

  /** The call is connected, perhaps again. */
  connected(): void {
    this.stop();
    this.#connectedAtMs ??= this.#timers.now();
  }
}

function noWay(): QTChatError {
  return new QTChatError('ERR_CALL_FAILED', 'no sound has come through in 15 seconds', {
    hint: 'A firewall on either side may keep UDP out',
  });
}
