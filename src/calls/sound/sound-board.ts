/**
 * The sound of one call at this end: which devices are open, what goes out and comes in, and how loud. A device that
 * gets lost is replaced by the system's choice, and by nothing where there is none: then the call goes on as listening
 * only, or unheard.
 */
import type { DeviceChoice } from '../media.js';
import type { EchoCanceller } from './echo-canceller.js';
import { everyFrame } from './frames.js';
import { levelOf } from './level.js';
import type { NoiseSuppressor } from './noise-suppressor.js';
import { frameSamples, type Microphone, type SoundSystem, type Speaker } from './sound-system.js';

export interface SoundBoardOptions {
  readonly system: SoundSystem;
  readonly canceller: EchoCanceller | undefined;
  readonly suppressor: NoiseSuppressor | undefined;
  /** Takes a frame for the peer every 10 ms, silence too; it belongs to who is called. */
  readonly onFrame: (frame: Int16Array) => void;
  /** Told which devices are in use, at the start and at each change. */
  readonly onDevices: (input: string | undefined, output: string | undefined) => void;
}

type Direction = 'input' | 'output';

/** Who was lost right after it was opened would be lost again. */
const settledAfterMs = 3_000;

export class SoundBoard {
  readonly #options: SoundBoardOptions;
  #microphone: Microphone | undefined;
  #speaker: Speaker | undefined;
  #stopSilence: (() => void) | undefined;
  /** What was asked for, as far as it is not lost. */
  #choice: { readonly input?: string | undefined; readonly output?: string | undefined } = {};
  #isMuted = false;
  #isClosed = false;
  #local = 0;
  #remote = 0;
  /** Changes of devices come one after the other. */
  #changes: Promise<void> = Promise.resolve();

  constructor(options: SoundBoardOptions) {
    this.#options = options;
  }

  /** Opens the devices; one that cannot be opened is replaced as a lost one is. */
  async open({ input, output }: DeviceChoice): Promise<void> {
    await this.#change(async () => {
      this.#choice = { input, output };
      this.#speaker = await openOrElse(output, (name) => this.#openSpeaker(name));
      this.#microphone = await openOrElse(input, (name) => this.#openMicrophone(name));
    });
  }

  /**
   * Takes other devices; those left out become the system's choice.
   *
   * @throws {QTChatError} `ERR_CALL_DEVICE`; the devices until then stay in use
   */
  async useDevices({ input, output }: DeviceChoice): Promise<void> {
    await this.#change(async () => {
      // One that stays is not opened again: some cards can be opened only once.
      const speaker = await keptOrOpened(this.#speaker, output, this.#choice.output, () => this.#openSpeaker(output));
      let microphone: Microphone | undefined;
      try {
        microphone = await keptOrOpened(this.#microphone, input, this.#choice.input, () => this.#openMicrophone(input));
      } catch (error) {
        if (speaker !== this.#speaker) await speaker?.close();
        throw error;
      }
      const former = [
        speaker === this.#speaker ? undefined : this.#speaker,
        microphone === this.#microphone ? undefined : this.#microphone,
      ];
      this.#speaker = speaker;
      this.#microphone = microphone;
      this.#choice = { input, output };
      await Promise.all(former.map((device) => device?.close()));
    });
  }

  setMuted(isMuted: boolean): void {
    this.#isMuted = isMuted;
  }

  /** Plays a frame of the peer. */
  hear(frame: Int16Array): void {
    this.#remote = Math.max(this.#remote, levelOf(frame));
    if (this.#speaker?.play(frame)) this.#options.canceller?.played(frame);
  }

  /** How loud both sides were at most since this was asked last, 0 to 1. */
  takeLevels(): { local: number; remote: number } {
    const levels = { local: this.#local, remote: this.#remote };
    this.#local = 0;
    this.#remote = 0;
    return levels;
  }

  /** Resolves when the devices are free. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#changes;
    this.#stopSilence?.();
    await Promise.all([this.#microphone?.close(), this.#speaker?.close()]);
    this.#microphone = undefined;
    this.#speaker = undefined;
  }

  async #openMicrophone(name: string | undefined): Promise<Microphone | undefined> {
    const opened: Microphone | undefined = await this.#options.system.openMicrophone(name, {
      onFrame: (frame) => this.#speak(frame, opened),
      onLost: this.#lossOf('input', () => opened),
    });
    return opened;
  }

  async #openSpeaker(name: string | undefined): Promise<Speaker | undefined> {
    const opened: Speaker | undefined = await this.#options.system.openSpeaker(name, {
      onLost: this.#lossOf('output', () => opened),
    });
    return opened;
  }

  #lossOf(direction: Direction, device: () => Microphone | Speaker | undefined): () => void {
    const openedAt = performance.now();
    return () => {
      const isSettled = performance.now() - openedAt > settledAfterMs;
      void this.#change(async () => {
        const current = direction === 'input' ? this.#microphone : this.#speaker;
        // Another one may have taken its place meanwhile.
        if (current === undefined || current !== device()) return;
        if (direction === 'input') this.#microphone = undefined;
        else this.#speaker = undefined;
        this.#choice = { ...this.#choice, [direction]: undefined };
        this.#keepSpeaking();
        void current.close();
        if (!isSettled) return;
        if (direction === 'input') this.#microphone = await openOrElse(undefined, (name) => this.#openMicrophone(name));
        else this.#speaker = await openOrElse(undefined, (name) => this.#openSpeaker(name));
      });
    };
  }

  #speak(frame: Int16Array, microphone: Microphone | undefined): void {
    // One that takes another's place is silent until it has.
    if (microphone === undefined || microphone !== this.#microphone) return;
    const { canceller, suppressor } = this.#options;
    const voice = canceller?.clean(frame) ?? frame;
    const cleaned = suppressor?.clean(voice) ?? voice;
    const sent = this.#isMuted ? new Int16Array(frameSamples) : cleaned;
    this.#local = Math.max(this.#local, levelOf(sent));
    this.#options.onFrame(sent);
  }

  /** Without a microphone silence goes out, so that the peer can tell it from a broken line. */
  #keepSpeaking(): void {
    this.#stopSilence?.();
    this.#stopSilence =
      this.#microphone === undefined && !this.#isClosed
        ? everyFrame(() => this.#options.onFrame(new Int16Array(frameSamples)))
        : undefined;
  }

  #change(work: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(async () => {
      if (this.#isClosed) return;
      try {
        await work();
      } finally {
        this.#keepSpeaking();
        this.#options.onDevices(this.#microphone?.name, this.#speaker?.name);
      }
    });
    this.#changes = done.catch(() => {});
    return done;
  }
}

/** The device of that name, else the system's choice, else none. */
async function openOrElse<Device>(
  name: string | undefined,
  open: (name: string | undefined) => Promise<Device | undefined>,
): Promise<Device | undefined> {
  try {
    return await open(name);
  } catch {
    return name === undefined ? undefined : openOrElse(undefined, open);
  }
}

/** The device in use where it is the one that is wanted, else another. */
async function keptOrOpened<Device>(
  current: Device | undefined,
  wanted: string | undefined,
  chosen: string | undefined,
  open: () => Promise<Device | undefined>,
): Promise<Device | undefined> {
  return current !== undefined && wanted === chosen ? current : open();
}
