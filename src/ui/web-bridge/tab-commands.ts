/** What tabs ask for: read, judged, carried out, answered. What happens because of it is told to all of them. */
import type { Conversation } from '../../conversation/conversation.js';
import { QTChatError } from '../../errors.js';
import { needsRecipient, runCommand } from '../json-commands.js';
import { askedIn, doneAnswer, errorAnswer, readCommand } from '../read-command.js';
import type { FirstRun } from './first-run.js';
import type { TabMedia } from './page-media.js';
import type { Questions } from './questions.js';
import type { ShownFiles } from './shown-files.js';
import type { Tab } from './tab.js';
import { isOwn, type OwnCommand, type SharedCommand, slow, windowSchemas } from './window-commands.js';

/** What commands need of the window. */
export interface TabCommandsOptions {
  readonly clock: () => Date;
  /** Undefined until it is open. */
  readonly conversation: () => Conversation | undefined;
  readonly questions: Questions;
  readonly shown: ShownFiles;
  readonly firstRun: FirstRun;
}

/** Of all tabs together, at once. */
const maximumSlow = 256;

/** Takes the commands of all tabs. */
export class TabCommands {
  readonly #options: TabCommandsOptions;
  #slowCount = 0;

  constructor(options: TabCommandsOptions) {
    this.#options = options;
  }

  /** Takes a line of a tab; resolves when its next one may come. */
  async take(line: string, tab: Tab, sound: TabMedia): Promise<void> {
    let command: OwnCommand | SharedCommand;
    try {
      command = readCommand(line, windowSchemas);
    } catch (error) {
      tab.send(errorAnswer(askedIn(line, windowSchemas), foreseen(error), this.#options.clock()));
      return;
    }
    const answered = this.#answer(command, tab, sound);
    if (!slow.includes(command.command)) await answered;
  }

  async #answer(command: OwnCommand | SharedCommand, tab: Tab, sound: TabMedia): Promise<void> {
    const { clock } = this.#options;
    try {
      const fields = await this.#bounded(command, () =>
        isOwn(command) ? this.#runOwn(command) : this.#runShared(command, sound),
      );
      tab.send(doneAnswer(command, fields, clock()));
    } catch (error) {
      tab.send(errorAnswer(command, foreseen(error), clock()));
    }
  }

  async #bounded({ command }: OwnCommand | SharedCommand, run: () => Promise<object>): Promise<object> {
    if (!slow.includes(command)) return run();
    if (this.#slowCount >= maximumSlow) throw new QTChatError('ERR_USAGE', 'too much is asked for at once');
    this.#slowCount += 1;
    try {
      return await run();
    } finally {
      this.#slowCount -= 1;
    }
  }

  async #runShared(command: SharedCommand, sound: TabMedia): Promise<object> {
    const conversation = this.#conversation;
    const named = 'member' in command ? command.member : undefined;
    const member = named === undefined ? conversation.targetMember : await conversation.memberNamed(named);
    if (member === undefined && needsRecipient(command)) {
      throw new QTChatError('ERR_USAGE', `"${command.command}" has a wrong field "member"`);
    }
    return runCommand(command, conversation, member ?? '', sound.open);
  }

  async #runOwn(command: OwnCommand): Promise<object> {
    const { questions, shown, firstRun } = this.#options;
    switch (command.command) {
      case 'confirm':
        if (questions.answer(command.id, command.isYes)) return {};
        throw new QTChatError('ERR_USAGE', 'this question was answered already');
      case 'media': {
        const conversation = this.#conversation;
        const member = await conversation.memberNamed(command.member);
        const { url, kind } = await shown.address(conversation, member, command.id);
        return { member, url, kind: kind.kind, mediaType: kind.type };
      }
      case 'join':
        await firstRun.join(command.invite);
        return {};
    }
  }

  get #conversation(): Conversation {
    const conversation = this.#options.conversation();
    if (conversation !== undefined) return conversation;
    throw new QTChatError('ERR_USAGE', 'the conversation is not open yet');
  }
}

function foreseen(error: unknown): QTChatError {
  if (error instanceof QTChatError) return error;
  return new QTChatError('ERR_INTERNAL', 'something unforeseen went wrong', { cause: error });
}
