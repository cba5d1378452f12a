/**
 * All calls of a conversation: one at a time. Hands what comes to the call that it concerns, and decides what becomes of a call
 * that comes while there is another one. Whom a call is with is known by `call-parties.ts`, how they are reached by `call-lines.ts`.
 */
import { QTChatError, quote } from '../errors.js';
import type { CallMessage, MessageOf } from '../protocol/messages.js';
import type { CallEvent, CallSnapshot } from './call-events.js';
import { type CallChannel, CallLines } from './call-lines.js';
import { CallParties } from './call-parties.js';
import { CallSession } from './call-session.js';
import type { CallTimers } from './call-timing.js';
import type { DeviceChange, DeviceChoice, OpenMedia } from './media.js';
import { RingLimit } from './ring-limit.js';

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
  readonly parties: CallParties;
}

const idBytes = 16;

/** The calls of a conversation. */
export class CallDesk {
  readonly #options: CallDeskOptions;
  readonly #rings: RingLimit;
  readonly #lines = new CallLines();
  #active: ActiveCall | undefined;
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;
  #devices: DeviceChoice = {};
  #isPushToTalk = false;

  constructor(options: CallDeskOptions) {
    this.#options = options;
    this.#rings = new RingLimit(options.timers);
  }

  /** The call that there is. */
  get current(): CallSnapshot | undefined {
    const session = this.#active?.session;
    return session && { ...session.snapshot, isPushToTalk: this.#isPushToTalk };
  }

  /** Whether a member can be called now. */
  canReach(member: string): boolean {
    return this.#lines.canReach(member);
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
    const session = this.#active?.session;
    if (!session?.answer(openMedia)) return false;
    // The limit is for those whom nobody wants to talk to.
    this.#rings.forgive(session.member);
    return true;
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

  /** Whether one is muted but while one talks. */
  get isPushToTalk(): boolean {
    return this.#isPushToTalk;
  }

  /** Mutes the call that there is and each one to come, until {@link mute} lets one talk; or not any more. */
  pushToTalk(isOn: boolean): void {
    this.#isPushToTalk = isOn;
    this.mute(isOn);
  }

  /** The sound devices that are chosen. */
  get devices(): DeviceChoice {
    return this.#devices;
  }

  /** Takes other sound devices, for the call that there is and for those to come; rejects where that fails. */
  async useDevices(change: DeviceChange): Promise<void> {
    const { input, output } = { ...this.#devices, ...change };
    const devices = { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
    await this.#active?.session.useDevices(devices);
    this.#devices = devices;
  }

  /** A session has begun. */
  attach(channel: CallChannel): void {
    const { member, process } = channel;
    this.#lines.add(channel);
    const active = this.#active;
    if (active === undefined || active.session.member !== member) return;
    const { session, parties } = active;
    if (parties.process === process) session.linkBack();
    else if (parties.process === undefined) parties.ask(channel, session.said);
  }

  /**
   * A session has ended.
   *
   * @param distrust - why the member is not to be heard any more; absent where the connection merely broke
   */
  detach(channel: CallChannel, distrust?: QTChatError): void {
    this.#lines.remove(channel);
    const active = this.#active;
    if (active === undefined || active.session.member !== channel.member) return;
    if (distrust !== undefined) active.session.end('refused', distrust);
    else if (active.parties.process === channel.process && this.#lines.latest(channel) === undefined)
      active.session.linkLost();
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
    if (active === undefined || !active.parties.has(channel, message.id)) return;
    const { session, parties } = active;
    switch (message.type) {
      case 'call-ringing':
        session.handleRinging();
        return;
      case 'call-answer':
        parties.choose(channel);
        session.handleAnswer(message.sdp);
        return;
      case 'call-candidate':
        session.handleCandidate(message.candidate);
        return;
      case 'call-devices':
        session.handleDevices(message);
        return;
      case 'call-end':
        if (parties.endsWith(channel, message.reason)) session.handleEnd(message.reason);
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
      if (active.parties.has(channel, id)) active.session.handleOffer(sdp, isRestart === true);
      return;
    }
    if (isRestart || !this.#rings.admit(member)) {
      channel.send({ type: 'call-end', id, reason: isRestart ? 'unknown' : 'busy' });
      return;
    }
    switch (placeBeside(active, channel)) {
      case 'none':
        active?.parties.passOver(channel, id);
        return;
      case 'ours': {
        this.#giveUp(active?.session);
        const theirs = this.#begin(member, id, process);
        theirs.ring(sdp, true);
        this.answer(active?.openMedia);
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
    const parties = new CallParties({ lines: this.#lines, id, member, process });
    const session = new CallSession({
      ...{ id, member, timers, devices: this.#devices },
      openMedia: openMedia ?? this.#options.openMedia,
      direction: process === undefined ? 'out' : 'in',
      send: (message) => parties.send(message),
      emit: (event) => emit(member, event),
      onEnded: () => this.#forget(session),
    });
    if (this.#isPushToTalk) session.mute(true);
    this.#active = { session, openMedia, parties };
    return session;
  }

  #forget(session: CallSession): void {
    if (this.#active?.session === session) this.#active = undefined;
    const closing = session.closed.finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/**
 * What becomes of a call that comes beside another one: it rings in its place, takes the place of ours (both sides have
 * called at once), is not heard since ours takes its place, or finds us busy.
 */
function placeBeside(active: ActiveCall | undefined, channel: CallChannel): 'ring' | 'ours' | 'none' | 'busy' {
  if (active === undefined) return 'ring';
  const { session, parties } = active;
  if (session.member !== channel.member) return 'busy';
  if (session.isUnanswered) return channel.isOursFirst ? 'none' : 'ours';
  // Their program was started anew: the former call will not come back.
  return session.state === 'reconnecting' && parties.process !== channel.process ? 'ring' : 'busy';
}
