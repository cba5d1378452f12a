/**
 * What a plain chat writes: on a terminal everything goes around the prompt, which comes back with
 * what was typed so far; without one, messages and received files go to the output, the rest to the
 * status stream; under JSON every event is one line of output. Texts of peers arrive here escaped.
 */
import type { Interface } from 'node:readline';
import type { Writable } from 'node:stream';
import type { ConversationEvent } from '../../conversation/events.js';
import { escapeControls, type QTChatError } from '../../errors.js';
import { eventToJson } from '../json-lines.js';
import { describeError } from '../text/describe-error.js';
import { describeEvent } from '../text/describe-event.js';
import { Progress } from '../text/progress.js';

/** Where a plain chat writes, and in which form. */
export interface PlainScreenOptions {
  /** Messages and received files. */
  readonly output: Writable;
  /** Everything else, unless it is a terminal: then all goes to `output`, around the prompt. */
  readonly status: Writable;
  readonly isTerminal: boolean;
  /** Writes events as JSON lines instead of text. */
  readonly json: boolean;
  readonly clock: () => Date;
}

/** The writing side of a plain chat. */
export class PlainScreen {
  readonly #options: PlainScreenOptions;
  readonly #lines: Interface;
  readonly #progress: Progress;
  #recipient = '';
  #isPrompting = false;
  #isLeaving = false;
  #isClosed = false;

  /** @param lines - draws the prompt */
  constructor(options: PlainScreenOptions, lines: Interface) {
    this.#options = options;
    this.#lines = lines;
    this.#progress = new Progress(options.clock);
    this.#lines.setPrompt('> ');
    // Where the input has ended there is nothing to prompt for; Node 24 throws when asked to.
    this.#lines.once('close', () => {
      this.#isClosed = true;
    });
  }

  /** Shows the prompt from now on. */
  start(): void {
    this.#isPrompting = this.#options.isTerminal;
    this.prompt();
  }

  /** Shows the prompt no more; {@link clearPrompt} takes it away. */
  leave(): void {
    this.#isPrompting = false;
    this.#isLeaving = true;
  }

  /** Draws the prompt again. */
  prompt(): void {
    if (this.#isPrompting && !this.#isClosed) this.#lines.prompt(true);
  }

  /** Takes the prompt and what was typed off the screen, however many rows they fill. */
  clearPrompt(): void {
    if (!this.#options.isTerminal) return;
    const { rows } = this.#lines.getCursorPos();
    this.#options.output.write(`${rows > 0 ? `\u001b[${rows}A` : ''}\r\u001b[J`);
    // readline goes up by this before it draws the prompt again, over what was printed meanwhile.
    (this.#lines as Interface & { prevRows?: number }).prevRows = 0;
  }

  /** Names in the prompt whom texts go to. */
  setRecipient(member: string): void {
    this.#recipient = `to ${member}`;
    this.#changePrompt('');
  }

  /** Shows an event. */
  show(event: ConversationEvent): void {
    const { json, output, clock, isTerminal } = this.#options;
    if (event.type === 'fileProgress') {
      const text = isTerminal ? this.#progress.describe(event.file, event) : undefined;
      if (text !== undefined) this.#changePrompt(`[${text}] `);
    } else if (json) {
      const value = eventToJson(event);
      if (value !== undefined) output.write(`${JSON.stringify({ ...value, at: clock().toISOString() })}\n`);
    } else if (!this.#isLeaving || event.type !== 'disconnected') {
      // When we leave, the others are still there.
      const line = describeEvent(event);
      if (line !== undefined) this.print(line.text, line.isResult);
    }
    if (event.type === 'fileDone' || event.type === 'fileFailed' || event.type === 'fileInterrupted') {
      this.#changePrompt('');
    }
  }

  /** Shows what could not be done. */
  complain(error: QTChatError): void {
    if (this.#options.json) {
      const { code, message, hint } = error;
      this.#options.output.write(`${JSON.stringify({ event: 'error', code, message, hint: hint ?? null })}\n`);
    } else {
      this.print(escapeControls(describeError(error)), false);
    }
  }

  /** Prints one line: what was asked for, or something about it. */
  print(text: string, isResult: boolean): void {
    const { isTerminal, output, status } = this.#options;
    if (isTerminal) {
      // In place of the prompt, which then comes back with what was typed so far.
      this.clearPrompt();
      output.write(`${text}\n`);
      this.prompt();
    } else {
      (isResult ? output : status).write(`${text}\n`);
    }
  }

  #changePrompt(progress: string): void {
    if (!this.#options.isTerminal) return;
    // As long as the old one is known, it is known how many rows to clear.
    this.clearPrompt();
    this.#lines.setPrompt(`${progress}${this.#recipient}> `);
    this.prompt();
  }
}
