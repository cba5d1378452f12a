/** All that the screen shows. It changes by events and by what the user does; whoever changes it has it drawn. */
import { type BookedFile, FileBook } from '../../commands/file-book.js';
import type { NewItem } from './items.js';
import { Talk } from './talk.js';

/** Something that the user is asked; the answer is a key. */
export interface Question {
  readonly text: string;
  /** @param key - with what was held: "y", "escape", "ctrl-y"; nothing happens where it is no answer */
  readonly answer: (key: string) => void;
}

/** What Tab offers. */
export interface Offered {
  readonly labels: readonly string[];
  /** The one that stands in the line. */
  readonly chosen: number | undefined;
}

/** The state of a chat. */
export class ChatState {
  readonly #clock: () => Date;
  readonly files = new FileBook();
  /** What there is to say before anybody is here. */
  readonly lobby = new Talk('');
  readonly #talks = new Map<string, Talk>();
  /** What is shown. */
  current: Talk = this.lobby;
  /** As whom we speak; empty until known. */
  self = '';
  /** What is met while somebody is dialled, by who that is. */
  readonly waiting = new Map<string, string | undefined>();
  /** Whether the terminal has the keyboard, as far as it says. */
  isFocused = true;
  question: Question | undefined;
  /** Until the next other key. */
  offered: Offered | undefined;

  constructor(clock: () => Date) {
    this.#clock = clock;
  }

  /** Conversations in the order in which they began. */
  get talks(): readonly Talk[] {
    return [...this.#talks.values()];
  }

  /** The conversation with a member. */
  talkWith(member: string): Talk {
    const known = this.#talks.get(member);
    if (known !== undefined) return known;
    const talk = new Talk(member);
    this.#talks.set(member, talk);
    return talk;
  }

  /** Shows another conversation. */
  show(talk: Talk): void {
    if (talk === this.current) return;
    this.current.firstUnreadId = undefined;
    this.current = talk;
    talk.unread = 0;
  }

  /** Adds something to a conversation, at the end. */
  add(talk: Talk, item: NewItem): void {
    talk.items.add(item);
    this.#forgetOldest(talk);
  }

  /** Shows a file as it stands now, in its place or, where it is new, at the end. */
  putFile(talk: Talk, file: BookedFile, at: Date): void {
    talk.items.putFile(file, at);
    this.#forgetOldest(talk);
  }

  /** Says something in the conversation that is shown. */
  say(text: string, isError = false, talk: Talk = this.current): void {
    this.add(talk, { kind: 'notice', at: this.#clock(), text, isError });
  }

  /** Whether what comes to a conversation is seen at once. */
  isSeen(talk: Talk): boolean {
    return talk === this.current && talk.scroll === undefined && this.isFocused;
  }

  #forgetOldest(talk: Talk): void {
    if (talk.items.forgetOldest(talk.scroll !== undefined)) talk.isComplete = false;
  }
}
