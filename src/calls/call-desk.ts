/**
 * All calls of a conversation: one at a time. Knows over which sessions members can be reached, sends what a call says
 * to those whom it concerns, and decides what becomes of a call that comes while there is another one.
 */
import { QTChatError, quote } from '../errors.js';
import type { CallMessage, MessageOf } from '../protocol/messages.js';
import type { CallEvent, CallSnapshot } from './call-events.js';
import { CallSession } from './call-session.js';
import type { CallTimers } from './call-timing.js';
import type { DeviceChoice, OpenMedia } from './media.js';
import { RingLimit } from './ring-limit.js';

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

/** What the desk needs. */
export interface CallDeskOptions {
  readonly openMedia: OpenMedia;
  readonly timers: CallTimers;
  readonly random: (size: number) => Buffer;
  readonly emit: (member: string, event: CallEvent) => void;
}

interface ActiveCall {
  readonly session: CallSession;
  /** What opens its sound, where it is not what opens that of other calls. */
  readonly openMedia: OpenMedia | undefined;
  /** Processes of the peer that have heard of it and not refused. */
  readonly asked: Set<string>;
  /** The one that it is with, once known. */
  process: string | undefined;
}

const idBytes = 16;
const mostOwed = 16;

/** The calls of a conversation. */
export class CallDesk {
  readonly #options: CallDeskOptions;
  readonly #rings: RingLimit;
  /** The latest last. */
  #channels: CallChannel[] = [];
  #active: ActiveCall | undefined;
  /** What a process is to hear of a call that has ended while it could not be reached. */
  readonly #owed = new Map<string, CallMessage>();
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;
  #devices: DeviceChoice = {};

  constructor(options: CallDeskOptions) {
    this.#options = options;
    this.#rings = new RingLimit(options.timers);
  }

  /** The call that there is. */
  get current(): CallSnapshot | undefined {
    return this.#active?.session.snapshot;
  }

  /** Whether a member can be called now. */
  canReach(member: string): boolean {
    return this.#channels.some((channel) => channel.member === member && channel.isOpen);
  }

  /**
   * Calls a member, who can be reached.
   *
   * @param openMedia - what opens the sound of this call; as for others when left out
   * @returns the id of the call
   * @throws {QTChatError} `ERR_CALL_BUSY`
   */
  call(member: string, openMedia?: OpenMedia): string {
    const active = this.#active;
    if (active !== undefined) {
      throw new QTChatError('ERR_CALL_BUSY', `there is a call with ${quote(active.session.member)} already`, {
        hint: '/hangup ends it',
      });
    }
    const id = this.#options.random(idBytes).toString('hex');
    this.#begin(member, id, undefined, openMedia).call();
    return id;
  }

  /** Takes the call that rings here, with its sound opened like that of others or by `openMedia`; whether there was one. */
  answer(openMedia?: OpenMedia): boolean {
    return this.#active?.session.answer(openMedia) ?? false;
  }

  /** Refuses the call that rings here; whether there was one. */
  reject(): boolean {
    return this.#active?.session.reject() ?? false;
  }

  /** Ends the call that there is; whether there was one. */
  hangUp(): boolean {
    const session = this.#active?.session;
    session?.hangUp();
    return session !== undefined;
  }

  /** Lets silence go out, or sound again; whether there is a call. */
  mute(isOn: boolean): boolean {
    this.#active?.session.mute(isOn);
    return this.#active !== undefined;
  }

  /** Takes other sound devices, for the call that there is and for those to come. */
  async useDevices(choice: DeviceChoice): Promise<void> {
    await this.#active?.session.useDevices(choice);
    this.#devices = { ...this.#devices, ...choice };
  }

  /** A session has begun. */
  attach(channel: CallChannel): void {
    const { member, process } = channel;
    this.#channels.push(channel);
    const owed = this.#owed.get(keyOf(channel));
    this.#owed.delete(keyOf(channel));
    if (owed !== undefined) channel.send(owed);
    const active = this.#active;
    if (active === undefined || active.session.member !== member) return;
    if (active.process === process) active.session.linkBack();
    else if (active.process === undefined) this.#ask(active, channel, active.session.said);
  }

