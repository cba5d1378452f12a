/** The commands of a program that talks by JSON lines: every line is answered by one of its own. */
import type { Conversation } from '../../conversation/conversation.js';
import { QTChatError } from '../../errors.js';
import { commandSchemas, type JsonCommand, needsRecipient, runCommand } from '../json-commands.js';
import { type Asked, askedIn, doneAnswer, errorAnswer, readCommand } from '../read-command.js';
import type { UnderWay } from './under-way.js';

/** What commands need of the chat. */
export interface ProgramCommandsOptions {
  readonly clock: () => Date;
  /** The conversation, and the member whom the chat is with, once they are there. */
  readonly present: () => { conversation: Conversation | undefined; recipient: string | undefined };
  /** Texts on their way into the outbox. */
  readonly sending: UnderWay;
  /** Takes a line that has to wait until it is known to whom it goes. */
  readonly hold: (line: string) => void;
  /** Told whom a command concerns. */
  readonly address: (member: string) => void;
  readonly print: (line: string) => void;
  readonly quit: () => void;
  readonly fail: (error: unknown) => void;
}

/** Takes commands. */
export class ProgramCommands {
  readonly #options: ProgramCommandsOptions;

  constructor(options: ProgramCommandsOptions) {
    this.#options = options;
  }

  /** Takes a line; resolves when the next one may come. */
  async take(line: string): Promise<void> {
    const { sending, present, hold, quit } = this.#options;
    let command: JsonCommand | undefined;
    try {
      command = readCommand(line, commandSchemas);
      const isText = command.command === 'send' && command.replyTo === undefined && command.member === undefined;
      if (!isText) await sending.done();
      if (command.command === 'quit') {
        quit();
        return;
      }
      const { conversation, recipient } = present();
      if (conversation === undefined || (needsRecipient(command) && recipient === undefined)) {
        hold(line);
        return;
      }
      const done = this.#run(command, conversation, recipient);
      // Texts are gathered on their way to the disk; everything else waits for what was said before.
      await (isText ? sending.add(done) : done);
    } catch (error) {
      await sending.done();
      this.#answerError(command ?? askedIn(line, commandSchemas), error);
    }
  }

  async #run(command: JsonCommand, conversation: Conversation, recipient: string | undefined): Promise<void> {
    try {
      const named = 'member' in command ? command.member : undefined;
      const member = named === undefined ? recipient : await conversation.memberNamed(named);
      if (member !== undefined) this.#options.address(member);
      const { print, clock } = this.#options;
      print(doneAnswer(command, await runCommand(command, conversation, member ?? ''), clock()));
    } catch (error) {
      this.#answerError(command, error);
    }
  }

  #answerError(asked: Asked, error: unknown): void {
    const { print, clock, fail } = this.#options;
    if (error instanceof QTChatError) print(errorAnswer(asked, error, clock()));
    else fail(error);
  }
}
