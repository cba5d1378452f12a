/**
 * The sound of one call, and what both sides must know of each other for it: descriptions and candidates go in and out
 * through the filters, and who is at the other end stays the one that was announced. When a call begins, rings and ends is
 * decided by its session.
 */
import type { CallMessage } from '../protocol/messages.js';
import { filterCandidate, mostCandidates, ownCandidate } from './ice-filter.js';
import type { DeviceChoice, Media, MediaEvent, OpenMedia } from './media.js';
import { refused } from './refused.js';
import { type Description, filterDescription } from './sdp-filter.js';

/** What the sound tells its call: both can hear each other (again), or cannot any more; and how it is. */
export type SoundEvent =
  | { readonly type: 'up' }
  | { readonly type: 'down' }
  | Extract<MediaEvent, { type: 'stats' | 'level' | 'devices' }>;

/** What the sound of a call needs. */
export interface CallSoundOptions {
  /** That of the call. */
  readonly id: string;
  readonly openMedia: OpenMedia;
  /** The sound devices to begin with. */
  readonly devices: DeviceChoice;
  readonly send: (message: CallMessage) => void;
  readonly onEvent: (event: SoundEvent) => void;
  /** Told why it cannot go on. */
  readonly onFailed: (error: unknown) => void;
}

/** The sound of one call. What the peer says is taken by `hear…`, which throw `ERR_CALL_REFUSED` where it breaks the rules. */
export class CallSound {
  readonly #options: CallSoundOptions;
  #openMedia: OpenMedia;
  #opening: Promise<Media> | undefined;
  #media: Media | undefined;
  /** What is asked of it is done in order. */
  #work: Promise<void> = Promise.resolve();
  /** What the peer has described last. */
  #theirs: string | undefined;
  #fingerprint: string | undefined;
  /** Our last description and what we have told of ourselves since; undefined until it is sent. */
  #told: CallMessage | undefined;
  #candidates: string[] = [];
  /** What the peer has told before there was anybody to tell it to. */
  #early: string[] | undefined = [];
  #heardCandidates = 0;
  #awaitsAnswer = false;
  #hasConnected = false;
  #isMuted = false;
  #isOver = false;
  #closed: Promise<void> = Promise.resolve();

  constructor(options: CallSoundOptions) {
    this.#options = options;
    this.#openMedia = options.openMedia;
  }

  /** It is to be opened by this; changes nothing once it is. */
  openWith(openMedia: OpenMedia): void {
    this.#openMedia = openMedia;
  }

  /** Resolves when what was closed is gone. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** Whether nothing goes out but silence. */
  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** Our last description, and what we have told of ourselves since. */
  get said(): readonly CallMessage[] {
    const { id } = this.#options;
    const candidates = this.#candidates.map((candidate) => ({ type: 'call-candidate', id, candidate }) as const);
    return this.#told === undefined ? [] : [this.#told, ...candidates];
  }

