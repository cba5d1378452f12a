/** A message that is spoken: it is recorded, and then sent as a file or dropped. One at a time. */
import { mostVoicemailMs } from '../../calls/voicemail/limits.js';
import type { ConversationEvent } from '../../conversation/events.js';
import type { Timers } from '../../conversation/timers.js';
import { QTChatError, quote } from '../../errors.js';
import type { FaceSound, VoicemailRecording } from '../face-sound.js';

/** What {@link Voicemail} needs. */
export interface VoicemailOptions {
  readonly sound: Pick<FaceSound, 'record' | 'forget'>;
  readonly timers: Timers;
  /** Sends what was recorded. */
  readonly send: (member: string, path: string) => Promise<void>;
  /** Called when a recording begins, gets louder or softer, or ends. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** What is being recorded. */
export interface VoicemailState {
  /** For whom. */
  readonly member: string;
  readonly elapsedMs: number;
  /** How loud it is, 0 to 1. */
  readonly level: number;
}

interface Current {
  readonly member: string;
  readonly recording: VoicemailRecording;
  readonly beganAtMs: number;
  readonly callOff: () => void;
}

/** Less than this is a slip, not a message. */
const leastMs = 500;

/** The voicemail of one face. */
export class Voicemail {
  readonly #options: VoicemailOptions;
  #opening: Promise<void> | undefined;
  #current: Current | undefined;
  #level = 0;
  #isClosed = false;

  constructor(options: VoicemailOptions) {
    this.#options = options;
  }

  /** What is being recorded; undefined for nothing. */
  get current(): VoicemailState | undefined {
    if (this.#current === undefined) return undefined;
    const { member, beganAtMs } = this.#current;
    return { member, elapsedMs: this.#options.timers.now() - beganAtMs, level: this.#level };
  }

  /**
   * Begins to record for a member. After two minutes it is sent by itself.
   *
   * @param input - the microphone; the system's choice for undefined
   * @throws {QTChatError} `ERR_USAGE` while one is recorded; what recording throws
   */
  async begin(member: string, input: string | undefined): Promise<void> {
    if (this.#current !== undefined || this.#opening !== undefined) {
      const whom = this.#current === undefined ? '' : ` for ${quote(this.#current.member)}`;
      throw new QTChatError('ERR_USAGE', `a voicemail${whom} is being recorded`, {
        hint: '/voicemail send, or /voicemail drop',
      });
    }
    this.#opening = this.#open(member, input);
    try {
      await this.#opening;
    } finally {
      this.#opening = undefined;
    }
    if (this.#isClosed) await this.drop();
    this.#options.onChange();
  }

  /**
   * Ends the recording and sends it.
   *
   * @throws {QTChatError} `ERR_USAGE` where there is none, or it is too short; what recording and sending throw
   */
  async send(): Promise<void> {
    const { member, recording } = this.#take();
    const durationMs = await recording.stop().catch(async (error: unknown) => {
      await this.#options.sound.forget(recording.name);
      throw error;
    });
    if (durationMs < leastMs) {
      await this.#options.sound.forget(recording.name);
      throw new QTChatError('ERR_USAGE', 'nothing was recorded: the voicemail was shorter than half a second');
    }
    await this.#options.send(member, recording.path);
  }

  /**
   * Ends the recording and keeps nothing of it.
   *
   * @throws {QTChatError} `ERR_USAGE` where there is none
   */
  async drop(): Promise<void> {
    const { recording } = this.#take();
    await recording.drop();
    await this.#options.sound.forget(recording.name);
  }

  /** Deletes a recording that its receiver has, or will not have. */
  note(event: ConversationEvent): void {
    const isOver = event.type === 'fileDone' || event.type === 'fileDeclined' || event.type === 'fileFailed';
    if (isOver && event.file.direction === 'out')
      this.#options.sound.forget(event.file.name).catch(this.#options.onError);
  }

  /** Drops what is being recorded; resolves when the microphone is free. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening?.catch(() => {});
    if (this.#current !== undefined) await this.drop();
  }

  async #open(member: string, input: string | undefined): Promise<void> {
    const { sound, timers, onChange, onError } = this.#options;
    this.#level = 0;
    const recording = await sound.record({
      input,
      onLevel: (level) => {
        this.#level = level;
        onChange();
      },
      onFailed: (error) => {
        if (this.#current?.recording !== recording) return;
        onError(error);
        this.drop().catch(onError);
      },
    });
    const callOff = timers.after(mostVoicemailMs, () => this.send().catch(onError));
    this.#current = { member, recording, beganAtMs: timers.now(), callOff };
  }

  #take(): Current {
    const current = this.#current;
    if (current === undefined) throw new QTChatError('ERR_USAGE', 'no voicemail is being recorded');
    this.#current = undefined;
    current.callOff();
    this.#options.onChange();
    return current;
  }
}
