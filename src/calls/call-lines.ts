/** Over which sessions the processes of members can be reached, and what they are to hear that could not be. */
import type { CallMessage } from '../protocol/messages.js';

/** A session with a process of a member that takes calls. */
export interface CallChannel {
  readonly member: string;
  /** Names the member's process: it stays the same over all its sessions. */
  readonly process: string;
  /** Whether of two calls at once ours is the one that stays; the other side says the opposite. */
  readonly isOursFirst: boolean;
  /** Whether what is sent can still arrive. */
  readonly isOpen: boolean;
  send(message: CallMessage): void;
}

/** One process of a member. */
export type CallProcess = Pick<CallChannel, 'member' | 'process'>;

const mostOwed = 16;

/** All sessions with those who take calls. */
export class CallLines {
  /** The latest last. */
  #channels: CallChannel[] = [];
  /** What a process is to hear of a call that has ended while it could not be reached. */
  readonly #owed = new Map<string, CallMessage>();

  /** A session has begun: what its process could not be told is said now. */
  add(channel: CallChannel): void {
    this.#channels.push(channel);
    const owed = this.#owed.get(keyOf(channel));
    this.#owed.delete(keyOf(channel));
    if (owed !== undefined) channel.send(owed);
  }

  /** A session has ended. */
  remove(channel: CallChannel): void {
    this.#channels = this.#channels.filter((other) => other !== channel);
  }

  /** Whether any process of a member can be reached. */
  canReach(member: string): boolean {
    return this.#channels.some((channel) => channel.member === member && channel.isOpen);
  }

  /** The session by which a process is reached now. */
  latest({ member, process }: CallProcess): CallChannel | undefined {
    return this.#channels.findLast((one) => one.member === member && one.process === process && one.isOpen);
  }

  /** One session with each process of a member that can be reached. */
  of(member: string): readonly CallChannel[] {
    const processes = new Set(this.#channels.filter((one) => one.member === member).map(({ process }) => process));
    return [...processes].flatMap((process) => this.latest({ member, process }) ?? []);
  }

  /** Tells a process something; that a call has ended, as soon as it can be reached. */
  send(to: CallProcess, message: CallMessage): void {
    const channel = this.latest(to);
    if (channel !== undefined) channel.send(message);
    else if (message.type === 'call-end') {
      this.#owed.set(keyOf(to), message);
      const [oldest] = this.#owed.keys();
      if (this.#owed.size > mostOwed && oldest !== undefined) this.#owed.delete(oldest);
    }
  }
}

function keyOf({ member, process }: CallProcess): string {
  return `${member}/${process}`;
}