  /** Offers a way to us; another one where there is one. */
  offer(isRestart: boolean): void {
    this.#do(async (media) => {
      this.#forget();
      const { sdp } = filterDescription(await media.offer(isRestart), { type: 'offer', isOwn: true });
      this.#awaitsAnswer = true;
      this.#tell({ type: 'call-offer', id: this.#options.id, sdp, ...(isRestart && { isRestart }) });
    });
  }

  /** Answers what the peer has offered last. */
  answer(onDone: () => void = () => {}): void {
    const offer = this.#theirs ?? '';
    this.#do(async (media) => {
      this.#forget();
      const { sdp } = filterDescription(await media.answer(offer), { type: 'answer', isOwn: true });
      this.#tell({ type: 'call-answer', id: this.#options.id, sdp });
      for (const candidate of this.#early?.splice(0) ?? []) await media.addCandidate(candidate).catch(ignore);
      this.#early = undefined;
      onDone();
    });
  }

  /** The peer offers a way to it. */
  hearOffer(sdp: string): void {
    this.#hear(filterDescription(sdp, { type: 'offer' }));
  }

  /**
   * The peer answers our offer.
   *
   * @returns whether there was one to be answered
   */
  hearAnswer(sdp: string, onDone: () => void): boolean {
    if (!this.#awaitsAnswer) return false;
    this.#awaitsAnswer = false;
    this.#hear(filterDescription(sdp, { type: 'answer' }));
    const answer = this.#theirs ?? '';
    this.#early = undefined;
    this.#do(async (media) => {
      await media.accept(answer);
      onDone();
    });
    return true;
  }

  /** The peer tells of a way to it. */
  hearCandidate(text: string): void {
    this.#heardCandidates += 1;
    if (this.#heardCandidates > mostCandidates) throw refused('there are too many candidates');
    const candidate = filterCandidate(text);
    if (this.#early !== undefined) this.#early.push(candidate);
    else this.#do((media) => media.addCandidate(candidate).catch(ignore));
  }

  /** Lets silence go out, or sound again. */
  mute(isOn: boolean): void {
    this.#isMuted = isOn;
    this.#media?.setMuted(isOn);
  }

  /** Takes other devices; rejects where that fails, and the sound goes on. */
  async useDevices(choice: DeviceChoice): Promise<void> {
    await this.#media?.useDevices(choice);
  }

  /** Ends it. */
  close(): void {
    this.#isOver = true;
    // It may still be opening; where that fails there is nothing to close.
    this.#closed = (this.#opening ?? Promise.reject()).then(
      (media) => media.close(),
      () => {},
    );
  }

  /** Does something with it, after what was asked before; what is asked first opens it. */
  #do(action: (media: Media) => Promise<void>): void {
    this.#work = this.#work
      .then(async () => {
        if (!this.#isOver) await action(await this.#open());
      })
      .catch((error: unknown) => {
        if (!this.#isOver) this.#options.onFailed(error);
      });
  }

  #open(): Promise<Media> {
    this.#opening ??= this.#openMedia({ ...this.#options.devices, onEvent: (event) => this.#onMedia(event) }).then(
      (media) => {
        this.#media = media;
        if (this.#isMuted) media.setMuted(true);
        return media;
      },
    );
    return this.#opening;
  }

  /** Who is at the other end stays the same for the whole call. */
  #hear({ sdp, fingerprint }: Description): void {
    this.#fingerprint ??= fingerprint;
    if (fingerprint !== this.#fingerprint) throw refused('the peer shows another fingerprint than before');
    this.#theirs = sdp;
    this.#heardCandidates = 0;
  }

  #forget(): void {
    this.#told = undefined;
    this.#candidates = [];
  }

  #tell(message: CallMessage): void {
    if (this.#isOver) return;
    this.#told = message;
    for (const one of this.said) this.#options.send(one);
  }

  #tellCandidate(text: string): void {
    const candidate = ownCandidate(text);
    if (candidate === undefined || this.#candidates.length >= mostCandidates) return;
    this.#candidates.push(candidate);
    const { send, id } = this.#options;
    if (this.#told !== undefined) send({ type: 'call-candidate', id, candidate });
  }

  #onMedia(event: MediaEvent): void {
    if (this.#isOver) return;
    const { onEvent, onFailed } = this.#options;
    switch (event.type) {
      case 'candidate':
        this.#tellCandidate(event.candidate);
        return;
      case 'connected':
        if (this.#fingerprint === undefined) return;
        if (event.remoteFingerprint.toUpperCase() !== this.#fingerprint) {
          onFailed(refused('the key of the sound is not the one that the peer has announced'));
          return;
        }
        this.#hasConnected = true;
        onEvent({ type: 'up' });
        return;
      case 'interrupted':
        onEvent({ type: 'down' });
        return;
      case 'resumed':
        // Only what has proven who it is goes on.
        if (this.#hasConnected) onEvent({ type: 'up' });
        return;
      case 'failed':
        onFailed(event.error);
        return;
      default:
        onEvent(event);
    }
  }
}

/** A way that is of no use leaves the others. */
function ignore(): void {}
