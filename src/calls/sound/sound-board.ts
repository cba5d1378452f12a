/**
 * The sound of one call at this end: which devices are open, what goes out and comes in, and how loud. What becomes of a
 * device that gets lost, device-slot.ts says; without a microphone the call goes on as listening only, without a speaker
 * unheard.
 */
import type { CallTimers } from '../call-timing.js';
import type { DeviceChoice } from '../media.js';
import { DeviceSlot } from './device-slot.js';
import type { EchoCanceller } from './echo-canceller.js';
import { everyFrame } from './frames.js';
import { levelOf } from './level.js';
import type { NoiseSuppressor } from './noise-suppressor.js';
import { frameSamples, type Microphone, type SoundSystem, type Speaker } from './sound-system.js';

/** What the sound of a call is made of, and who hears of it. */
export interface SoundBoardOptions {
  readonly system: SoundSystem;
  readonly canceller: EchoCanceller | undefined;
  readonly suppressor: NoiseSuppressor | undefined;
  /** Takes a frame for the peer every 10 ms, silence too; it belongs to who is called. */
  readonly onFrame: (frame: Int16Array) => void;
  readonly timers: CallTimers;
  /** Told which devices are in use, at the start and at each change, and when somebody has chosen. */
  readonly onDevices: (input: string | undefined, output: string | undefined) => void;
}

/** The sound of one call. */
export class SoundBoard {
  readonly #options: SoundBoardOptions;
  readonly #microphone: DeviceSlot<Microphone>;
  readonly #speaker: DeviceSlot<Speaker>;
  #stopSilence: (() => void) | undefined;
  #told: string | undefined;
  #isMuted = false;
  #isClosed = false;
  #local = 0;
  #remote = 0;
  /** Changes of devices come one after the other. */
  #changes: Promise<void> = Promise.resolve();

  constructor(options: SoundBoardOptions) {
    this.#options = options;
    const { system, timers } = options;
    const inTurn = (work: () => Promise<void>): void => void this.#change(work);
    this.#microphone = new DeviceSlot({
      open: async (name, onLost) => {
        // Frames come before it is known as opened.
        let opened: Microphone | undefined;
        opened = await system.openMicrophone(name, { onFrame: (frame) => this.#speak(frame, opened), onLost });
        return opened;
      },
      inTurn,
      timers,
    });
    this.#speaker = new DeviceSlot({ open: (name, onLost) => system.openSpeaker(name, { onLost }), inTurn, timers });
  }

  /** Opens the devices; one that cannot be opened is replaced as a lost one is. */
  async open({ input, output }: DeviceChoice): Promise<void> {
    await this.#change(async () => {
      await this.#speaker.take(output);
      await this.#microphone.take(input);
    });
  }

  /**
   * Takes other devices; those left out become the system's choice.
   *
   * @throws {QTChatError} `ERR_CALL_DEVICE`; the devices until then stay in use
   */
  async useDevices({ input, output }: DeviceChoice): Promise<void> {
    await this.#change(async () => {
      this.#told = undefined;
      const speaker = await this.#speaker.prepare(output);
      const microphone = await this.#microphone.prepare(input).catch(async (error) => {
        await speaker.drop();
        throw error;
      });
      await Promise.all([speaker.commit(), microphone.commit()]);
    });
  }

  /** Silence goes out while it is on. */
  setMuted(isMuted: boolean): void {
    this.#isMuted = isMuted;
  }

  /** Plays a frame of the peer. */
  hear(frame: Int16Array): void {
    this.#remote = Math.max(this.#remote, levelOf(frame));
    if (this.#speaker.device?.play(frame)) this.#options.canceller?.played(frame);
  }

  /** How loud both sides were at most since this was asked last, 0 to 1; 0 for who is muted. */
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
    await Promise.all([this.#microphone.close(), this.#speaker.close()]);
  }

  #speak(frame: Int16Array, microphone: Microphone | undefined): void {
    // One that takes another's place is silent until it has.
    if (microphone === undefined || microphone !== this.#microphone.device) return;
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
      this.#microphone.device === undefined && !this.#isClosed
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
        this.#tell();
      }
    });
    this.#changes = done.catch(() => {});
    return done;
  }

  #tell(): void {
    const [input, output] = [this.#microphone.device?.name, this.#speaker.device?.name];
    const inUse = JSON.stringify([input, output]);
    if (inUse === this.#told) return;
    this.#told = inUse;
    this.#options.onDevices(input, output);
  }
}
