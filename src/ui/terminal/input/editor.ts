/** The input line: a text, a cursor between its graphemes, and what can be done to them. Knows no keys. */
import { maximumTextBytes } from '../../../protocol/messages.js';
import { cellsOf, graphemesOf } from '../layout/cells.js';
import { cleanText } from './clean-text.js';
import { boundaryFrom, chunkStart, nextBoundary, previousBoundary, wordEnd, wordStart } from './graphemes.js';
import { InputHistory } from './input-history.js';
import { type LineState, UndoStack } from './undo-stack.js';

/** Whether a text fitted: `too-long` where all of it would hold more than a message may, and then nothing changed. */
export type EditResult = 'done' | 'too-long';

/** A line being edited. */
export class Editor {
  readonly #history = new InputHistory();
  readonly #undo = new UndoStack();
  #text = '';
  #cursor = 0;
  #killed = '';
  #isKilling = false;
  // Where up and down lead back to after a shorter line.
  #wantedColumn: number | undefined;

  get text(): string {
    return this.#text;
  }

  /** Where the cursor stands, in UTF-16 units; never inside a grapheme. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Puts a text at the cursor, cleaned of what a line cannot hold. */
  insert(text: string): EditResult {
    const clean = cleanText(text);
    const isTyped = clean.length <= 2 && clean.trim() !== '';
    return this.#replace(this.#cursor, this.#cursor, clean, isTyped ? 'type' : undefined);
  }

  /** Puts another text in place of a part of it, the cursor behind that; as {@link insert} otherwise. */
  replace(start: number, end: number, text: string): EditResult {
    return this.#replace(start, end, cleanText(text));
  }