  /**
   * A session has ended.
   *
   * @param distrust - why the member is not to be heard any more; absent where the connection merely broke
   */
  detach(channel: CallChannel, distrust?: QTChatError): void {
    this.#channels = this.#channels.filter((other) => other !== channel);
    const active = this.#active;
    if (active === undefined || active.session.member !== channel.member) return;
    if (distrust !== undefined) active.session.end('refused', distrust);
    else if (active.process === channel.process && this.#latest(channel) === undefined) active.session.linkLost();
  }

  /** A process of a member says something about a call. */
  handle(channel: CallChannel, message: CallMessage): void {
    if (this.#isClosed) return;
    if (message.type === 'call-offer') this.#handleOffer(channel, message);
    else this.#pass(channel, message);
  }

  #pass(channel: CallChannel, message: Exclude<CallMessage, { type: 'call-offer' }>): void {
    const active = this.#active;
    // Calls of before, and of others, are none of theirs.
    if (active === undefined || !concerns(active, channel, message.id)) return;
    const { session } = active;
    switch (message.type) {
      case 'call-ringing':
        session.handleRinging();
        return;
      case 'call-answer':
        if (active.process === undefined) this.#choose(active, channel);
        session.handleAnswer(message.sdp);
        return;
      case 'call-candidate':
        session.handleCandidate(message.candidate);
        return;
      case 'call-end':
        active.asked.delete(channel.process);
        // As long as another process of theirs may ring, one that is busy says little.
        if (active.process === undefined && message.reason !== 'declined' && active.asked.size > 0) return;
        if (active.process === undefined) this.#tellOthers(active);
        session.handleEnd(message.reason);
    }
  }

  /** Hangs up, takes no more calls, and resolves when all sound is gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.hangUp();
    await Promise.all(this.#closing);
  }

  #handleOffer(channel: CallChannel, { id, sdp, isRestart }: MessageOf<'call-offer'>): void {
    const { member, process } = channel;
    const active = this.#active;
    if (active?.session.id === id) {
      if (concerns(active, channel, id)) active.session.handleOffer(sdp, isRestart === true);
      return;
    }
    if (isRestart || !this.#rings.admit(member)) {
      channel.send({ type: 'call-end', id, reason: isRestart ? 'unknown' : 'busy' });
      return;
    }
    const place = active === undefined ? 'ring' : placeBeside(active, channel);
    switch (place) {
      case 'none':
        return;
      case 'ours': {
        this.#giveUp(active?.session);
        const theirs = this.#begin(member, id, process);
        theirs.ring(sdp, true);
        theirs.answer(active?.openMedia);
        return;
      }
      case 'ring':
        active?.session.end('lost');
        this.#begin(member, id, process).ring(sdp);
        return;
      case 'busy': {
        channel.send({ type: 'call-end', id, reason: 'busy' });
        const end = { reason: 'busy', by: 'self', durationMs: 0, missed: true } as const;
        this.#options.emit(member, { type: 'callEnded', id, direction: 'in', ...end });
      }
    }
  }

  #giveUp(session: CallSession | undefined): void {
    if (session === undefined) return;
    session.yieldTo();
    this.#forget(session);
  }

  /** @param process - that of the peer which calls; undefined for a call of ours */
  #begin(member: string, id: string, process: string | undefined, openMedia?: OpenMedia): CallSession {
    const { timers, emit } = this.#options;
    const session = new CallSession({
      ...{ id, member, timers, devices: this.#devices },
      openMedia: openMedia ?? this.#options.openMedia,
      direction: process === undefined ? 'out' : 'in',
      send: (message) => this.#send(active, message),
      emit: (event) => emit(member, event),
      onEnded: () => this.#forget(session),
    });
    const active: ActiveCall = { session, openMedia, asked: new Set(), process };
    this.#active = active;
    return session;
  }

  #forget(session: CallSession): void {
    if (this.#active?.session === session) this.#active = undefined;
    const closing = session.closed.finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** The call is with this process of theirs; the others need not ring any more. */
  #choose(active: ActiveCall, channel: CallChannel): void {
    active.process = channel.process;
    active.asked.delete(channel.process);
    this.#tellOthers(active);
  }

  #tellOthers({ session, asked }: ActiveCall): void {
    const { id, member } = session;
    for (const process of asked) this.#sendTo({ member, process }, { type: 'call-end', id, reason: 'elsewhere' });
    asked.clear();
  }

  #send(active: ActiveCall, message: CallMessage): void {
    const { member } = active.session;
    if (active.process !== undefined) {
      this.#sendTo({ member, process: active.process }, message);
      return;
    }
    const processes = new Set(this.#channels.filter((one) => one.member === member).map(({ process }) => process));
    for (const process of processes) {
      const channel = this.#latest({ member, process });
      if (channel !== undefined) this.#ask(active, channel, [message]);
    }
  }

  /** Tells a process of an unanswered call; one that has refused hears no more of it. */
  #ask({ asked }: ActiveCall, channel: CallChannel, messages: readonly CallMessage[]): void {
    for (const message of messages) {
      if (message.type === 'call-offer') asked.add(channel.process);
      if (asked.has(channel.process)) channel.send(message);
    }
  }

  #sendTo(to: Pick<CallChannel, 'member' | 'process'>, message: CallMessage): void {
    const channel = this.#latest(to);
    if (channel !== undefined) channel.send(message);
    else if (message.type === 'call-end') {
      this.#owed.set(keyOf(to), message);
      const [oldest] = this.#owed.keys();
      if (this.#owed.size > mostOwed && oldest !== undefined) this.#owed.delete(oldest);
    }
  }

  #latest({ member, process }: Pick<CallChannel, 'member' | 'process'>): CallChannel | undefined {
    return this.#channels.findLast((one) => one.member === member && one.process === process && one.isOpen);
  }
}

/**
 * What becomes of a call that comes beside another one: it rings in its place, takes the place of ours (both sides have
 * called at once), is not heard since ours takes its place, or finds us busy.
 */
function placeBeside({ session, process }: ActiveCall, channel: CallChannel): 'ring' | 'ours' | 'none' | 'busy' {
  if (session.member !== channel.member) return 'busy';
  if (session.isUnanswered) return channel.isOursFirst ? 'none' : 'ours';
  // Their program was started anew: the former call will not come back.
  return session.state === 'reconnecting' && process !== channel.process ? 'ring' : 'busy';
}

function concerns({ session, asked, process }: ActiveCall, channel: CallChannel, id: string): boolean {
  const isParty = process === undefined ? asked.has(channel.process) : process === channel.process;
  return session.id === id && session.member === channel.member && isParty;
}

function keyOf({ member, process }: Pick<CallChannel, 'member' | 'process'>): string {
  return `${member}/${process}`;
}
