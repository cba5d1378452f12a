/**
 * One call, from its first ring to its end: what the user wants, what the peer says and what the sound does come in by
 * methods, in whatever order; what comes too late changes nothing. Knows no sockets: where messages go, and which calls there
 * may be, is decided by the desk.
 */
import { isQTChatError, QTChatError } from '../errors.js';
import type { CallEndReason, CallMessage } from '../protocol/messages.js';
import { CallClock } from './call-clock.js';
import type {
  CallDescription,
  CallEnd,
  CallEvent,
  CallEventBody,
  CallSessionSnapshot,
  CallState,
} from './call-events.js';
import { CallMeters } from './call-meters.js';
import { CallSound, type CallSoundOptions, type SoundEvent } from './call-sound.js';
import type { CallTimers } from './call-timing.js';
import { type DevicePresence, Hold } from './hold.js';
import type { DeviceChoice, OpenMedia } from './media.js';
import { refused } from './refused.js';

/** What a call needs. */
export interface CallSessionOptions extends CallDescription, Pick<CallSoundOptions, 'openMedia' | 'devices'> {
  readonly member: string;
  readonly timers: CallTimers;
  /** Sends to whomever the call is with now. */
  readonly send: (message: CallMessage) => void;
  readonly emit: (event: CallEvent) => void;
  /** Called once, after the event that says so. */
  readonly onEnded: (end: CallEnd) => void;
}

/** A call that finds another way so often finds none. */
const mostRestarts = 100;
/** Reasons for which nobody here took a call. */
const missedReasons: readonly CallEndReason[] = ['cancelled', 'hung-up', 'no-answer', 'busy', 'lost'];

/** One call. */
export class CallSession {
  readonly #options: CallSessionOptions;
  readonly #sound: CallSound;
  readonly #clock: CallClock;
  readonly #hold: Hold;
  readonly #meters: CallMeters;
  #state: CallState;
  #restarts = 0;
  #isLinked = true;
  #isUp = false;
  #isRestarting = false;

