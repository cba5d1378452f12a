/**
 * Those whom a conversation looks for, each with its dialler and the member that it turned out to be. Texts without a
 * name go to the first; the others are as much here as those who call.
 */
import type { QTChatError } from '../errors.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { TargetDialler, type TargetDiallerOptions } from './dialler.js';
import { Recipient } from './recipient.js';
import type { Target } from './resolve-who.js';

type EachOptions = 'target' | 'isConnected' | 'onOwnAddress' | 'onWaiting' | 'onStopped';

/** What all of them need, and whom they tell. */
export interface TargetPeersOptions extends Omit<TargetDiallerOptions, EachOptions> {
  readonly isHere: (member: string) => boolean;
  /** Anybody who is here. */
  readonly whoIsHere: () => string | undefined;
  /** Called once, when it is known who the first one is. */
  readonly onFirst: (member: string) => void;
  /** Called when one of them was not reached, once for every new reason. */
  readonly onWaiting: (who: string, reason: QTChatError | undefined) => void;
  /** Called when dialling the first one has ended, until something is decided about them. */
  readonly onStopped: (error: QTChatError) => void;
}

interface Sought {
  readonly target: Target;
  readonly recipient: Recipient;
  readonly dialler: TargetDialler;
  /** Whether dialling has ended for good, as far as was known then. */
  hasStopped: boolean;
}

/** Those whom a conversation looks for. */
export class TargetPeers {
  readonly #options: TargetPeersOptions;
  readonly #sought: Sought[];
  readonly #dialledFor = new WeakMap<PeerConnection, Target>();

  /** @param targets - the first may be one with nobody to dial: then it is whoever comes first */
  constructor(targets: readonly Target[], options: TargetPeersOptions) {
    this.#options = options;
    this.#sought = targets.map((target, index) => this.#seek(target, index === 0, options));
  }

  /** Dials one more member from now on; undefined where that one is looked for already. */
  add(target: Target & { readonly member: string }): Promise<void> | undefined {
    if (this.#sought.some(({ recipient }) => recipient.member === target.member)) return this.again(target.member);
    const sought = this.#seek(target, false, this.#options);
    sought.recipient.settle(target.member);
    this.#sought.push(sought);
    return sought.dialler.run();
  }

  /** Dials a member again that was given up; undefined where none was. */
  again(member: string): Promise<void> | undefined {
    const sought = this.#sought.find(({ recipient, hasStopped }) => hasStopped && recipient.member === member);
    if (sought === undefined) return undefined;
    sought.hasStopped = false;
    return sought.dialler.run();
  }

  /** The member that the first one is, once known. */
  get first(): string | undefined {
    return this.#sought[0]?.recipient.member;
  }

  /** Dials all of them, each until `signal` aborts or there is a reason to give up. */
  start(): Promise<void>[] {
    for (const { target, recipient } of this.#sought) if (target.member !== undefined) recipient.settle(target.member);
    return this.#sought
      .filter(({ target: { addresses, seek } }) => addresses.length > 0 || seek !== undefined)
      .map(({ dialler }) => dialler.run());
  }

  /** Says that somebody has come or gone. */
  notify(): void {
    for (const { dialler } of this.#sought) dialler.notify();
  }

  /** Leaves a member alone for a while, which has had enough of us. */
  holdOff(member: string): void {
    for (const { recipient, dialler } of this.#sought) if (recipient.member === member) dialler.holdOff();
  }

  /** {@link Recipient.consider}, for each of them. */
  async consider(connection: PeerConnection, port: number): Promise<void> {
    const dialled = this.#dialledFor.get(connection);
    for (const { target, recipient } of this.#sought) await recipient.consider(connection, port, target === dialled);
  }

  #seek(target: Target, isFirst: boolean, options: TargetPeersOptions): Sought {
    const { adopt, isHere, whoIsHere, onFirst, onWaiting, onStopped } = options;
    const recipient = new Recipient(target, options.contacts, isFirst ? onFirst : () => {});
    const dialler = new TargetDialler({
      ...options,
      target,
      isConnected: () => recipient.member !== undefined && isHere(recipient.member),
      adopt: (connection) => {
        this.#dialledFor.set(connection, target);
        return adopt(connection);
      },
      onOwnAddress: () => recipient.noteOwnAddress(whoIsHere()),
      onWaiting: (reason) => onWaiting(target.who, reason),
      onStopped: (error) => {
        sought.hasStopped = true;
        if (isFirst) onStopped(error);
        else onWaiting(target.who, error);
      },
    });
    const sought: Sought = { target, recipient, dialler, hasStopped: false };
    return sought;
  }
}
