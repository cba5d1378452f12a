/**
 * The chat as plain lines: what is typed goes to the peer, what happens is printed. On a terminal
 * there is a prompt, and leaving is up to the user; without one it is a filter that ends when its
 * input has ended and everything is delivered (`filter-end.ts`). Programs speak JSON lines instead. It
 * reads; the screen writes, and the conversation decides.
 */
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Conversation } from '../../conversation/conversation.js';
import type { ConversationEvent } from '../../conversation/events.js';
import { systemTimers } from '../../conversation/timers.js';
import { escapeControls, QTChatError } from '../../errors.js';
import type { OwnAction } from '../commands/command.js';
import { DeviceBook } from '../commands/device-book.js';
import { FileBook } from '../commands/file-book.js';
import { offerFile } from '../commands/offer-file.js';
import { parseInput } from '../commands/parse-input.js';
import type { Settings } from '../commands/settings.js';
import { runCommand } from '../commands/table.js';
import { Voicemail } from '../commands/voicemail.js';
import type { Face } from '../face.js';
import type { FaceSound } from '../face-sound.js';
import { escapeText } from '../text/escape-text.js';
import { FilterEnd } from './filter-end.js';
import { limitLines } from './line-limit.js';
import { LineQuestion } from './line-question.js';
import { PlainScreen, type PlainScreenOptions } from './plain-screen.js';
import { ProgramCommands } from './program-commands.js';
import { UnderWay } from './under-way.js';

/** Where a plain chat reads and writes. */
export interface PlainChatOptions extends PlainScreenOptions {
  readonly input: Readable;
  /** Ends the chat in order when it aborts. */
  readonly signal: AbortSignal;
  /** Without a terminal: how long the peer may be away. */
  readonly timeoutMs?: number;
  readonly settings: Settings;
  readonly sound: FaceSound;
  /** Opens the window in the browser, anew; says what it did. Left out where there is none. */
  readonly openWindow?: (() => Promise<string>) | undefined;
}

const ownActions = { edited: 'changed', deleted: 'deleted', reaction: 'done' } as const;

/** A running plain chat. */
export class PlainChat implements Face {
  readonly #options: PlainChatOptions;
  readonly #lines: Interface;
  readonly #screen: PlainScreen;
  readonly #ended: Promise<void>;
  readonly #files = new FileBook();
  readonly #devices: DeviceBook;
  readonly #voicemail: Voicemail;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #conversation: Conversation | undefined;
  #recipient: string | undefined;
  /** Typed before it was known to whom. */
  #held: string[] = [];
  /** Shown before there was a conversation to tell. */
  readonly #shownEarly: { member: string; id: string }[] = [];
  #work: Promise<void> = Promise.resolve();
  /** Texts on their way into the outbox. */
  readonly #sending = new UnderWay(() => this.#ending.settle());
  readonly #program: ProgramCommands;
  readonly #ending: FilterEnd;
  readonly #question = new LineQuestion();
  #isHere = false;
  /** The user has been told that what is typed waits. */
  #saidItWaits = false;

