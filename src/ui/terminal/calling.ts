/** What a chat on a screen has for calls beside their commands: tones, the key to talk, devices, voicemail. */
import type { Conversation } from '../../conversation/conversation.js';
import type { ConversationEvent } from '../../conversation/events.js';
import { systemTimers } from '../../conversation/timers.js';
import { DeviceBook } from '../commands/device-book.js';
import { offerFile } from '../commands/offer-file.js';
import type { Settings } from '../commands/settings.js';
import { Voicemail } from '../commands/voicemail.js';
import type { FaceSound } from '../face-sound.js';
import type { Questions } from './questions.js';
import { Ringer } from './ringer.js';
import type { ChatState } from './state/chat-state.js';
import { VoicemailPrompt } from './voicemail-prompt.js';

/** What {@link Calling} needs. */
export interface CallingOptions {
  /** Undefined until it is open. */
  readonly conversation: () => Conversation | undefined;
  readonly sound: FaceSound;
  readonly settings: Settings;
  readonly questions: Questions;
  /** Ends the chat when it aborts. */
  readonly signal: AbortSignal;
  /** Writes to the terminal. */
  readonly write: (text: string) => void;
  /** Called when there is something to be drawn. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** The calls of one screen. */
export class Calling {
  readonly devices: DeviceBook;
  readonly voicemail: Voicemail;
  readonly #state: ChatState;
  readonly #options: CallingOptions;
  readonly #ringer: Ringer;
  readonly #prompt: VoicemailPrompt;

  constructor(state: ChatState, options: CallingOptions) {
    const { sound, settings, questions, signal, write, onChange, onError } = options;
    this.#state = state;
    this.#options = options;
    this.devices = new DeviceBook(sound.listDevices);
    this.#ringer = new Ringer({
      ...{ playTone: sound.playTone, write, timers: systemTimers },
      settings: () => settings.values,
    });
    this.voicemail = new Voicemail({
      ...{ sound, timers: systemTimers, onError },
      send: (member, path) => this.#offer(member, path),
      onChange: () => {
        this.#prompt.follow();
        onChange();
      },
    });
    this.#prompt = new VoicemailPrompt({
      ...{ voicemail: this.voicemail, questions, signal, onError },
      input: () => options.conversation()?.calls.devices.input,
    });
  }

  /** Something has happened. */
  note(event: ConversationEvent): void {
    this.voicemail.note(event);
    if (event.type === 'callEnded') this.#prompt.note(event.member, event);
  }

  /** Lets be heard what the call wants that there is now. */
  follow(): void {
    const calls = this.#options.conversation()?.calls;
    this.#ringer.follow(calls?.current, calls?.devices.output);
  }

  /** Lets the user talk, or mutes them. */
  talk(): void {
    const calls = this.#options.conversation()?.calls;
    if (calls?.current === undefined) this.#state.say('there is no call');
    else calls.mute(!calls.current.isMuted);
  }

  /** Ends what sounds, and resolves when what is recorded is dropped. */
  async close(): Promise<void> {
    this.#ringer.close();
    await this.voicemail.close();
  }

  async #offer(member: string, path: string): Promise<void> {
    const conversation = this.#options.conversation();
    if (conversation !== undefined) await offerFile(conversation.files, this.#state.files, member, path);
  }
}
