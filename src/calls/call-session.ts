/**
 * One call, from its first ring to its end: what the user wants, what the peer says and what the sound does come in by
 * methods, in whatever order; what comes too late changes nothing. Knows no sockets: where messages go, and which calls there
 * may be, is decided by the desk.
 */
import { isQTChatError, QTChatError } from '../errors.js';
import type { CallEndReason, CallMessage } from '../protocol/messages.js';
import type { CallDescription, CallEnd, CallEvent, CallSnapshot, CallState } from './call-events.js';
import { type CallTimers, connectingMs, lostCallerMs, reconnectingMs, ringingMs } from './call-timing.js';
import { filterCandidate, mostCandidates, ownCandidate } from './ice-filter.js';
import type { DeviceChoice, Media, MediaEvent, MediaStats, OpenMedia } from './media.js';
import { refused } from './refused.js';
import { filterDescription } from './sdp-filter.js';

/** What a call needs. */
export interface CallSessionOptions extends CallDescription {
  readonly member: string;
  readonly openMedia: OpenMedia;
  /** The sound devices to begin with. */
  readonly devices: DeviceChoice;
  readonly timers: CallTimers;
  /** Sends to whomever the call is with now. */
  readonly send: (message: CallMessage) => void;
  readonly emit: (event: CallEvent) => void;
  /** Called once, after the event that says so. */
  readonly onEnded: (end: CallEnd) => void;
}

type Deadline = 'ringing' | 'lostCaller' | 'connecting' | 'reconnecting';

/** A call that finds another way so often finds none. */
const mostRestarts = 100;
/** Reasons for which nobody here took a call. */
const missedReasons: readonly CallEndReason[] = ['cancelled', 'hung-up', 'no-answer', 'busy', 'lost'];

/** One call. */
export class CallSession {
  readonly #options: CallSessionOptions;
  #state: CallState;
  #opening: Promise<Media> | undefined;
  #media: Media | undefined;
  /** What is asked of the sound is done in order. */
  #work: Promise<void> = Promise.resolve();
  #stopWaiting: () => void = () => {};
  /** What the peer offered, until it is answered. */
  #offer = '';
  #fingerprint: string | undefined;
  /** Our last description and what we have told of ourselves since; undefined until it is sent. */
  #told: CallMessage | undefined;
  #candidates: string[] = [];
  /** What the peer has told before there was anybody to tell it to. */
  #early: string[] = [];
  #heardCandidates = 0;
  #restarts = 0;
  #awaitsAnswer = false;
  #isLinked = true;
  #isMediaUp = false;
  #isRestarting = false;
  #isMuted = false;
  #connectedAtMs: number | undefined;
  #stats: MediaStats | undefined;
  #closed: Promise<void> = Promise.resolve();

  constructor(options: CallSessionOptions) {
    this.#options = options;
    this.#state = options.direction === 'out' ? 'calling' : 'ringing';
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
    return this.#closed;
  }

  /** Whether it is ours, and nobody has answered it. */
  get isUnanswered(): boolean {
    return this.#options.direction === 'out' && (this.#state === 'calling' || this.#state === 'ringing');
  }

