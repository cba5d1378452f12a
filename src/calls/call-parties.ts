/**
 * Whom one call is with. Until somebody has taken it: all processes of the member that have heard of it. From then on, that
 * one.
 */
import type { CallEndReason, CallMessage } from '../protocol/messages.js';
import type { CallChannel, CallLines } from './call-lines.js';

/** What {@link CallParties} need. */
export interface CallPartiesOptions {
  readonly lines: CallLines;
  /** Of the call. */
  readonly id: string;
  readonly member: string;
  /** That of the member which calls; undefined for a call of ours. */
  readonly process: string | undefined;
}

/** The other end of one call. */
export class CallParties {
  readonly #options: CallPartiesOptions;
  /** Processes that have heard of it and not refused. */
  readonly #asked = new Set<string>();
  /** Calls of theirs that are not heard because of ours, by process. */
  readonly #unheard = new Map<string, string>();
  #process: string | undefined;

  constructor(options: CallPartiesOptions) {
    this.#options = options;
    this.#process = options.process;
  }

  /** The process that it is with, once known. */
  get process(): string | undefined {
    return this.#process;
  }

  /** Whether what comes by this channel about the call of this id is said by somebody whom it concerns. */
  has({ member, process }: CallChannel, id: string): boolean {
    const isParty = this.#process === undefined ? this.#asked.has(process) : this.#process === process;
    return this.#options.id === id && this.#options.member === member && isParty;
  }

  /** Tells whomever the call is with. */
  send(message: CallMessage): void {
    const { lines, member } = this.#options;
    if (this.#process !== undefined) {
      lines.send({ member, process: this.#process }, message);
      return;
    }
    for (const channel of lines.of(member)) this.ask(channel, [message]);
    if (message.type !== 'call-end') return;
    // Nobody else would tell them: of ours they may never have heard.
    for (const [process, id] of this.#unheard) lines.send({ member, process }, { ...message, id });
  }

  /** Tells a process of a call that nobody has taken; one that has refused hears no more of it. */
  ask(channel: CallChannel, messages: readonly CallMessage[]): void {
    for (const message of messages) {
      if (message.type === 'call-offer') this.#asked.add(channel.process);
      if (this.#asked.has(channel.process)) channel.send(message);
    }
  }

  /** A process takes it: the call is with that one, unless it is with another, and the rest need not ring any more. */
  choose({ process }: CallChannel): void {
    if (this.#process !== undefined) return;
    this.#process = process;
    this.#asked.delete(process);
    this.#tellOthers();
  }

  /** A process has had enough of it; whether that ends it. */
  endsWith({ process }: CallChannel, reason: CallEndReason): boolean {
    this.#asked.delete(process);
    if (this.#process !== undefined) return true;
    // As long as another process of theirs may ring, one that is busy says little.
    if (reason !== 'declined' && this.#asked.size > 0) return false;
    this.#tellOthers();
    return true;
  }

  /** A call of theirs is not heard, because ours takes its place. */
  passOver({ process }: CallChannel, id: string): void {
    this.#unheard.set(process, id);
  }

  #tellOthers(): void {
    const { lines, id, member } = this.#options;
    for (const process of this.#asked) lines.send({ member, process }, { type: 'call-end', id, reason: 'elsewhere' });
    this.#asked.clear();
  }
}