  /** Puts another text in place of all of it; as {@link insert} otherwise. */
  setText(text: string): EditResult {
    return this.replace(0, this.#text.length, text);
  }

  /** Gives the text away to be sent, and begins a new one. */
  take(): string {
    const text = this.#text;
    this.#history.add(text);
    this.clear();
    return text;
  }

  /** Forgets the text. */
  clear(): void {
    this.#history.leave();
    this.#show('');
  }

  /** Moves the cursor to an offset in the text, or to the end of the grapheme around it. */
  moveTo(offset: number): void {
    this.#forgetMotion();
    this.#undo.part();
    this.#cursor = boundaryFrom(this.#text, Math.min(Math.max(offset, 0), this.#text.length));
  }

  moveUp(): void {
    if (this.#lineStart === 0) this.moveInHistory('older');
    else this.#moveToLine(lineStartAt(this.#text, this.#lineStart - 1));
  }

  moveDown(): void {
    if (this.#lineEnd === this.#text.length) this.moveInHistory('newer');
    else this.#moveToLine(this.#lineEnd + 1);
  }

  /** Shows the line that was sent before or after this one; nothing happens at the ends. */
  moveInHistory(direction: 'older' | 'newer'): void {
    const line = direction === 'older' ? this.#history.older(this.#text) : this.#history.newer();
    if (line === undefined) return;
    this.#show(line);
  }

  /** The line between line breaks in which the cursor stands. */
  get #lineStart(): number {
    return lineStartAt(this.#text, this.#cursor);
  }

  get #lineEnd(): number {
    const end = this.#text.indexOf('\n', this.#cursor);
    return end === -1 ? this.#text.length : end;
  }

  moveToLineStart(): void {
    this.moveTo(this.#lineStart);
  }

  moveToLineEnd(): void {
    this.moveTo(this.#lineEnd);
  }

  moveLeft(): void {
    this.moveTo(previousBoundary(this.#text, this.#cursor));
  }

  moveRight(): void {
    this.moveTo(nextBoundary(this.#text, this.#cursor));
  }

  moveWordLeft(): void {
    this.moveTo(wordStart(this.#text, this.#cursor));
  }

  moveWordRight(): void {
    this.moveTo(wordEnd(this.#text, this.#cursor));
  }

  deleteLeft(): void {
    this.#replace(previousBoundary(this.#text, this.#cursor), this.#cursor, '', 'delete');
  }

  deleteRight(): void {
    this.#replace(this.#cursor, nextBoundary(this.#text, this.#cursor), '', 'delete');
  }

  /** Takes a part out, to be put back by {@link yank}. */
  #kill(start: number, end: number): void {
    if (start === end) return;
    const part = this.#text.slice(start, end);
    // What is taken out in a row comes back together.
    const killed = this.#isKilling ? this.#killed : '';
    this.#killed = start < this.#cursor ? part + killed : killed + part;
    this.#replace(start, end, '');
    this.#isKilling = true;
  }

  killWordLeft(): void {
    this.#kill(wordStart(this.#text, this.#cursor), this.#cursor);
  }

  /** To the last space, as in shells. */
  killChunkLeft(): void {
    this.#kill(chunkStart(this.#text, this.#cursor), this.#cursor);
  }

  killWordRight(): void {
    this.#kill(this.#cursor, wordEnd(this.#text, this.#cursor));
  }

  /** To the end of the line; there, the line break. */
  killLineRight(): void {
    const isAtEnd = this.#cursor === this.#lineEnd;
    this.#kill(this.#cursor, isAtEnd ? nextBoundary(this.#text, this.#cursor) : this.#lineEnd);
  }

  /** To the beginning of the line; there, the line break before it. */
  killLineLeft(): void {
    const isAtStart = this.#cursor === this.#lineStart;
    this.#kill(isAtStart ? previousBoundary(this.#text, this.#cursor) : this.#lineStart, this.#cursor);
  }

  /** Inserts what was taken out last. */
  yank(): EditResult {
    return this.#replace(this.#cursor, this.#cursor, this.#killed);
  }

  /** Exchanges the graphemes around the cursor, or the last two at the end of a line. */
  transpose(): void {
    const isAtEnd = this.#cursor === this.#lineEnd;
    const middle = isAtEnd ? previousBoundary(this.#text, this.#cursor) : this.#cursor;
    if (middle <= this.#lineStart) return;
    const [start, end] = [previousBoundary(this.#text, middle), nextBoundary(this.#text, middle)];
    this.#replace(start, end, this.#text.slice(middle, end) + this.#text.slice(start, middle));
  }

  /** Takes the last change back. */
  undo(): void {
    const state = this.#undo.pop();
    if (state === undefined) return;
    this.#forgetMotion();
    this.#text = state.text;
    this.#cursor = state.cursor;
  }

  get #state(): LineState {
    return { text: this.#text, cursor: this.#cursor };
  }

  #forgetMotion(): void {
    this.#wantedColumn = undefined;
    this.#isKilling = false;
  }

  #show(text: string): void {
    this.#forgetMotion();
    this.#undo.clear();
    this.#text = text;
    this.#cursor = text.length;
  }

  #replace(start: number, end: number, text: string, kind?: string): EditResult {
    this.#forgetMotion();
    const next = this.#text.slice(0, start) + text + this.#text.slice(end);
    if (next.length > this.#text.length && Buffer.byteLength(next) > maximumTextBytes) return 'too-long';
    if (next !== this.#text) this.#undo.keep(this.#state, kind);
    this.#text = next;
    this.#cursor = boundaryFrom(next, start + text.length);
    return 'done';
  }

  #moveToLine(start: number): void {
    const column = this.#wantedColumn ?? cellsOf(this.#text.slice(this.#lineStart, this.#cursor));
    const end = this.#text.indexOf('\n', start);
    this.moveTo(start + offsetAt(this.#text.slice(start, end === -1 ? undefined : end), column));
    this.#wantedColumn = column;
  }
}

// A search from -1 would find a line break at 0.
function lineStartAt(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** How far into a line a column is, or its end. */
function offsetAt(line: string, column: number): number {
  let [offset, width] = [0, 0];
  for (const grapheme of graphemesOf(line)) {
    width += cellsOf(grapheme);
    if (width > column) break;
    offset += grapheme.length;
  }
  return offset;
}
