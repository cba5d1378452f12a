/**
 * The chat as a screen: it shows what the state says, and passes on what the user types. What happens to the state by events is in
 * `state/`, what of it is seen in `layout/` and `screen/`, what keys do in `keyboard.ts`, what a typed line does in
 * `typed-lines.ts`; the conversation decides.
 */
import type { Conversation } from '../../conversation/conversation.js';
import type { ConversationEvent } from '../../conversation/events.js';
import { systemTimers } from '../../conversation/timers.js';
import { QTChatError } from '../../errors.js';
import type { Settings } from '../commands/settings.js';
import { noticeOf } from '../desktop/notice-of.js';
import { Notifier } from '../desktop/notify.js';
import { Opener } from '../desktop/opener.js';
import type { Face } from '../face.js';
import type { FaceSound } from '../face-sound.js';
import { describeError } from '../text/describe-error.js';
import { escapeText } from '../text/escape-text.js';
import { Attention } from './attention.js';
import { Calling } from './calling.js';
import { completionSources } from './completion-sources.js';
import { Completer, type Completion } from './input/completion.js';
import { Editor } from './input/editor.js';
import { inputRows } from './input/input-rows.js';
import { readKeys } from './input/keys.js';
import { holdPaste, type PasteAnswer, pasteAnswer, pasteQuestion } from './input/paste-guard.js';
import { Keyboard } from './keyboard.js';
import { scrollBy } from './layout/scroll.js';
import { TalkRows } from './layout/talk-rows.js';
import { Questions } from './questions.js';
import { type Frame, frameOf, mostInputRows, scrolled } from './screen/frame.js';
import { Screen } from './screen/screen.js';
import { sidebarCells } from './screen/sidebar.js';
import { Search } from './search.js';
import { ShownPictures } from './shown-pictures.js';
import { applyEvent } from './state/apply-event.js';
import { ChatState } from './state/chat-state.js';
import type { Talk } from './state/talk.js';
import { Terminal, type TerminalStreams } from './terminal.js';
import { TypedLines } from './typed-lines.js';

/** Where a chat on a screen reads and writes. */
export interface TerminalChatOptions extends TerminalStreams {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: () => Date;
  /** Ends the chat in order when it aborts. */
  readonly signal: AbortSignal;
  readonly settings: Settings;
  readonly sound: FaceSound;
  /** Opens the window in the browser, anew; says what it did. Left out where there is none. */
  readonly openWindow?: (() => Promise<string>) | undefined;
}

/** What happens is drawn together; what is typed, at once. */
const drawDelayMs = 50;
const tickMs = 1_000;

/** A running chat on a screen. */
export class TerminalChat implements Face {
  readonly #options: TerminalChatOptions;
  readonly #state: ChatState;
  readonly #rows = new TalkRows();
  readonly #terminal: Terminal;
  readonly #screen: Screen;
  readonly #editor = new Editor();
  readonly #completer: Completer;
  readonly #questions: Questions;
  readonly #attention: Attention;
  readonly #pictures: ShownPictures;
  readonly #notifier: Notifier;
  readonly #calling: Calling;
  readonly #opener = new Opener();
  readonly #lines: TypedLines;
  readonly #keyboard: Keyboard;
  readonly #stopKeys: () => void;
  readonly #ticking: NodeJS.Timeout;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #conversation: Conversation | undefined;
  #drawing: NodeJS.Timeout | undefined;
  #frame: Frame | undefined;
  #search: { readonly talk: Talk; readonly search: Search } | undefined;
  #isClosed = false;

