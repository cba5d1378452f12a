/** Who of both sides can speak and hear: a call whose device is away is held, and the other side is told. */
import type { CallMessage } from '../protocol/messages.js';
import { refused } from './refused.js';

/** Whether one side has a microphone and a speaker now. */
export interface DevicePresence {
  readonly input: boolean;
  readonly output: boolean;
}

const both: DevicePresence = { input: true, output: true };
/** Devices that come and go oftener are a nuisance, whatever they are. */
const mostChanges = 100;

/** The devices of both sides of one call, until somebody says otherwise all there. */
export class Hold {
  readonly #id: string;
  readonly #send: (message: CallMessage) => void;
  #ours = both;
  #theirs = both;
  /** What the peer knows, unless it got lost. */
  #told = both;
  #hasTold = false;
  #heard = 0;

  constructor(id: string, send: (message: CallMessage) => void) {
    this.#id = id;
    this.#send = send;
  }

  /** Those of the peer. */
  get theirs(): DevicePresence {
    return this.#theirs;
  }

  /** Ours have changed; they are told by {@link tell}. */
  have(ours: DevicePresence): void {
    this.#ours = ours;
  }

  /** Tells the peer of ours, unless it knows. */
  tell(): void {
    if (!areSame(this.#told, this.#ours)) this.#say();
  }

  /** Tells the peer again what it may not have heard. */
  tellAgain(): void {
    if (this.#hasTold || !areSame(both, this.#ours)) this.#say();
  }

  #say(): void {
    this.#told = this.#ours;
    this.#hasTold = true;
    this.#send({ type: 'call-devices', id: this.#id, ...this.#ours });
  }

  /**
   * The peer tells of its own.
   *
   * @returns whether they have changed
   * @throws {QTChatError} `ERR_CALL_REFUSED` when it does so without end
   */
  hear({ input, output }: DevicePresence): boolean {
    const theirs = { input, output };
    if (areSame(this.#theirs, theirs)) return false;
    this.#heard += 1;
    if (this.#heard > mostChanges) throw refused('the devices of the peer come and go without end');
    this.#theirs = theirs;
    return true;
  }
}

function areSame(one: DevicePresence, other: DevicePresence): boolean {
  return one.input === other.input && one.output === other.output;
}
