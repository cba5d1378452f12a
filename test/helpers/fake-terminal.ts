/** A terminal for tests: whoever reads it sees a TTY, and typed answers follow the questions that call for them. */
import { PassThrough } from 'node:stream';
import type { Input } from '../../src/cli/deps.js';

/** A keyboard that answers questions as they appear on the screen. */
export interface FakeTerminal {
  readonly stdin: Input;
  /** To be called with everything that is on the screen so far, whenever something was added. */
  readonly onScreen: (soFar: string) => void;
  /** The answers that were not asked for. */
  remaining(): number;
}

/** One answer: once the screen holds `when` (once more than before), `type` is typed. */
export interface Answer {
  readonly when: string;
  /** Ends with `\r` for Enter; `\x03` is Ctrl-C. */
  readonly type: string;
}

/** Makes a terminal that gives these answers in this order. */
export function fakeTerminal(...answers: readonly Answer[]): FakeTerminal {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin }) as unknown as PassThrough;
  const left = [...answers];
  let seenLength = 0;
  return {
    stdin: stdin as Input,
    onScreen: (soFar) => {
      const next = left[0];
      if (next === undefined || !soFar.slice(seenLength).includes(next.when)) return;
      left.shift();
      seenLength = soFar.length;
      // The question listens for keys only after it is on the screen.
      setImmediate(() => stdin.write(next.type));
    },
    remaining: () => left.length,
  };
}
