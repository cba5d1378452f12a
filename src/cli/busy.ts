/**
 * A sign of life on stderr while something takes long, with a bar where it is known how much there is to do: on a
 * terminal only, only after half a second, never under `--json`. It uses neither colours nor the cursor's visibility, so
 * whatever ends the program leaves the terminal as it was.
 */
import { QTChatError } from '../errors.js';
import type { Deps } from './deps.js';

/** What a sign of life needs from the world. */
export type BusyDeps = Pick<Deps, 'stderr' | 'busyAfterMs'>;

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const frameMs = 80;
const barWidth = 20;
/** Where the terminal does not say how wide it is. */
const usualColumns = 80;
/** Back to the first column; clear the line. */
const clearLine = '\r\u001b[K';

/** How far the work is. */
export interface BusyState {
  /** What is being done, e.g. `Encrypting`; as before when left out. */
  readonly label?: string;
  readonly done?: number;
  /** How much there is to do, where that is known. */
  readonly total?: number;
}

/** The last line of the terminal, while something takes long. Nothing of it stays. */
export class BusySign {
  readonly #deps: BusyDeps;
  #label = '';
  #state: BusyState = {};
  #startedAt = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #frame = 0;
  #isDrawn = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = true;

  constructor(deps: BusyDeps) {
    this.#deps = deps;
  }

  /** Begins to count the half second. */
  start(label: string): void {
    this.stop();
    const { stderr, busyAfterMs } = this.#deps;
    this.#label = label;
    this.#state = {};
    this.#startedAt = performance.now();
    this.#drawnAt = Number.NEGATIVE_INFINITY;
    if (stderr.isTTY !== true || busyAfterMs === Number.POSITIVE_INFINITY) return;
    this.#isStopped = false;
    this.#timer = setTimeout(() => {
      this.#draw();
      this.#timer = setInterval(() => this.#draw(), frameMs);
    }, busyAfterMs);
  }

  /**
   * Tells how far the work is; as often as one likes. Work that leaves timers no time is seen by this alone.
   */
  report(state: BusyState): void {
    if (this.#isStopped) return;
    const isNew = (state.label ?? this.#label) !== this.#label || this.#state.done === undefined;
    this.#label = state.label ?? this.#label;
    this.#state = state;
    const now = performance.now();
    if (now - this.#startedAt < this.#deps.busyAfterMs) return;
    if (isNew || now - this.#drawnAt >= frameMs) this.#draw();
  }

  /** Frees the line for something else; what follows is drawn on the line where the cursor is then. */
  erase(): void {
    if (this.#isDrawn) this.#deps.stderr.write(clearLine);
    this.#isDrawn = false;
  }

  /** Ends it. */
  stop(): void {
    // One function clears both kinds of timer.
    clearTimeout(this.#timer);
    this.#isStopped = true;
    this.erase();
  }

  #draw(): void {
    const { stderr } = this.#deps;
    // A line as wide as the terminal would wrap, and could not be erased.
    const width = (stderr.columns || usualColumns) - 1;
    const text = [
      ...`${frames[this.#frame % frames.length]} ${this.#label}${progress(this.#state, width - this.#label.length - 2)}`,
    ];
    stderr.write(`${clearLine}${text.slice(0, width).join('')}`);
    this.#isDrawn = true;
    this.#drawnAt = performance.now();
    this.#frame += 1;
  }
}

function progress({ done, total }: BusyState, room: number): string {
  if (done === undefined) return '';
  if (total === undefined) return ` ${done}`;
  const count = ` ${done} of ${total}`;
  const filled = total === 0 ? barWidth : Math.min(barWidth, Math.floor((done / total) * barWidth));
  const bar = ` ${'━'.repeat(filled)}${'─'.repeat(barWidth - filled)}`;
  return bar.length + count.length <= room ? `${bar}${count}` : count;
}

/**
 * Does `work`; if it takes long, a turning sign with `label` stands on the last line of the terminal until it is done.
 *
 * @param label - what takes so long, e.g. `Encrypting`
 */
export async function whileBusy<Result>(
  label: string,
  deps: BusyDeps,
  work: (busy: BusySign) => Promise<Result>,
): Promise<Result> {
  const busy = new BusySign(deps);
  busy.start(label);
  try {
    return await work(busy);
  } finally {
    busy.stop();
  }
}

/**
 * Calculates, as {@link whileBusy}. Whoever presses Ctrl-C need not wait for the result, which nobody gets then.
 *
 * @param work - leaves no trace but its result
 * @throws {QTChatError} `ERR_CANCELLED`, and what `work` throws
 */
export async function whileCalculating<Result>(
  label: string,
  deps: BusyDeps & Pick<Deps, 'signal'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const { signal } = deps;
  return whileBusy(
    label,
    deps,
    () =>
      new Promise((resolve, reject) => {
        const cancel = (): void => reject(new QTChatError('ERR_CANCELLED', 'cancelled'));
        if (signal.aborted) return cancel();
        signal.addEventListener('abort', cancel);
        void work()
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', cancel));
      }),
  );
}
