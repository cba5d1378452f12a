/**
 * The microphone of this page: asked for before a call is made or taken, so that whoever thinks about it lets the other side
 * ring on; held until the call is over. Without one a call is only listened to.
 */
import { type ReadonlySignal, signal } from '@preact/signals';

/** `refused`: by the user or the browser; `none`: there is none; `broken`: there is one that cannot be opened. */
export type MicrophoneState = 'unknown' | 'asking' | 'ready' | 'refused' | 'none' | 'broken';

/** What to do about a microphone that is not heard; undefined where there is nothing to be done. */
export function microphoneAdvice(state: MicrophoneState): string | undefined {
  switch (state) {
    case 'refused':
      return 'The browser does not let this page use the microphone: you hear, but are not heard. Allow it by the sign beside the address; the call goes on meanwhile.';
    case 'none':
      return 'No microphone was found: you hear, but are not heard. Plug one in, and it is taken.';
    case 'broken':
      return 'The microphone cannot be opened: you hear, but are not heard. Another program may be using it.';
    case 'asking':
      return 'The browser asks whether this page may use the microphone.';
    default:
      return undefined;
  }
}

const voice: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** One microphone at a time. */
export class Microphone {
  readonly #state = signal<MicrophoneState>('unknown');
  #taking: Promise<MediaStreamTrack | undefined> | undefined;
  #track: MediaStreamTrack | undefined;
  #isWanted = false;
  #wanted = '';
  #isMuted = false;
  /** Told of every track that comes or goes. */
  onTrack: (track: MediaStreamTrack | undefined) => void = () => {};

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#tryAgain('none', 'broken'));
    // Not every browser tells of this permission; then the next call asks again.
    void navigator.permissions
      ?.query({ name: 'microphone' as PermissionName })
      .then((permission) => permission.addEventListener('change', () => this.#tryAgain('refused', 'asking')))
      .catch(() => {});
  }

  /** How it stands. */
  get state(): ReadonlySignal<MicrophoneState> {
    return this.#state;
  }

  /** The one that is open. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /** Lets silence go out, or sound again; also of one that is opened later. */
  mute(isMuted: boolean): void {
    this.#isMuted = isMuted;
    if (this.#track !== undefined) this.#track.enabled = !isMuted;
  }

  /**
   * Opens it, unless it is open; resolves with undefined where that is not possible.
   *
   * @param deviceId - the one that is wanted; empty, or where it is not there, the one that the system chooses
   */
  take(deviceId: string): Promise<MediaStreamTrack | undefined> {
    this.#isWanted = true;
    this.#wanted = deviceId;
    this.#taking ??= this.#open(deviceId).then((track) => {
      if (track === undefined) this.#taking = undefined;
      return track;
    });
    return this.#taking;
  }

  /** Opens another one in its place. */
  async change(deviceId: string): Promise<MediaStreamTrack | undefined> {
    this.#wanted = deviceId;
    const before = this.#track;
    const track = await this.#open(deviceId);
    if (track === undefined) return undefined;
    before?.stop();
    this.#taking = Promise.resolve(track);
    return track;
  }

  /** Gives it back. */
  release(): void {
    this.#isWanted = false;
    this.#isMuted = false;
    this.#taking = undefined;
    this.#track?.stop();
    this.#track = undefined;
  }

  async #open(deviceId: string): Promise<MediaStreamTrack | undefined> {
    if (this.#state.value !== 'ready') this.#state.value = 'asking';
    try {
      const track = await askFor(deviceId);
      if (!this.#isWanted) {
        track.stop();
        return undefined;
      }
      track.enabled = !this.#isMuted;
      track.addEventListener('ended', () => this.#lost(track));
      this.#state.value = 'ready';
      this.#track = track;
      this.onTrack(track);
      return track;
    } catch (error) {
      this.#state.value = stateAfter(error);
      return undefined;
    }
  }

  /** It was pulled out, or the permission withdrawn. */
  #lost(track: MediaStreamTrack): void {
    if (this.#track !== track) return;
    this.#track = undefined;
    this.#taking = undefined;
    this.#state.value = 'none';
    this.onTrack(undefined);
    void this.take(this.#wanted);
  }

  #tryAgain(...states: readonly MicrophoneState[]): void {
    if (this.#isWanted && states.includes(this.#state.value)) void this.take(this.#wanted);
  }
}

async function askFor(deviceId: string): Promise<MediaStreamTrack> {
  const { mediaDevices } = navigator;
  // Only pages of this computer and encrypted ones have it.
  if (mediaDevices === undefined) throw new DOMException('no devices', 'NotAllowedError');
  const ask = async (audio: MediaTrackConstraints): Promise<MediaStreamTrack> => {
    const [track] = (await mediaDevices.getUserMedia({ audio })).getAudioTracks();
    if (track === undefined) throw new DOMException('no sound', 'NotFoundError');
    return track;
  };
  if (deviceId === '') return ask(voice);
  return ask({ ...voice, deviceId: { exact: deviceId } }).catch((error: unknown) => {
    if (nameOf(error) === 'OverconstrainedError' || nameOf(error) === 'NotFoundError') return ask(voice);
    throw error;
  });
}

function stateAfter(error: unknown): MicrophoneState {
  switch (nameOf(error)) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotFoundError':
      return 'none';
    default:
      return 'broken';
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}
