/**
 * What becomes of what was typed: a text is sent, a command is run, one after the other in the order in which they were typed.
 * What the screen shows of it is in the state; how a line is edited, in `input/`.
 */
import type { Conversation } from '../../conversation/conversation.js';
import { QTChatError } from '../../errors.js';
import { exists } from '../../store/private-file.js';
import type { CommandContext } from '../commands/command.js';
import type { DeviceBook } from '../commands/device-book.js';
import { parseInput, type TypedInput } from '../commands/parse-input.js';
import type { Settings } from '../commands/settings.js';
import { runCommand } from '../commands/table.js';
import type { Voicemail } from '../commands/voicemail.js';
import type { Opener } from '../desktop/opener.js';
import { typedPath } from '../text/typed-path.js';
import type { ChatState } from './state/chat-state.js';

/** What {@link TypedLines} need. */
export interface TypedLinesOptions {
  /** Undefined until it is open. */
  readonly conversation: () => Conversation | undefined;
  readonly settings: Settings;
  readonly devices: DeviceBook;
  readonly voicemail: Voicemail;
  readonly opener: Opener;
  readonly openWindow: (() => Promise<string>) | undefined;
  readonly confirm: (question: string) => Promise<boolean>;
  /** Gives a text back that could not be sent: nothing that was typed is lost. */
  readonly giveBack: (text: string) => void;
  readonly quit: () => void;
  /** Called when there is something to be drawn. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** The lines of one chat. */
export class TypedLines {
  readonly #state: ChatState;
  readonly #options: TypedLinesOptions;
  #work: Promise<void> = Promise.resolve();

  constructor(state: ChatState, options: TypedLinesOptions) {
    this.#state = state;
    this.#options = options;
  }

  /** Sends a text, or runs a command. */
  submit(line: string): void {
    this.queue(async () => {
      const input = await parse(line);
      if (input.kind === 'text') await this.#send(input.text);
      else if (input.name === 'quit') this.#options.quit();
      else await runCommand(input.name, input.rest, this.#context());
    });
  }

  /** Sends a text as it is, though it may look like a command. */
  send(text: string): void {
    this.queue(() => this.#send(text));
  }

  /** Does something when what was typed before is done. */
  queue(work: () => Promise<void>): void {
    const { onChange, onError } = this.#options;
    this.#work = this.#work.then(work).catch(onError).then(onChange);
  }

  async #send(text: string): Promise<void> {
    const { conversation: open, giveBack } = this.#options;
    const talk = this.#state.current;
    const conversation = open();
    if (conversation === undefined || talk === this.#state.lobby) {
      giveBack(text);
      this.#state.say('nobody is here yet: send it when somebody is, or choose a contact with Alt-1 … Alt-9', true);
      return;
    }
    await conversation.messages.send(talk.member, text);
  }

  #context(): CommandContext {
    const { conversation: opened, settings, devices, voicemail, opener, openWindow, confirm, quit } = this.#options;
    const conversation = opened();
    if (conversation === undefined) throw new QTChatError('ERR_USAGE', 'the conversation is being opened: try again');
    const { current: talk, files, lobby } = this.#state;
    return {
      ...{ conversation, files, devices, voicemail, settings, openWindow, confirm, quit },
      member: talk === lobby ? undefined : talk.member,
      print: (text) => this.#state.say(text, false, talk),
      // The events show what was done, whichever face did it.
      did: () => {},
      open: async (file) => {
        this.#state.say(await opener.open(() => files.asItIs(file), conversation.files), false, talk);
      },
    };
  }
}

/** A path that was dropped onto the window is a file to be sent, though it begins with a slash. */
async function parse(line: string): Promise<TypedInput> {
  const isDropped = /^['"]?~?\/.*\//.test(line) && (await exists(typedPath(line)));
  return isDropped ? { kind: 'command', name: 'send', rest: line } : parseInput(line);
}
