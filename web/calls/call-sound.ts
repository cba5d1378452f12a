/**
 * The sound of calls in this tab. The program asks for what it needs of a call by tasks, one after the other; the call panel
 * shows and chooses devices, and sees to the microphone before a call is made or taken.
 */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { WireEvent } from '../wire.js';
import { Connection } from './connection.js';
import { type DeviceKind, type SoundDevice, SoundDevices } from './devices.js';
import { Microphone, microphoneAdvice } from './microphone.js';
import { Speaker } from './speaker.js';
import type { MediaReply, MediaTask, MediaTaskEvent, MediaTold } from './wire.js';

/** What the call panel shows and does. */
export interface CallSound {
  /** Empty until the browser lets us see them. */
  readonly inputs: ReadonlySignal<readonly SoundDevice[]>;
  readonly outputs: ReadonlySignal<readonly SoundDevice[]>;
  /** The ids of those in use; empty for the system's choice. */
  readonly input: ReadonlySignal<string>;
  readonly output: ReadonlySignal<string>;
  /** What is wrong with the sound here, with the cure: the microphone may not be used, there is none. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** Takes another device, now or for the next call. */
  choose(kind: DeviceKind, id: string): void;
  /**
   * Makes or takes a call in this tab: asks for the microphone first, so that it is there when the call is. Rejects as
   * `command` does.
   *
   * @param command - sends the command `call` or `answer`
   */
  begin<Result>(command: () => Promise<Result>): Promise<Result>;
  /** Told of every event that comes from the program. */
  onEvent(event: WireEvent | MediaTaskEvent): void;
  /** The program is gone, and with it the call. */
  lost(): void;
}

/** Where what is said goes; what becomes of it is of no interest. */
export interface SoundLink {
  send(command: MediaReply | MediaTold): unknown;
}

/** The sound of calls over one connection. */
export function createCallSound(link: SoundLink): CallSound {
  return new PageSound(link);
}

/** So long a microphone that was asked for waits for its call. */
const unusedMs = 15_000;
/** So long a call waits for a microphone that somebody thinks about; later it is taken as it comes. */
const microphoneMs = 4_000;

interface Call {
  readonly media: number;
  readonly connection: Connection;
}

/** One call at a time. */
class PageSound implements CallSound {
  readonly #link: SoundLink;
  readonly #microphone = new Microphone();
  readonly #speaker = new Speaker();
  readonly #devices = new SoundDevices();
  readonly #speakerProblem = signal<string | undefined>(undefined);
  readonly problem = computed(() => microphoneAdvice(this.#microphone.state.value) ?? this.#speakerProblem.value);
  #call: Call | undefined;
  /** What is asked is done in order. */
  #work: Promise<void> = Promise.resolve();
  #unused: number | undefined;

  constructor(link: SoundLink) {
    this.#link = link;
    this.#microphone.onTrack = (track) => {
      void this.#call?.connection.send(track).catch(() => {});
      void this.#tellDevices();
      // Their names are told only to whom may hear them.
      void this.#devices.look();
    };
    window.addEventListener('beforeunload', (event) => {
      // The sound of a call goes with its page: the browser asks whether that is meant.
      if (this.#call !== undefined) event.preventDefault();
    });
  }

  get inputs(): ReadonlySignal<readonly SoundDevice[]> {
    return this.#devices.inputs;
  }

  get outputs(): ReadonlySignal<readonly SoundDevice[]> {
    return this.#devices.outputs;
  }

  get input(): ReadonlySignal<string> {
    return this.#devices.chosen('input');
  }

  get output(): ReadonlySignal<string> {
    return this.#devices.chosen('output');
  }

  choose(kind: DeviceKind, id: string): void {
    this.#devices.choose(kind, id);
    if (this.#call === undefined) return;
    const taking = kind === 'input' ? this.#microphone.change(id) : this.#useSpeaker(id);
    void taking.then(() => this.#tellDevices());
  }

  async begin<Result>(command: () => Promise<Result>): Promise<Result> {
    this.#speaker.unlock();
    await this.#microphone.take(this.input.value);
    this.#waitForCall();
    try {
      return await command();
    } catch (error) {
      if (this.#call === undefined) this.#microphone.release();
      throw error;
    }
  }

  onEvent(event: WireEvent | MediaTaskEvent): void {
    if (event.event !== 'mediaTask') return;
    const { media, seq, task } = event;
    this.#work = this.#work.then(async () => {
      try {
        const sdp = await this.#perform(media, task);
        this.#link.send({ command: 'mediaReply', media, seq, ...(sdp !== undefined && { sdp }) });
      } catch (error) {
        const problem = `the browser says: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500);
        this.#link.send({ command: 'mediaReply', media, seq, problem });
      }
    });
  }

  lost(): void {
    this.#end();
  }

  async #perform(media: number, task: MediaTask): Promise<string | undefined> {
    if (task.type === 'open') {
      await this.#open(media);
      return undefined;
    }
    const call = this.#call;
    if (call?.media !== media) {
      if (task.type === 'close') return undefined;
      throw new Error('there is no such call');
    }
    switch (task.type) {
      case 'offer':
        return call.connection.offer(task.isRestart);
      case 'answer':
        return call.connection.answer(task.sdp);
      case 'accept':
        await call.connection.accept(task.sdp);
        return undefined;
      case 'candidate':
        await call.connection.addCandidate(task.candidate);
        return undefined;
      case 'mute':
        this.#microphone.mute(task.isMuted);
        return undefined;
      case 'close':
        this.#end();
        return undefined;
    }
  }

  async #open(media: number): Promise<void> {
    window.clearTimeout(this.#unused);
    // One that is still being closed; there is one at a time.
    this.#call?.connection.close();
    // Before it is allowed, a browser keeps our addresses from its peers.
    const track = await Promise.race([this.#microphone.take(this.input.value), later(microphoneMs)]);
    const connection = new Connection({
      tell: (event) => this.#link.send({ command: 'mediaEvent', media, event }),
      onSound: (sound) => this.#speaker.play(sound),
    });
    this.#call = { media, connection };
    await connection.send(track);
    if (this.output.value !== '') await this.#useSpeaker(this.output.value);
    await this.#devices.look();
    await this.#tellDevices();
  }

  async #useSpeaker(id: string): Promise<void> {
    try {
      await this.#speaker.use(id);
      this.#speakerProblem.value = undefined;
    } catch {
      this.#speakerProblem.value = 'This speaker cannot be used: you hear the other side from the one before.';
    }
  }

  #end(): void {
    window.clearTimeout(this.#unused);
    this.#call?.connection.close();
    this.#call = undefined;
    this.#speaker.stop();
    this.#microphone.release();
  }

  #waitForCall(): void {
    window.clearTimeout(this.#unused);
    this.#unused = window.setTimeout(() => {
      if (this.#call === undefined) this.#microphone.release();
    }, unusedMs);
  }

  async #tellDevices(): Promise<void> {
    const output = await this.#devices.speakerName();
    if (this.#call === undefined) return;
    const { media } = this.#call;
    const input = this.#microphone.track?.label ?? null;
    this.#link.send({ command: 'mediaEvent', media, event: { type: 'devices', input, output } });
  }
}

function later(delayMs: number): Promise<undefined> {
  return new Promise((resolve) => window.setTimeout(() => resolve(undefined), delayMs));
}
