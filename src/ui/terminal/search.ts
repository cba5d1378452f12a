/** Ctrl-F: looks for a text in a conversation, from the newest message to the oldest, which is read from the history. */
import type { Conversation } from '../../conversation/conversation.js';
import type { FileBook } from '../commands/file-book.js';
import { placeOf } from './layout/scroll.js';
import { readOlder } from './look-back.js';
import type { Talk } from './state/talk.js';

/** A search that is going on. */
export class Search {
  readonly #talk: Talk;
  readonly #files: FileBook;
  /** The item that was found last. */
  #key = Number.POSITIVE_INFINITY;
  #wanted = '';

  /** @param files - gets those of what is read */
  constructor(talk: Talk, files: FileBook) {
    this.#talk = talk;
    this.#files = files;
  }

  /** Whether anything holds the text that was looked for last. */
  get hasFound(): boolean {
    return this.#key !== Number.POSITIVE_INFINITY;
  }

  /**
   * Shows the next older message that holds a text, whatever the case.
   *
   * @returns whether there is one
   */
  async next(wanted: string, conversation: Conversation): Promise<boolean> {
    if (wanted !== this.#wanted) this.#key = Number.POSITIVE_INFINITY;
    this.#wanted = wanted;
    for (;;) {
      const found = this.#talk.items.all.findLast(
        (item) => item.key < this.#key && item.kind === 'message' && holds(item.text ?? '', wanted),
      );
      if (found !== undefined) {
        this.#key = found.key;
        this.#talk.scroll = placeOf(found.key);
        return true;
      }
      if (!(await readOlder(conversation, this.#talk, this.#files))) return false;
    }
  }
}

function holds(text: string, wanted: string): boolean {
  return folded(text).includes(folded(wanted));
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
