/** What each key does. Those of the input line itself are in `input/edit-keys.ts`. */
import { pressKey } from './input/edit-keys.js';
import type { Editor } from './input/editor.js';
import { type KeyEvent, keyName, type TerminalEvent } from './input/key-events.js';
import type { ChatState } from './state/chat-state.js';

/** What keys can bring about. */
export interface KeyActions {
  /** Sends what was typed, or runs it. */
  readonly submit: (text: string) => void;
  /** Puts in what the user probably means. */
  readonly complete: (step: 1 | -1) => void;
  /** Scrolls by pages; up for positive numbers. */
  readonly scroll: (pages: number) => void;
  readonly scrollToEnd: () => void;
  /** Shows the conversation with this number, from 0. */
  readonly show: (index: number) => void;
  /** Looks for an older message with this text. */
  readonly search: (text: string) => void;
  readonly repaint: () => void;
  readonly suspend: () => void;
  readonly leave: () => void;
  /** The user has changed the text that will be sent. */
  readonly typed: () => void;
  /** Lets the user talk in a call, or mutes them. */
  readonly talk: () => void;
  readonly focus: (isFocused: boolean) => void;
  readonly reply: (text: string) => void;
  readonly paste: (text: string, isCut: boolean) => void;
  readonly say: (text: string) => void;
  readonly clock: () => Date;
}

/** Ctrl-C leaves when it is pressed again so soon. */
const leaveWithinMs = 2_000;

/** The keyboard of a chat. */
export class Keyboard {
  readonly #state: ChatState;
  readonly #editor: Editor;
  readonly #actions: KeyActions;
  #isSearching = false;
  /** What had been typed when a search began. */
  #draft = '';
  #interruptedAtMs = Number.NEGATIVE_INFINITY;

  constructor(state: ChatState, editor: Editor, actions: KeyActions) {
    this.#state = state;
    this.#editor = editor;
    this.#actions = actions;
  }

  /** What stands before the text. */
  get prompt(): string {
    return this.#isSearching ? 'search: ' : '> ';
  }

  /** Takes something that the terminal says. */
  take(event: TerminalEvent): void {
    switch (event.type) {
      case 'key':
        this.#press(event);
        return;
      case 'paste':
        if (this.#state.question === undefined) this.#actions.paste(event.text, event.isCut);
        return;
      case 'focus':
        this.#actions.focus(event.isFocused);
        return;
      case 'reply':
        this.#actions.reply(event.text);
    }
  }

  #press(key: KeyEvent): void {
    if (key.name !== 'tab') this.#state.offered = undefined;
    if (this.#isCommandOfTerminal(key)) return;
    const { question } = this.#state;
    if (question !== undefined) {
      question.answer(keyName(key));
      return;
    }
    if (this.#isOfScreen(key)) return;
    if (this.#isSearching && this.#isOfSearch(key)) return;
    switch (keyName(key)) {
      case 'enter':
        if (this.#editor.text.trim() !== '') this.#actions.submit(this.#editor.take());
        return;
      case 'tab':
        this.#actions.complete(key.shift ? -1 : 1);
        return;
      case 'escape':
        this.#actions.scrollToEnd();
        return;
      default: {
        const before = this.#editor.text;
        if (pressKey(this.#editor, key) === 'too-long')
          this.#actions.say('a message cannot be longer than 64 KiB; /send sends files');
        if (!this.#isSearching && this.#editor.text !== before) this.#actions.typed();
      }
    }
  }

  /** Keys that do the same whatever goes on. */
  #isCommandOfTerminal(key: KeyEvent): boolean {
    const { leave, repaint, suspend, talk } = this.#actions;
    switch (keyName(key)) {
      case 'ctrl-c':
        this.#interrupt();
        return true;
      case 'ctrl-d':
        if (this.#editor.text !== '' || this.#state.question !== undefined) return false;
        leave();
        return true;
      case 'ctrl-l':
        repaint();
        return true;
      case 'ctrl-z':
        suspend();
        return true;
      // Terminals tell nothing of keys that are let go: each one turns it over.
      case 'f8':
      case 'ctrl-space':
        talk();
        return true;
      default:
        return false;
    }
  }

  #isOfScreen(key: KeyEvent): boolean {
    const { scroll, scrollToEnd, show } = this.#actions;
    const name = keyName(key);
    const index = /^alt-([1-9])$/.exec(name)?.[1];
    if (index !== undefined) show(Number(index) - 1);
    else if (name === 'pageup') scroll(1);
    else if (name === 'pagedown') scroll(-1);
    else if (name === 'ctrl-pagedown') scrollToEnd();
    else if (name === 'ctrl-f' && !this.#isSearching) this.#beginSearch();
    else return false;
    return true;
  }

  #isOfSearch(key: KeyEvent): boolean {
    switch (keyName(key)) {
      case 'enter':
      case 'ctrl-f':
        if (this.#editor.text !== '') this.#actions.search(this.#editor.text);
        return true;
      case 'escape':
        this.#endSearch();
        return true;
      case 'tab':
        return true;
      default:
        return false;
    }
  }

  #beginSearch(): void {
    this.#isSearching = true;
    this.#draft = this.#editor.text;
    this.#editor.clear();
  }

  #endSearch(): void {
    this.#isSearching = false;
    this.#editor.setText(this.#draft);
    this.#actions.scrollToEnd();
  }

  /** The first one drops what is going on or was typed; one more leaves. */
  #interrupt(): void {
    const { leave, say, clock } = this.#actions;
    const now = clock().getTime();
    const isAgain = now - this.#interruptedAtMs < leaveWithinMs;
    this.#interruptedAtMs = now;
    if (isAgain) leave();
    else if (this.#state.question !== undefined) this.#state.question.answer('escape');
    else if (this.#isSearching) this.#endSearch();
    else if (this.#editor.text !== '') this.#editor.clear();
    if (!isAgain) say('Ctrl-C again leaves');
  }
}