  /** As it stands now. */
  get snapshot(): CallSnapshot {
    const { id, direction, member, timers } = this.#options;
    const since = this.#connectedAtMs;
    const durationMs = since === undefined ? undefined : timers.now() - since;
    return { id, direction, member, state: this.#state, isMuted: this.#isMuted, durationMs, stats: this.#stats };
  }

  /** Calls: offers what we can, once the sound is ready. */
  call(): void {
    this.#wait('ringing');
    this.#do(async () => this.#offerWay(await this.#open(), false));
  }

  /** It rings here, unless what is offered is not fit for a call. */
  ring(sdp: string, isSilent = false): void {
    this.#take(() => {
      const { sdp: offer, fingerprint } = filterDescription(sdp, { type: 'offer' });
      this.#offer = offer;
      this.#fingerprint = fingerprint;
      this.#wait('ringing');
      if (isSilent) return;
      this.#options.send({ type: 'call-ringing', id: this.id });
      this.#emit({ type: 'callRinging' });
    });
  }

  /** The user takes a call; whether there was one to be taken. */
  answer(): boolean {
    if (this.#options.direction === 'out' || this.#state !== 'ringing') return false;
    this.#state = 'connecting';
    this.#wait('connecting');
    this.#do(async () => {
      const media = await this.#open();
      await this.#answerOffer(media, this.#offer);
      for (const candidate of this.#early.splice(0)) await media.addCandidate(candidate).catch(ignore);
    });
    return true;
  }

  /** The user does not take it; whether there was one to be taken. */
  reject(): boolean {
    if (this.#options.direction === 'out' || this.#state !== 'ringing') return false;
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
    this.#isMuted = isOn;
    this.#media?.setMuted(isOn);
  }

  /** Takes other sound devices; rejects where that fails, and the call goes on. */
  async useDevices(choice: DeviceChoice): Promise<void> {
    await this.#media?.useDevices(choice);
  }

  /** Gives our call up for one of the same peer's, as if it had never been. */
  yieldTo(): void {
    this.#finish();
    this.#options.send({ type: 'call-end', id: this.id, reason: 'elsewhere' });
  }

  /** What a process of the peer's is to hear that has just come: all that was said so far. */
  said(): CallMessage[] {
    const { id } = this;
    const candidates = this.#candidates.map((candidate) => ({ type: 'call-candidate', id, candidate }) as const);
    return this.#told === undefined ? [] : [this.#told, ...candidates];
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
    if (!isRestart) {
      if (this.#state === 'ringing') this.#options.send({ type: 'call-ringing', id: this.id });
      else for (const message of this.said()) this.#options.send(message);
      return;
    }
    if (this.#state === 'ringing' || this.#media === undefined) return;
    const media = this.#media;
    this.#take(() => {
      this.#restarts += 1;
      if (this.#restarts > mostRestarts) throw refused('the peer looks for another way again and again');
      const offer = this.#sameEnd(filterDescription(sdp, { type: 'offer' }));
      this.#heardCandidates = 0;
      this.#do(async () => {
        await this.#answerOffer(media, offer);
        this.#isRestarting = false;
        this.#settle();
      });
    });
  }

  /** The peer takes what we have offered. */
  handleAnswer(sdp: string): void {
    const media = this.#media;
    if (!this.#awaitsAnswer || media === undefined) return;
    this.#awaitsAnswer = false;
    this.#take(() => {
      const description = filterDescription(sdp, { type: 'answer' });
      const answer = this.#sameEnd(description);
      if (this.isUnanswered) {
        this.#state = 'connecting';
        this.#wait('connecting');
      }
      this.#do(async () => {
        await media.accept(answer);
        this.#isRestarting = false;
        this.#settle();
      });
    });
  }

  /** The peer tells of a way to it. */
  handleCandidate(text: string): void {
    if (this.#state === 'ended') return;
    this.#take(() => {
      this.#heardCandidates += 1;
      if (this.#heardCandidates > mostCandidates) throw refused('there are too many candidates');
      const candidate = filterCandidate(text);
      if (this.isUnanswered) return;
      if (this.#state === 'ringing') this.#early.push(candidate);
      else this.#do(async () => this.#media?.addCandidate(candidate).catch(ignore));
    });
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
    if (this.#state === 'ringing' && this.#options.direction === 'in') this.#wait('lostCaller');
    this.#settle();
  }

  /** There is one again, or another one. */
  linkBack(): void {
    this.#isLinked = true;
    const isOurs = this.#options.direction === 'out';
    switch (this.#state) {
      case 'ringing':
        if (!isOurs) this.#wait('ringing');
        return;
      case 'connecting':
        for (const message of this.said()) if (message.type === 'call-candidate') this.#options.send(message);
        return;
      case 'connected':
      case 'reconnecting':
        this.#isRestarting = this.#state === 'reconnecting';
        if (isOurs) this.#restart();
    }
  }

  /** Ends it here. */
  end(reason: CallEndReason, error?: QTChatError): void {
    if (this.#state === 'ended') return;
    this.#options.send({ type: 'call-end', id: this.id, reason });
    this.#end(reason, 'self', error);
  }

  async #open(): Promise<Media> {
    this.#opening = this.#options.openMedia({ ...this.#options.devices, onEvent: (event) => this.#onMedia(event) });
    const media = await this.#opening;
    this.#media = media;
    if (this.#isMuted) media.setMuted(true);
    return media;
  }

  async #offerWay(media: Media, isRestart: boolean): Promise<void> {
    this.#beginTelling();
    const { sdp } = filterDescription(await media.offer(isRestart), { type: 'offer', isOwn: true });
    this.#awaitsAnswer = true;
    this.#tell({ type: 'call-offer', id: this.id, sdp, ...(isRestart && { isRestart }) });
  }

  async #answerOffer(media: Media, offer: string): Promise<void> {
    this.#beginTelling();
    const { sdp } = filterDescription(await media.answer(offer), { type: 'answer', isOwn: true });
    this.#tell({ type: 'call-answer', id: this.id, sdp });
  }

  #beginTelling(): void {
    this.#told = undefined;
    this.#candidates = [];
  }

  #tell(message: CallMessage): void {
    if (this.#state === 'ended') return;
    this.#told = message;
    for (const one of this.said()) this.#options.send(one);
  }

  #restart(): void {
    this.#do(async () => {
      if (this.#media !== undefined) await this.#offerWay(this.#media, true);
    });
  }

  /** Who is at the other end stays the same for the whole call. */
  #sameEnd({ sdp, fingerprint }: { sdp: string; fingerprint: string }): string {
    this.#fingerprint ??= fingerprint;
    if (fingerprint !== this.#fingerprint) throw refused('the peer shows another fingerprint than before');
    return sdp;
  }

  #onMedia(event: MediaEvent): void {
    if (this.#state === 'ended') return;
    switch (event.type) {
      case 'candidate':
        this.#tellCandidate(event.candidate);
        return;
      case 'connected':
        if (this.#fingerprint === undefined) return;
        this.#take(() => {
          if (event.remoteFingerprint.toUpperCase() !== this.#fingerprint)
            throw refused('the key of the sound is not the one that the peer has announced');
          this.#isMediaUp = true;
          this.#settle();
        });
        return;
      case 'interrupted':
        this.#isMediaUp = false;
        this.#settle();
        // The one who called looks for another way, so that both do not at once.
        if (this.#state === 'reconnecting' && this.#isLinked && this.#options.direction === 'out') this.#restart();
        return;
      case 'resumed':
        // Only what has proven who it is goes on.
        if (this.#connectedAtMs === undefined) return;
        this.#isMediaUp = true;
        this.#settle();
        return;
      case 'stats': {
        const { type: _, ...stats } = event;
        this.#stats = stats;
        if (this.#state === 'connected') this.#emit({ type: 'callStats', ...stats });
        return;
      }
      case 'level':
        if (this.#state === 'connected') this.#emit({ type: 'callLevel', local: event.local, remote: event.remote });
        return;
      case 'devices':
        this.#emit({ type: 'callDevices', input: event.input, output: event.output });
        return;
      case 'failed':
        this.#fail(event.error);
    }
  }

  #tellCandidate(text: string): void {
    const candidate = ownCandidate(text);
    if (candidate === undefined || this.#candidates.length >= mostCandidates) return;
    this.#candidates.push(candidate);
    if (this.#told !== undefined) this.#options.send({ type: 'call-candidate', id: this.id, candidate });
  }

  /** Draws the conclusions from what is up and what is not. */
  #settle(): void {
    if (this.#state === 'connecting' && this.#isMediaUp) this.#connect(false);
    const isWhole = this.#isMediaUp && this.#isLinked && !this.#isRestarting;
    if (this.#state === 'reconnecting' && isWhole) this.#connect(true);
    if (this.#state === 'connected' && !isWhole) {
      this.#state = 'reconnecting';
      this.#wait('reconnecting');
      this.#emit({ type: 'callReconnecting' });
    }
  }

  #connect(resumed: boolean): void {
    this.#state = 'connected';
    this.#stopWaiting();
    this.#connectedAtMs ??= this.#options.timers.now();
    this.#emit({ type: 'callConnected', resumed });
  }

  #wait(deadline: Deadline): void {
    const [delayMs, reason] = deadlines[deadline];
    this.#stopWaiting();
    const error = deadline === 'connecting' ? noWay() : undefined;
    this.#stopWaiting = this.#options.timers.after(delayMs, () => this.end(reason, error));
  }

  /** Does something with the sound, after what was asked of it before. */
  #do(action: () => Promise<void>): void {
    this.#work = this.#work
      .then(() => (this.#state === 'ended' ? undefined : action()))
      .catch((error: unknown) => this.#fail(error));
  }

  /** Does something at once that may show that the peer breaks the rules. */
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
    const { direction, timers, onEnded } = this.#options;
    const since = this.#connectedAtMs;
    const durationMs = since === undefined ? 0 : Math.round(timers.now() - since);
    // Who has answered has not missed it, whatever became of it.
    const missed = direction === 'in' && this.#state === 'ringing' && missedReasons.includes(reason);
    this.#finish();
    const end = { reason, by, durationMs, missed, ...(error !== undefined && { error }) };
    this.#emit({ type: 'callEnded', ...end });
    onEnded(end);
  }

  #finish(): void {
    this.#state = 'ended';
    this.#stopWaiting();
    // It may still be opening; where that fails there is nothing to close.
    this.#closed = (this.#opening ?? Promise.reject()).then(
      (media) => media.close(),
      () => {},
    );
  }

  #emit(
    event: {
      [Type in CallEvent['type']]: Omit<Extract<CallEvent, { type: Type }>, 'id' | 'direction'>;
    }[CallEvent['type']],
  ): void {
    const { id, direction, emit } = this.#options;
    emit({ id, direction, ...event } as CallEvent);
  }
}

const deadlines: Readonly<Record<Deadline, readonly [number, CallEndReason]>> = {
  ringing: [ringingMs, 'no-answer'],
  lostCaller: [lostCallerMs, 'lost'],
  connecting: [connectingMs, 'not-connected'],
  reconnecting: [reconnectingMs, 'lost'],
};

/** A way that is of no use leaves the others. */
function ignore(): void {}

function noWay(): QTChatError {
  return new QTChatError('ERR_CALL_FAILED', 'no sound has come through in 15 seconds', {
    hint: 'A firewall on either side may keep UDP out',
  });
}