  constructor(options: CallSessionOptions) {
    this.#options = options;
    this.#state = options.direction === 'out' ? 'calling' : 'ringing';
    this.#clock = new CallClock(options.timers, (reason, error) => this.end(reason, error));
    this.#hold = new Hold(options.id, options.send);
    this.#meters = new CallMeters({
      hold: this.#hold,
      isConnected: () => this.#state === 'connected',
      emit: (event) => this.#emit(event),
    });
    this.#sound = new CallSound({
      ...options,
      onEvent: (event) => this.#onSound(event),
      onFailed: (error) => this.#fail(error),
    });
  }

  get id(): string {
    return this.#options.id;
  }

  get member(): string {
    return this.#options.member;
  }

  get state(): CallState {
    return this.#state;
  }

  /** Resolves when the sound of a call that has ended is gone. */
  get closed(): Promise<void> {
    return this.#sound.closed;
  }

  /** Whether it is ours, and nobody has answered it. */
  get isUnanswered(): boolean {
    return this.#options.direction === 'out' && (this.#state === 'calling' || this.#state === 'ringing');
  }

  /** As it stands now. */
  get snapshot(): CallSessionSnapshot {
    const { id, direction, member } = this.#options;
    return {
      ...{ id, direction, member, state: this.#state, isMuted: this.#sound.isMuted },
      durationMs: this.#clock.durationMs,
      ...this.#meters.snapshot,
    };
  }

  /** What a process of the peer's is to hear that has just come: all that was said so far. */
  get said(): readonly CallMessage[] {
    return this.#sound.said;
  }

  /** Calls: offers what we can, once the sound is ready. */
  call(): void {
    this.#clock.wait('ringing');
    this.#sound.offer(false);
  }

  /** It rings here, unless what is offered is not fit for a call. */
  ring(sdp: string, isSilent = false): void {
    this.#take(() => {
      this.#sound.hearOffer(sdp);
      this.#clock.wait('ringing');
      if (isSilent) return;
      this.#options.send({ type: 'call-ringing', id: this.id });
      this.#emit({ type: 'callRinging' });
    });
  }

  /**
   * The user takes a call; whether there was one to be taken.
   *
   * @param openMedia - what opens its sound, where it is not what opens that of other calls
   */
  answer(openMedia?: OpenMedia): boolean {
    if (!this.#ringsHere) return false;
    if (openMedia !== undefined) this.#sound.openWith(openMedia);
    this.#state = 'connecting';
    this.#clock.wait('connecting');
    this.#sound.answer();
    return true;
  }

  /** The user does not take it; whether there was one to be taken. */
  reject(): boolean {
    if (!this.#ringsHere) return false;
    this.end('declined');
    return true;
  }

  /** The user ends it, however far it has come. */
  hangUp(): void {
    if (this.reject()) return;
    this.end(this.isUnanswered ? 'cancelled' : 'hung-up');
  }

  /** Lets silence go out, or sound again. */
  mute(isOn: boolean): void {
    this.#sound.mute(isOn);
  }

  /** Takes other sound devices; rejects where that fails, and the call goes on. */
  useDevices(choice: DeviceChoice): Promise<void> {
    return this.#sound.useDevices(choice);
  }

  /** Gives our call up for one of the same peer's, as if it had never been. */
  yieldTo(): void {
    this.#finish();
    this.#options.send({ type: 'call-end', id: this.id, reason: 'elsewhere' });
  }

  /** It rings at the peer. */
  handleRinging(): void {
    if (this.#state !== 'calling') return;
    this.#state = 'ringing';
    this.#emit({ type: 'callRinging' });
  }

  /** The peer offers again what it has offered before, or another way for a call that goes on. */
  handleOffer(sdp: string, isRestart: boolean): void {
    if (this.#options.direction === 'out' || this.#state === 'ended') return;
    if (isRestart) this.#handleRestart(sdp);
    else if (this.#state === 'ringing') this.#options.send({ type: 'call-ringing', id: this.id });
    else for (const message of this.said) this.#options.send(message);
  }

  /** The peer takes what we have offered. */
  handleAnswer(sdp: string): void {
    if (this.#state === 'ended') return;
    this.#take(() => {
      if (!this.#sound.hearAnswer(sdp, () => this.#restarted()) || !this.isUnanswered) return;
      this.#state = 'connecting';
      this.#clock.wait('connecting');
    });
  }

  /** The peer tells of a way to it. */
  handleCandidate(text: string): void {
    if (this.#state !== 'ended') this.#take(() => this.#sound.hearCandidate(text));
  }

  /** The peer tells of its microphone and speaker. */
  handleDevices(presence: DevicePresence): void {
    if (this.#state === 'ended' || this.#state === 'ringing') return;
    this.#take(() => this.#meters.hear(presence));
  }

  /** The peer ends it. */
  handleEnd(reason: CallEndReason): void {
    if (this.#state === 'ended') return;
    const error = reason === 'refused' ? refused('by the peer, which does not take what we say of it') : undefined;
    this.#end(reason, 'peer', error);
  }

  /** There is no connection to the peer any more. */
  linkLost(): void {
    this.#isLinked = false;
    if (this.#ringsHere) this.#clock.wait('lostCaller');
    this.#settle();
  }

  /** There is one again, or another one. */
  linkBack(): void {
    this.#isLinked = true;
    const isOurs = this.#options.direction === 'out';
    switch (this.#state) {
      case 'ringing':
        if (!isOurs) this.#clock.wait('ringing');
        return;
      case 'connecting':
        for (const message of this.said) if (message.type === 'call-candidate') this.#options.send(message);
        return;
      case 'connected':
      case 'reconnecting':
        this.#isRestarting = this.#state === 'reconnecting';
        if (isOurs) this.#sound.offer(true);
    }
  }

  /** Ends it here. */
  end(reason: CallEndReason, error?: QTChatError): void {
    if (this.#state === 'ended') return;
    this.#options.send({ type: 'call-end', id: this.id, reason });
    this.#end(reason, 'self', error);
  }

  get #ringsHere(): boolean {
    return this.#options.direction === 'in' && this.#state === 'ringing';
  }

  #handleRestart(sdp: string): void {
    if (this.#state === 'ringing') return;
    this.#take(() => {
      this.#restarts += 1;
      if (this.#restarts > mostRestarts) throw refused('the peer looks for another way again and again');
      this.#sound.hearOffer(sdp);
      this.#sound.answer(() => this.#restarted());
    });
  }

  #restarted(): void {
    this.#isRestarting = false;
    this.#settle();
  }

  #onSound(event: SoundEvent): void {
    switch (event.type) {
      case 'up':
        this.#isUp = true;
        this.#settle();
        return;
      case 'down':
        this.#isUp = false;
        this.#settle();
        // The one who called looks for another way, so that both do not at once.
        if (this.#state === 'reconnecting' && this.#isLinked && this.#options.direction === 'out')
          this.#sound.offer(true);
        return;
      default:
        this.#meters.note(event);
    }
  }

  /** Draws the conclusions from what is up and what is not. */
  #settle(): void {
    if (this.#state === 'connecting' && this.#isUp) this.#connect(false);
    const isWhole = this.#isUp && this.#isLinked && !this.#isRestarting;
    if (this.#state === 'reconnecting' && isWhole) this.#connect(true);
    if (this.#state === 'connected' && !isWhole) {
      this.#state = 'reconnecting';
      this.#clock.wait('reconnecting');
      this.#emit({ type: 'callReconnecting' });
    }
  }

  #connect(resumed: boolean): void {
    this.#state = 'connected';
    this.#clock.connected();
    this.#emit({ type: 'callConnected', resumed });
    this.#hold.tellAgain();
  }

  /** Does something that may show that the peer breaks the rules. */
  #take(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const reason = isQTChatError(error, 'ERR_CALL_REFUSED') ? 'refused' : 'failed';
    const what = 'something unforeseen went wrong in a call';
    this.end(reason, isQTChatError(error) ? error : new QTChatError('ERR_INTERNAL', what, { cause: error }));
  }

  #end(reason: CallEndReason, by: CallEnd['by'], error: QTChatError | undefined): void {
    const durationMs = Math.round(this.#clock.durationMs ?? 0);
    // Who has answered has not missed it, whatever became of it.
    const missed = this.#ringsHere && missedReasons.includes(reason);
    this.#finish();
    const end = { reason, by, durationMs, missed, ...(error !== undefined && { error }) };
    this.#emit({ type: 'callEnded', ...end });
    this.#options.onEnded(end);
  }

  #finish(): void {
    this.#state = 'ended';
    this.#clock.stop();
    this.#sound.close();
  }

  #emit(event: CallEventBody): void {
    const { id, direction, emit } = this.#options;
    emit({ id, direction, ...event } as CallEvent);
  }
}
