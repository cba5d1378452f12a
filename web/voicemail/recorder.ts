/** Records a voicemail with the browser's own recorder: Opus, in Ogg where the browser writes that, else in WebM. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { voicemailName } from '../text/file-names.js';

/** How long one may be. */
export const mostVoicemailMs = 120_000;
const bitsPerSecond = 32_000;
/** Of one file: its media type, and how its name ends. */
const forms = [
  { type: 'audio/ogg;codecs=opus', ending: 'opus' },
  { type: 'audio/webm;codecs=opus', ending: 'weba' },
] as const;

/** A voicemail that is being spoken, or, after the longest time, waits to be sent. */
export interface Recording {
  readonly member: string;
  readonly beganAtMs: number;
}

/** One voicemail at a time. */
export class VoicemailRecorder {
  readonly #recording = signal<Recording | undefined>(undefined);
  #recorder: MediaRecorder | undefined;
  #pieces: readonly Blob[] = [];
  #isAsking = false;

  /** What is recorded now. */
  get recording(): ReadonlySignal<Recording | undefined> {
    return this.#recording;
  }

  /**
   * Asks for the microphone and begins.
   *
   * @throws {Error} where there is no microphone for this page, for people
   */
  async begin(member: string): Promise<void> {
    if (this.#isAsking || this.#recorder !== undefined) return;
    this.#isAsking = true;
    try {
      const stream = await openMicrophone();
      const type = forms.find((form) => MediaRecorder.isTypeSupported(form.type))?.type;
      const recorder = new MediaRecorder(stream, {
        audioBitsPerSecond: bitsPerSecond,
        ...(type !== undefined && { mimeType: type }),
      });
      const pieces: Blob[] = [];
      recorder.addEventListener('dataavailable', ({ data }) => pieces.push(data));
      this.#pieces = pieces;
      recorder.start();
      this.#recorder = recorder;
      this.#recording.value = { member, beganAtMs: Date.now() };
      setTimeout(() => {
        if (this.#recorder === recorder) stop(recorder);
      }, mostVoicemailMs);
    } finally {
      this.#isAsking = false;
    }
  }

  /** Ends it, and gives what was spoken; undefined where nothing was. */
  async finish(): Promise<File | undefined> {
    const recorder = this.#recorder;
    const pieces = this.#pieces;
    const began = new Date(this.#recording.peek()?.beganAtMs ?? Date.now());
    if (recorder === undefined) return undefined;
    this.#forget();
    await stopped(recorder);
    const ending = forms.find(({ type }) => type === recorder.mimeType)?.ending ?? 'weba';
    const content = new Blob([...pieces], { type: recorder.mimeType });
    return content.size === 0 ? undefined : new File([content], voicemailName(began, ending), { type: content.type });
  }

  /** Ends it, and keeps nothing. */
  drop(): void {
    const recorder = this.#recorder;
    this.#forget();
    if (recorder !== undefined) stop(recorder);
  }

  #forget(): void {
    this.#recorder = undefined;
    this.#pieces = [];
    this.#recording.value = undefined;
  }
}

async function openMicrophone(): Promise<MediaStream> {
  try {
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    const isRefused = error instanceof DOMException && error.name === 'NotAllowedError';
    throw new Error(
      isRefused
        ? 'The browser does not let this page use the microphone: allow it by the sign beside the address, and record again.'
        : 'No microphone can be opened: plug one in, or end what else uses it, and record again.',
    );
  }
}

/** Gives the microphone back as well. */
function stop(recorder: MediaRecorder): void {
  if (recorder.state !== 'inactive') recorder.stop();
  for (const track of recorder.stream.getTracks()) track.stop();
}

/** Resolves when the last piece is there. */
function stopped(recorder: MediaRecorder): Promise<void> {
  if (recorder.state === 'inactive') return Promise.resolve();
  return new Promise((resolve) => {
    recorder.addEventListener('stop', () => resolve(), { once: true });
    stop(recorder);
  });
}