  constructor(options: TerminalChatOptions) {
    const { input, output, clock } = options;
    this.#options = options;
    this.#state = new ChatState(clock);
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.#ended.catch(() => {});
    this.#screen = new Screen(output);
    this.#terminal = new Terminal(options, { onRedraw: () => this.#repaint(), onGone: () => this.#end() });
    this.#attention = new Attention(this.#state, {
      conversation: () => this.#conversation,
      clock,
      onRead: () => this.#drawSoon(),
      onError: (error) => this.#complain(error),
    });
    this.#pictures = new ShownPictures({
      ...{ state: this.#state, env: options.env, screen: this.#screen },
      size: () => this.#terminal.size,
      write: (text) => this.#terminal.write(text),
      isWanted: () => options.settings.values.pictures,
      onChange: () => this.#drawSoon(),
    });
    this.#notifier = new Notifier({
      desktop: { env: options.env, platform: process.platform },
      write: (text) => this.#terminal.write(text),
      timers: systemTimers,
      settings: () => options.settings.values,
    });
    this.#questions = new Questions({
      ...{ state: this.#state, clock },
      isTyping: () => this.#editor.text !== '',
      onChange: () => this.#drawSoon(),
    });
    this.#calling = new Calling(this.#state, {
      ...{ sound: options.sound, settings: options.settings, questions: this.#questions, signal: options.signal },
      conversation: () => this.#conversation,
      write: (text) => this.#terminal.write(text),
      onChange: () => this.#drawSoon(),
      onError: (error) => this.#complain(error),
    });
    this.#completer = new Completer(completionSources(this.#state, this.#calling.devices));
    this.#lines = new TypedLines(this.#state, {
      conversation: () => this.#conversation,
      settings: options.settings,
      openWindow: options.openWindow,
      devices: this.#calling.devices,
      voicemail: this.#calling.voicemail,
      opener: this.#opener,
      confirm: (question) => this.confirm(question, options.signal),
      giveBack: (text) => {
        if (this.#editor.text === '') this.#editor.setText(text);
      },
      quit: () => this.#end(),
      onChange: () => this.#draw(),
      onError: (error) => this.#complain(error),
    });
    this.#keyboard = this.#connectKeyboard();
    this.#terminal.open();
    // What a terminal does not understand of it, it may print: the first frame is drawn over that.
    this.#pictures.ask();
    this.#stopKeys = readKeys({
      input,
      report: (event) => {
        this.#keyboard.take(event);
        this.#draw();
      },
    });
    // Who writes stops writing, and the way to the peer gets longer or shorter, without an event.
    this.#ticking = setInterval(() => this.#drawSoon(), tickMs);
    this.#draw();
  }

  onEvent(event: ConversationEvent): void {
    applyEvent(this.#state, event, this.#options.clock());
    if (event.type === 'stopped') this.#stop(event.error);
    const notice = noticeOf(event);
    if (notice !== undefined) this.#notifier.note(notice.member, notice.member, notice.text);
    this.#calling.note(event);
    if (event.type === 'fileDone') this.#pictures.note(this.#state.files.of(event));
    this.#drawSoon();
  }

  tell(line: string): void {
    this.#state.say(line);
    this.#drawSoon();
  }

  confirm(question: string, signal: AbortSignal): Promise<boolean> {
    return this.#questions.confirm(question, signal);
  }

  async run(conversation: Conversation): Promise<void> {
    const { signal } = this.#options;
    this.#conversation = conversation;
    this.#state.self = conversation.self;
    const onAbort = (): void => this.#end();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) this.#end();
    try {
      for (const { member, blocked } of await conversation.contacts.list()) {
        if (!blocked) this.#state.talkWith(member);
      }
      this.#draw();
      await this.#ended;
    } finally {
      signal.removeEventListener('abort', onAbort);
      // Saying goodbye to peers may take a while, and nobody has to watch.
      this.close();
      await Promise.all([this.#pictures.close(), this.#opener.close(), this.#calling.close()]);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#drawing);
    clearInterval(this.#ticking);
    this.#stopKeys();
    this.#notifier.callOff();
    this.#screen.close();
    this.#terminal.close();
  }

  #connectKeyboard(): Keyboard {
    return new Keyboard(this.#state, this.#editor, {
      submit: (text) => this.#lines.submit(text),
      complete: (step) => this.#complete(step),
      scroll: (pages) => this.#scroll(pages),
      scrollToEnd: () => this.#scrollToEnd(),
      show: (index) => this.#show(index),
      search: (text) => this.#find(text),
      repaint: () => this.#repaint(),
      suspend: () => this.#terminal.suspend(),
      leave: () => this.#end(),
      typed: () => this.#tellTyping(),
      talk: () => this.#calling.talk(),
      focus: (isFocused) => {
        this.#state.isFocused = isFocused;
        this.#notifier.isFocused = isFocused;
      },
      reply: (text) => this.#pictures.learn(text),
      paste: (text, isCut) => void this.#paste(text, isCut),
      say: (text) => this.#state.say(text),
      clock: this.#options.clock,
    });
  }

  #complete(step: 1 | -1): void {
    const show = (completion: Completion | undefined): void => {
      if (completion === undefined) return;
      const { candidates, chosen } = completion;
      this.#state.offered = { labels: candidates.map(({ label }) => escapeText(label)), chosen };
      this.#draw();
    };
    const completion = this.#completer.tab(this.#editor, step);
    if (completion instanceof Promise) completion.then(show, (error: unknown) => this.#complain(error));
    else show(completion);
  }

  async #paste(text: string, isCut: boolean): Promise<void> {
    const held = holdPaste(text, isCut);
    const answerOf = (key: string): PasteAnswer | undefined => held && pasteAnswer(key, held);
    const answer =
      held === undefined ? 'insert' : await this.#questions.ask(pasteQuestion(held), answerOf, this.#options.signal);
    if (answer === 'insert') this.#editor.insert(held?.text ?? text);
    if (answer === 'send') this.#lines.send(held?.text ?? text);
    this.#tellTyping();
    this.#draw();
  }

  #tellTyping(): void {
    const { current, lobby } = this.#state;
    // Neither commands nor nothing are written to anybody.
    if (current === lobby || /^\/(?!\/)|^$/.test(this.#editor.text)) return;
    this.#conversation?.messages.tellTyping(current.member).catch(() => {});
  }

  #scroll(pages: number): void {
    const talk = this.#state.current;
    const height = this.#frame?.listHeight ?? 1;
    const { columns } = this.#terminal.size;
    const what = scrolled(this.#state, talk, this.#rows, {
      width: columns - sidebarCells(this.#state, columns),
      height,
    });
    talk.scroll = scrollBy(what, talk.scroll, pages * Math.max(1, height - 2));
  }

  #scrollToEnd(): void {
    this.#state.current.scroll = undefined;
    this.#search = undefined;
  }

  #show(index: number): void {
    const talk = this.#state.talks[index];
    if (talk === undefined) return;
    this.#state.show(talk);
    // Who is chosen is to be talked to: from now on both look for each other.
    this.#conversation?.dial(talk.member).catch((error: unknown) => this.#complain(error));
  }

  #find(text: string): void {
    const talk = this.#state.current;
    if (this.#search?.talk !== talk) this.#search = { talk, search: new Search(talk, this.#state.files) };
    const { search } = this.#search;
    this.#lines.queue(async () => {
      const conversation = this.#conversation;
      if (conversation !== undefined && !(await search.next(text, conversation)))
        this.#state.say(search.hasFound ? 'nothing older was found' : 'nothing was found');
    });
  }

  /** Nobody is dialled any more, but who is here stays, and who was here may come. */
  #stop(error: QTChatError): void {
    const hasMet = this.#state.talks.some(({ peer, absence }) => peer !== undefined || absence !== undefined);
    if (hasMet) this.#complain(error);
    else this.#fail(error);
  }

  #complain(error: unknown): void {
    if (!(error instanceof QTChatError)) {
      this.#fail(error);
      return;
    }
    this.#state.say(describeError(error), true);
    this.#drawSoon();
  }

  #repaint(): void {
    this.#screen.clear();
    this.#draw();
  }

  #drawSoon(): void {
    this.#drawing ??= setTimeout(() => this.#draw(), drawDelayMs);
  }

  #draw(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    if (this.#isClosed) return;
    this.#pictures.fit();
    const { size } = this.#terminal;
    const { text, cursor } = this.#editor;
    const { current, lobby } = this.#state;
    const prompt = this.#keyboard.prompt;
    const conversation = this.#conversation;
    this.#calling.follow();
    this.#frame = frameOf({
      state: this.#state,
      rows: this.#rows,
      size,
      input: inputRows({ text, cursor, prompt, width: size.columns, maximumRows: mostInputRows(size) }),
      now: this.#options.clock(),
      roundTripMs:
        current === lobby || current.peer === undefined ? undefined : conversation?.roundTripMs(current.member),
      call: conversation?.calls.current,
      voicemail: this.#calling.voicemail.current,
      isColored: (this.#options.env.NO_COLOR ?? '') === '',
    });
    this.#screen.draw(this.#frame);
    // What came meanwhile is seen now, all at once.
    this.#attention.look();
    if (this.#frame.isTop) this.#attention.lookBack();
  }
}
