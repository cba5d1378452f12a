/**
 * The items of one conversation in the order in which they are shown. However many come, a bounded number is kept: what is
 * older is in the history on disk, and comes back by it.
 */
import type { BookedFile } from '../../commands/file-book.js';
import type { CallItem, FileItem, Item, MessageItem, NewItem } from './items.js';

/** As many are kept while the newest are shown. */
const mostItems = 2_000;
/** As many when the user looks back; then older ones are no longer fetched. */
const mostItemsLookingBack = 20_000;

/** A list of items that changes. */
export class ItemList {
  #items: Item[] = [];
  #nextKey = 0;

  /** All of them, the oldest first. The array changes. */
  get all(): readonly Item[] {
    return this.#items;
  }

  /** Whether older ones may be put in front. */
  get hasRoom(): boolean {
    return this.#items.length < mostItemsLookingBack;
  }

  /** Adds one at the end. */
  add(item: NewItem): void {
    this.#items.push({ ...item, key: this.#nextKey++ });
  }

  /** Puts older ones in front; messages and calls that are here are left out. */
  addOlder(items: readonly NewItem[]): void {
    const known = new Set(this.#items.map((item) => ('id' in item ? item.id : undefined)));
    const others = items.filter((item) => !('id' in item) || !known.has(item.id));
    const first = (this.#items[0]?.key ?? this.#nextKey) - others.length;
    this.#items = [...others.map((item, index) => ({ ...item, key: first + index })), ...this.#items];
  }

  /**
   * Forgets the oldest ones beyond a bound.
   *
   * @returns whether there were any
   */
  forgetOldest(): boolean {
    if (this.#items.length <= mostItems * 1.1) return false;
    this.#items.splice(0, this.#items.length - mostItems);
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
    this.#items[index] = { ...item, ...change(item) };
    return true;
  }
}
