/**
 * The sound of calls in this page. The program asks for what it needs of a call by tasks, one after the other; the page's
 * buttons choose devices, and see to the microphone before a call is made or taken.
 */
import type { ReadonlySignal } from '@preact/signals';
import { Connection } from './connection.js';
import { SoundDeviceList, type SoundDevices } from './devices.js';
import { Microphone, type MicrophoneState } from './microphone.js';
import { Speaker } from './speaker.js';
import type { MediaReply, MediaTask, MediaTaskEvent, MediaTold } from './wire.js';

/** So long a microphone that was asked for waits for its call. */
const unusedMs = 15_000;
/** So long a call waits for a microphone that somebody thinks about; later it is taken as it comes. */
const microphoneMs = 4_000;

interface Call {
  readonly media: number;
  readonly connection: Connection;
}

/** The calls of this page: one at a time. */
export class Calls {
  readonly #send: (command: MediaReply | MediaTold) => void;
  readonly #microphone = new Microphone();
  readonly #speaker = new Speaker();
  readonly #devices = new SoundDeviceList();
  #call: Call | undefined;
  /** What is asked is done in order. */
  #work: Promise<void> = Promise.resolve();
  #unused: number | undefined;

  /** @param send - brings a command to the program; what it is answered is of no interest */
  constructor(send: (command: MediaReply | MediaTold) => void) {
    this.#send = send;
    this.#microphone.onTrack = (track) => {
      void this.#call?.connection.send(track).catch(() => {});
      this.#tellDevices();
      // Their names are told only to whom may hear them.
      void this.#devices.look();
    };
    window.addEventListener('beforeunload', (event) => {
      // The sound of a call goes with its page: the browser asks whether that is meant.
      if (this.#call !== undefined) event.preventDefault();
    });
  }

  /** How the microphone stands. */
  get microphone(): ReadonlySignal<MicrophoneState> {
    return this.#microphone.state;
  }

  /** Which devices there are, and which are chosen; without names until the microphone was allowed once. */
  get devices(): ReadonlySignal<SoundDevices> {
    return this.#devices.all;
  }

  /**
   * Makes or takes a call: asks for the microphone first, so that it is there when the call is. Rejects as `command` does.
   *
   * @param command - sends the command `call` or `answer`
   */
  async begin<Result>(command: () => Promise<Result>): Promise<Result> {
    this.#speaker.unlock();
    await this.#microphone.take(this.#devices.all.value.microphone);
    this.#waitForCall();
    try {
      return await command();
    } catch (error) {
      if (this.#call === undefined) this.#microphone.release();
      throw error;
    }
  }

  /** Takes a task of the program. */
  handle({ media, seq, task }: MediaTaskEvent): void {
    this.#work = this.#work.then(async () => {
      try {
        const sdp = await this.#perform(media, task);
        this.#send({ command: 'mediaReply', media, seq, ...(sdp !== undefined && { sdp }) });
      } catch (error) {
        const problem = `the browser says: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500);
        this.#send({ command: 'mediaReply', media, seq, problem });
      }
    });
  }

  /** The program is gone, and with it the call. */
  lost(): void {
    this.#end();
  }

  /** Takes another microphone, for this call and those to come. */
  async chooseMicrophone(deviceId: string): Promise<void> {
    this.#devices.choose({ microphone: deviceId });
    if (this.#call !== undefined) await this.#microphone.change(deviceId);
  }

  /** Takes another speaker, for this call and those to come. */
  async chooseSpeaker(deviceId: string): Promise<void> {
    await this.#speaker.use(deviceId);
    this.#devices.choose({ speaker: deviceId });
    this.#tellDevices();
  }

  async #perform(media: number, task: MediaTask): Promise<string | undefined> {
    if (task.type === 'open') return this.#open(media);
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
      case 'useDevices':
        await this.#useNamed(task);
        return undefined;
      case 'close':
        this.#end();
        return undefined;
    }
  }

  async #open(media: number): Promise<undefined> {
    window.clearTimeout(this.#unused);
    // One that is still being closed; there is one at a time.
    this.#call?.connection.close();
    const { microphone, speaker } = this.#devices.all.value;
    const taking = this.#microphone.take(microphone);
    // Before it is allowed, a browser keeps our addresses from its peers.
    const track = await Promise.race([taking, later(microphoneMs)]);
    const connection = new Connection({
      tell: (event) => this.#send({ command: 'mediaEvent', media, event }),
      onSound: (sound) => this.#speaker.play(sound),
    });
    this.#call = { media, connection };
    await connection.send(track);
    if (speaker !== undefined) await this.#speaker.use(speaker).catch(() => {});
    await this.#devices.look();
    this.#tellDevices();
    return undefined;
  }

  #end(): void {
    window.clearTimeout(this.#unused);
    this.#call?.connection.close();
    this.#call = undefined;
    this.#speaker.stop();
    this.#microphone.release();
  }

  /** By the names that people read; those of the terminal are others. */
  async #useNamed({ input, output }: { readonly input?: string; readonly output?: string }): Promise<void> {
    const { microphones, speakers } = this.#devices.all.value;
    const idOf = (devices: SoundDevices['speakers'], name: string): string => {
      const found = devices.find(({ label }) => label === name);
      if (found === undefined) throw new Error(`there is no device ${name}`);
      return found.id;
    };
    if (input !== undefined) await this.chooseMicrophone(idOf(microphones, input));
    if (output !== undefined) await this.chooseSpeaker(idOf(speakers, output));
  }

  #waitForCall(): void {
    window.clearTimeout(this.#unused);
    this.#unused = window.setTimeout(() => {
      if (this.#call === undefined) this.#microphone.release();
    }, unusedMs);
  }

  #tellDevices(): void {
    if (this.#call === undefined) return;
    const { media } = this.#call;
    const input = this.#microphone.track?.label ?? null;
    const output = this.#devices.speakerName;
    this.#send({ command: 'mediaEvent', media, event: { type: 'devices', input, output } });
  }
}

function later(delayMs: number): Promise<undefined> {
  return new Promise((resolve) => window.setTimeout(() => resolve(undefined), delayMs));
}
