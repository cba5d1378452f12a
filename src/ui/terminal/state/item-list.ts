/**
 * The items of one conversation in the order in which they are shown. However many come, a bounded number is kept: what is
 * older is in the history on disk, and comes back by it.
 */
import type { BookedFile } from '../../commands/file-book.js';
import type { CallItem, FileItem, Item, MessageItem, NewItem } from './items.js';

interface Bounds {
  readonly items: number;
  /** Of the texts together: a few hundred of the longest ones fill the memory as thousands of others do. */
  readonly characters: number;
}

/** So much is kept while the newest are shown. */
const most: Bounds = { items: 2_000, characters: 10_000_000 };
/** So much when the user looks back; then older ones are no longer fetched. */
const mostLookingBack: Bounds = { items: 20_000, characters: 50_000_000 };

/** A list of items that changes. */
export class ItemList {
  #items: Item[] = [];
  #characters = 0;
  #nextKey = 0;

  /** All of them, the oldest first. The array changes. */
  get all(): readonly Item[] {
    return this.#items;
  }

  /** Whether older ones may be put in front. */
  get hasRoom(): boolean {
    return this.#items.length < mostLookingBack.items && this.#characters < mostLookingBack.characters;
  }

  /** Adds one at the end. */
  add(item: NewItem): void {
    this.#items.push({ ...item, key: this.#nextKey++ });
    this.#characters += charactersOf(item);
  }

  /** Puts older ones in front; messages and calls that are here are left out. Returns how many were not. */
  addOlder(items: readonly NewItem[]): number {
    const known = new Set(this.#items.map(nameOf));
    const others = items.filter((item) => nameOf(item) === undefined || !known.has(nameOf(item)));
    const first = (this.#items[0]?.key ?? this.#nextKey) - others.length;
    this.#items = [...others.map((item, index) => ({ ...item, key: first + index })), ...this.#items];
    this.#characters += others.reduce((sum, item) => sum + charactersOf(item), 0);
    return others.length;
  }

  /**
   * Forgets the oldest ones beyond a bound.
   *
   * @param isLookingBack - more of them are wanted
   * @returns whether there were any
   */
  forgetOldest(isLookingBack = false): boolean {
    const { items, characters } = isLookingBack ? mostLookingBack : most;
    if (this.#items.length <= items * 1.1 && this.#characters <= characters * 1.1) return false;
    let first = 0;
    // The newest one stays, whatever it is.
    while (first < this.#items.length - 1 && (this.#items.length - first > items || this.#characters > characters)) {
      this.#characters -= charactersOf(this.#items[first]);
      first += 1;
    }
    this.#items.splice(0, first);
    return true;
  }

  /** The oldest of what the history holds. */
  get oldestKept(): MessageItem | CallItem | undefined {
    return this.#items.find((item) => item.kind === 'message' || item.kind === 'call');
  }

  /**
   * Changes a message, where it is here.
   *
   * @param direction - whose it is, since both sides choose ids; of either where left out
   * @returns whether it is here
   */
  changeMessage(
    id: string,
    direction: 'in' | 'out' | undefined,
    change: (item: MessageItem) => Partial<MessageItem>,
  ): boolean {
    return this.#change(
      (item): item is MessageItem =>
        item.kind === 'message' && item.id === id && (direction === undefined || item.direction === direction),
      change,
    );
  }

  /** Shows a file as it stands now, in its place or, where it is new, at the end. */
  putFile(file: BookedFile, at: Date): void {
    if (!this.#changeFile(file.number, { file })) this.add({ kind: 'file', at, file });
  }

  /** Shows the picture that is in a file. */
  setPicture(number: number, picture: readonly string[] | undefined): void {
    this.#changeFile(number, { picture });
  }

  #changeFile(number: number, change: Partial<FileItem>): boolean {
    return this.#change(
      (item): item is FileItem => item.kind === 'file' && item.file.number === number,
      () => change,
    );
  }

  #change<Kind extends Item>(is: (item: Item) => item is Kind, change: (item: Kind) => Partial<Kind>): boolean {
    const index = this.#items.findLastIndex(is);
    const item = this.#items[index];
    if (item === undefined || !is(item)) return false;
    const changed = { ...item, ...change(item) };
    this.#items[index] = changed;
    this.#characters += charactersOf(changed) - charactersOf(item);
    return true;
  }
}

/** What a message or call is known by: both sides choose ids, so that whose it is belongs to it. */
function nameOf(item: Item | NewItem): string | undefined {
  return 'id' in item ? `${item.kind} ${item.direction} ${item.id}` : undefined;
}

function charactersOf(item: Item | NewItem | undefined): number {
  if (item === undefined || !('text' in item)) return 0;
  return (item.text?.length ?? 0) + (item.kind === 'message' ? (item.quoted?.length ?? 0) : 0);
}