  constructor(options: PlainChatOptions) {
    this.#options = options;
    this.#devices = new DeviceBook(options.sound.listDevices);
    this.#voicemail = new Voicemail({
      ...{ sound: options.sound, timers: systemTimers, onChange: () => {} },
      send: async (member, path) => {
        if (this.#conversation !== undefined) await offerFile(this.#conversation.files, this.#files, member, path);
      },
      onError: (error) => this.#complain(error),
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.#ended.catch(() => {});
    const { input, output, isTerminal } = options;
    this.#lines = createInterface({ input, terminal: isTerminal, ...(isTerminal ? { output } : {}) });
    limitLines(input, (error) => {
      this.#lines.close();
      this.#fail(error);
    });
    this.#screen = new PlainScreen(options, this.#lines);
    const present = () => ({ conversation: this.#conversation, recipient: this.#recipient });
    this.#ending = new FilterEnd({
      present,
      timeoutMs: isTerminal ? undefined : options.timeoutMs,
      isSending: () => this.#held.length + this.#sending.count > 0,
      end: () => this.#end(),
      fail: (error) => this.#fail(error),
    });
    this.#program = new ProgramCommands({
      clock: options.clock,
      present,
      sending: this.#sending,
      hold: (line) => this.#held.push(line),
      address: (member) => this.#ending.address(member),
      print: (line) => this.#screen.print(line, true),
      quit: () => this.#end(),
      fail: (error) => this.#fail(error),
    });
    // Nothing is read, and so nothing lost, before somebody takes the lines.
    this.#lines.pause();
  }

  /** Shows an event. May be called before {@link run}. */
  onEvent(event: ConversationEvent): void {
    this.#files.noteAny(event);
    this.#voicemail.note(event);
    this.#screen.show(event);
    if (event.type === 'fileProgress') return;
    this.#ending.note(event);
    this.#note(event);
    this.#ending.settle();
  }

  /** Shows a line about something else that this program does. */
  tell(line: string): void {
    this.#screen.print(escapeControls(line), false);
  }

  /** Asks whether the member found at an address is the one that was meant. */
  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    this.#screen.print(`${question} [y/N]`, false);
    return this.#question.confirmed(signal);
  }

  /**
   * Runs the chat until the user leaves, the signal aborts, or the input has ended and all is delivered.
   *
   * @throws {QTChatError} what stopped the conversation; `ERR_PEER_UNREACHABLE` after the timeout
   */
  async run(conversation: Conversation): Promise<void> {
    const { signal } = this.#options;
    this.#conversation = conversation;
    for (const { member, id } of this.#shownEarly.splice(0)) this.#noteShown(member, id);
    this.#readLines().catch((error: unknown) => this.#fail(error));
    this.#lines.on('SIGINT', () => this.#end());
    const onAbort = (): void => this.#end();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) this.#end();
    this.#screen.start();
    if (!this.#isHere) this.#ending.awaitPeer();
    try {
      await this.#ended;
    } finally {
      this.#ending.stop();
      this.#screen.leave();
      signal.removeEventListener('abort', onAbort);
      await this.#voicemail.close();
    }
  }

  /** Gives the input back; nothing is read or asked any more. */
  close(): void {
    this.#ending.stop();
    this.#screen.leave();
    this.#screen.clearPrompt();
    this.#lines.close();
    // A pipe that stays open would otherwise keep the process alive.
    this.#options.input.pause();
    (this.#options.input as { unref?: () => void }).unref?.();
  }

  #note(event: ConversationEvent): void {
    switch (event.type) {
      case 'target':
        this.#recipient = event.member;
        this.#screen.setRecipient(event.member);
        void this.#queue(() => this.#sendHeld());
        return;
      case 'connected':
        if (event.peer.member !== this.#recipient) return;
        this.#isHere = true;
        this.#saidItWaits = false;
        this.#ending.peerCame();
        return;
      case 'disconnected':
        if (event.member !== this.#recipient) return;
        this.#isHere = false;
        this.#ending.awaitPeer();
        return;
      case 'message':
        this.#noteShown(event.member, event.id);
        return;
      case 'stopped':
        this.#fail(event.error);
        return;
      default:
        return;
    }
  }

  async #readLines(): Promise<void> {
    const lines = this.#lines[Symbol.asyncIterator]();
    this.#lines.resume();
    for await (const line of lines) await this.#queue(() => this.#take(line));
    // Ctrl-D: whoever sits at the terminal leaves.
    if (this.#options.isTerminal) this.#end();
    this.#ending.inputEnded();
  }

  // One after the other: what was typed first arrives first.
  #queue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work
      .then(work)
      .catch((error: unknown) => this.#complain(error))
      .then(() => this.#ending.settle());
    return this.#work;
  }

  async #take(line: string): Promise<void> {
    if (!this.#question.take(line)) await this.#dispatch(line);
    this.#screen.prompt();
  }

  async #dispatch(line: string): Promise<void> {
    if (this.#options.json) {
      if (line.trim() !== '') await this.#program.take(line);
      return;
    }
    const input = parseInput(line);
    if (input.kind === 'command') await this.#command(line, input);
    else if (input.text !== '') await this.#send(input.text);
  }

  async #command(line: string, { name, rest }: { readonly name: string; readonly rest: string }): Promise<void> {
    await this.#sending.done();
    if (name === 'quit') return this.#end();
    const conversation = this.#conversation;
    if (conversation === undefined || (name === 'send' && this.#recipient === undefined)) return this.#hold(line);
    await runCommand(name, rest, {
      conversation,
      member: this.#recipient,
      files: this.#files,
      devices: this.#devices,
      voicemail: this.#voicemail,
      settings: this.#options.settings,
      openWindow: this.#options.openWindow,
      print: (text) => this.#print(text),
      did: (action) => this.#sayDone(action),
      confirm: (question) => this.confirm(question, this.#options.signal),
      open: async (file) => this.#print(file.path ?? `${file.name} is not here yet`),
      quit: () => this.#end(),
    });
  }

  /** Tells the author that a message was shown. */
  #noteShown(member: string, id: string): void {
    // Programs say themselves what was seen.
    if (this.#options.json) return;
    if (this.#conversation === undefined) this.#shownEarly.push({ member, id });
    else this.#conversation.messages.markSeen(member, id).catch((error: unknown) => this.#complain(error));
  }

  #hold(line: string): void {
    this.#held.push(line);
    this.#sayItWaits('nobody is here yet: what you type goes to the one who comes, if you stay until then');
  }

  async #send(text: string): Promise<void> {
    const conversation = this.#conversation;
    const member = this.#recipient;
    if (member === undefined || conversation === undefined) return this.#hold(text);
    const sent = conversation.messages.send(member, text).then(
      () => {
        if (!this.#isHere) this.#sayItWaits(`${member} is not here: what you type waits until they are`);
      },
      (error: unknown) => this.#complain(error),
    );
    await this.#sending.add(sent);
  }

  // Once an absence, and to people only: to programs the events say it.
  #sayItWaits(text: string): void {
    if (this.#saidItWaits || !this.#options.isTerminal) return;
    this.#saidItWaits = true;
    this.#screen.print(text, false);
  }

  #sayDone(action: OwnAction): void {
    if (!this.#options.isTerminal || action.type === 'message') return;
    if (action.type !== 'file') {
      this.#print(ownActions[action.type]);
      return;
    }
    const who = this.#isHere ? '' : `, who is not here: it goes out when they are`;
    this.#print(`offered ${action.file.name} to ${this.#recipient}${who}`);
  }

  #print(text: string): void {
    for (const line of text.split('\n')) this.#screen.print(escapeText(line), true);
  }

  async #sendHeld(): Promise<void> {
    if (this.#conversation === undefined) return;
    for (const line of this.#held.splice(0)) {
      try {
        await this.#dispatch(line);
      } catch (error) {
        this.#complain(error);
      }
    }
  }

  #complain(error: unknown): void {
    if (error instanceof QTChatError) this.#screen.complain(error);
    else this.#fail(error);
  }
}
