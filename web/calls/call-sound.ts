/** The sound of calls in this tab, as the call panel needs it. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Connection } from '../connection.js';
import type { WireEvent } from '../wire.js';

/** A microphone or speaker that can be chosen. */
export interface SoundDevice {
  readonly id: string;
  readonly label: string;
}

/** What the call panel shows and does. */
export interface CallSound {
  /** Empty until the browser lets us see them. */
  readonly inputs: ReadonlySignal<readonly SoundDevice[]>;
  readonly outputs: ReadonlySignal<readonly SoundDevice[]>;
  /** The ids of those in use; empty for the browser's choice. */
  readonly input: ReadonlySignal<string>;
  readonly output: ReadonlySignal<string>;
  /** What is wrong with the sound here, with the cure: the microphone may not be used, there is none. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** Takes another device, now or for the next call. */
  choose(kind: 'input' | 'output', id: string): void;
  /** Told of every event that comes from the program. */
  onEvent(event: WireEvent): void;
}

/** The sound of calls over one connection. */
export function createCallSound(_connection: Pick<Connection, 'run' | 'send'>): CallSound {
  const none = signal<readonly SoundDevice[]>([]);
  const byItself = signal('');
  return {
    inputs: none,
    outputs: none,
    input: byItself,
    output: byItself,
    problem: signal<string | undefined>(undefined),
    choose() {},
    onEvent() {},
  };
}
