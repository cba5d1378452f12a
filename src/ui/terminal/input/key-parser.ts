/**
 * Parts what comes from a terminal into events. Sequences may be split anywhere; what is no key is never typed.
 * Knows no time: whoever feeds it says when a pause shows that nothing more belongs to what has begun.
 */
import { controlKey, namedKey, type TerminalEvent, typedKey } from './key-events.js';
import { answerEnd, brokenSequence, controlCharacter, forms, keyBeginning, sequenceBeginning } from './key-forms.js';
import { keyOfSequence, keyOfShifted } from './key-sequences.js';

/** What a parser waits for: `key` may already be a whole one, `sequence` can only be the beginning of something. */
export type Awaited = 'nothing' | 'key' | 'sequence';

const maximumPasteBytes = 1024 * 1024;
const maximumReplyLength = 64 * 1024;
const maximumSequenceLength = 256;

const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';

/** One terminal's input. */
export class KeyParser {
  #rest = '';
  #paste: Collected | undefined;
  /**
   * A paste whose end has come. Not every terminal takes that end out of what is pasted, so what follows without a pause belongs
   * to it too: nobody types so soon, and a command in it is not run.
   */
  #pasted: Collected | undefined;
  #reply: Collected | undefined;

  /** What has begun and is not over. */
  get awaited(): Awaited {
    if (this.#paste !== undefined || this.#reply !== undefined) return 'sequence';
    if (this.#rest === '') return this.#pasted === undefined ? 'nothing' : 'key';
    return keyBeginning.test(this.#rest) ? 'key' : 'sequence';
  }

  /** Takes what came, decoded. */
  push(text: string): TerminalEvent[] {
    this.#rest += text;
    const events: TerminalEvent[] = [];
    const taken: TerminalEvent[] = [];
    while (this.#rest !== '' && this.#take(taken)) {
      events.push(...taken.splice(0).filter((event) => !this.#isPasted(event)));
    }
    return events;
  }

  /** Says that nothing came for a while: what has begun is all there is of it. */
  end(): TerminalEvent[] {
    const rest = this.#rest;
    this.#rest = '';
    if (this.#paste !== undefined) {
      const text = this.#paste.text + rest;
      this.#paste = undefined;
      this.#pasted = undefined;
      return [{ type: 'paste', text, isCut: true }];
    }
    this.#reply = undefined;
    const pasted = this.#pasted;
    this.#pasted = undefined;
    const paste: TerminalEvent[] =
      pasted === undefined ? [] : [{ type: 'paste', text: pasted.text, isCut: pasted.isCut }];
    return [...paste, ...keysOf(rest)];
  }

  /** Takes a key behind a paste for a part of it. */
  #isPasted(event: TerminalEvent): boolean {
    if (this.#pasted === undefined || event.type !== 'key') return false;
    this.#pasted.add(event.text ?? (event.name === 'enter' ? '\n' : ''));
    return true;
  }

  /** Takes one thing from the front; false when more has to come first. */
  #take(events: TerminalEvent[]): boolean {
    if (this.#paste !== undefined) return this.#takePaste(this.#paste);
    if (this.#reply !== undefined) return this.#takeReply(this.#reply, events);
    const text = this.#match(forms.text);
    if (text !== undefined) {
      events.push(typedKey(text[0]));
      return true;
    }
    const control = this.#match(forms.control);
    if (control !== undefined) {
      events.push(controlKey(control[0]));
      return true;
    }
    if (this.#match(forms.ignored) !== undefined) return true;
    return this.#takeEscape(events);
  }

  #takeEscape(events: TerminalEvent[]): boolean {
    const console = this.#match(forms.console);
    if (console !== undefined) {
      events.push(namedKey(`f${console[0].charCodeAt(3) - 64}`));
      return true;
    }
    const sequence = this.#match(forms.rxvt) ?? this.#match(forms.sequence);
    if (sequence !== undefined) {
      this.#takeSequence(sequence, events);
      return true;
    }
    const shifted = this.#match(forms.shifted);
    if (shifted !== undefined) {
      const [whole, mask = '', final = ''] = shifted;
      const key = keyOfShifted(mask, final);
      if (key !== undefined) events.push({ ...key, meta: key.meta || whole.startsWith('\x1b\x1b') });
      return true;
    }
    const answer = this.#match(forms.answer);
    if (answer !== undefined) {
      this.#reply = new Collected(answer[0], maximumReplyLength);
      return true;
    }
    if (keyBeginning.test(this.#rest)) return false;
    if (sequenceBeginning.test(this.#rest)) {
      // No key and no answer is that long: nobody misses the end of it.
      this.#rest = this.#rest.slice(0, maximumSequenceLength);
      return false;
    }
    this.#takeAlt(events);
    return true;
  }

  #takeSequence([whole, parameters = '', final = '']: RegExpExecArray, events: TerminalEvent[]): void {
    if (whole === pasteStart) {
      this.#paste = this.#pasted ?? new Collected('', maximumPasteBytes);
    } else if (whole === '\x1b[I' || whole === '\x1b[O') {
      events.push({ type: 'focus', isFocused: final === 'I' });
    } else if (whole !== pasteEnd) {
      const key = keyOfSequence(parameters, final);
      if (key === undefined) events.push({ type: 'reply', text: whole });
      else if (key !== null) events.push({ ...key, meta: key.meta || whole.startsWith('\x1b\x1b') });
    }
  }

  /** Alt with a key, or Escape before something that does not continue it. */
  #takeAlt(events: TerminalEvent[]): void {
    const malformed = this.#match(brokenSequence);
    if (malformed !== undefined) return;
    const alt = this.#match(forms.alt);
    const character = alt?.[1];
    if (character === undefined) {
      this.#rest = this.#rest.slice(1);
      events.push(namedKey('escape'));
    } else if (controlCharacter.test(character)) {
      events.push(controlKey(character, { meta: true }));
    } else {
      events.push(typedKey(character, { meta: true }));
    }
  }

  #takePaste(paste: Collected): boolean {
    const end = this.#rest.indexOf(pasteEnd);
    if (end === -1) {
      this.#collect(paste, pasteEnd);
      return false;
    }
    paste.add(this.#rest.slice(0, end));
    this.#rest = this.#rest.slice(end + pasteEnd.length);
    this.#paste = undefined;
    this.#pasted = paste;
    return true;
  }

  #takeReply(reply: Collected, events: TerminalEvent[]): boolean {
    const end = answerEnd.exec(this.#rest);
    if (end === null) {
      this.#collect(reply, '\x1b\\');
      return false;
    }
    reply.add(this.#rest.slice(0, end.index));
    this.#rest = this.#rest.slice(end.index + (end[0] === '\x1b' ? 0 : end[0].length));
    this.#reply = undefined;
    if (end[0] !== '\x1b' && !reply.isCut) events.push({ type: 'reply', text: reply.text + end[0] });
    return true;
  }

  /** Puts by what cannot be part of the end any more. */
  #collect(collected: Collected, end: string): void {
    const start = this.#rest.lastIndexOf('\x1b');
    const mayEnd = start !== -1 && end.startsWith(this.#rest.slice(start));
    const length = mayEnd ? start : this.#rest.length;
    collected.add(this.#rest.slice(0, length));
    this.#rest = this.#rest.slice(length);
  }

  /** Takes one form from the front, if that is what stands there. */
  #match(form: RegExp): RegExpExecArray | undefined {
    form.lastIndex = 0;
    const found = form.exec(this.#rest);
    if (found === null) return undefined;
    this.#rest = this.#rest.slice(found[0].length);
    return found;
  }
}

/** The keys that a beginning is where nothing follows. */
function keysOf(rest: string): TerminalEvent[] {
  if (!keyBeginning.test(rest)) return [];
  const last = rest.charAt(rest.length - 1);
  if (last === '\x1b') return [...rest].map(() => namedKey('escape'));
  const escapes = rest.startsWith('\x1b\x1b') ? [namedKey('escape')] : [];
  return [...escapes, typedKey(last, { meta: true })];
}

/** Text that comes in pieces, up to a bound; the rest of it is dropped. */
class Collected {
  readonly #maximumBytes: number;
  readonly #pieces: string[];
  #bytes = 0;
  isCut = false;

  constructor(start: string, maximumBytes: number) {
    this.#pieces = [start];
    this.#maximumBytes = maximumBytes;
  }

  get text(): string {
    return this.#pieces.join('');
  }

  add(piece: string): void {
    if (this.isCut) return;
    const bytes = Buffer.byteLength(piece);
    const free = this.#maximumBytes - this.#bytes;
    this.isCut = bytes > free;
    // Never half a character: what is cut off inside one decodes to U+FFFD, which goes too.
    const taken = this.isCut
      ? Buffer.from(piece)
          .subarray(0, free)
          .toString()
          .replace(/\ufffd$/, '')
      : piece;
    this.#bytes += bytes;
    this.#pieces.push(taken);
  }
}
