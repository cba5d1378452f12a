/** What a terminal says: keys, pastes, whether it has the focus, and answers to what it was asked. */

/** One key, or text that was typed. */
export interface KeyEvent {
  readonly type: 'key';
  /**
   * `enter`, `tab`, `backspace`, `escape`, `up`, `pagedown`, `f1` and their like; the character itself, in lower
   * case, for one that was typed or held with Ctrl or Alt; `text` for several characters that came at once.
   */
  readonly name: string;
  readonly ctrl: boolean;
  /** Alt. */
  readonly meta: boolean;
  /** Only where the terminal tells: of letters and of named keys. */
  readonly shift: boolean;
  /** What was typed, to be inserted as it stands; absent for keys that type nothing. */
  readonly text?: string;
}

/** A whole bracketed paste, as the terminal gave it: not cleaned of anything. */
export interface PasteEvent {
  readonly type: 'paste';
  readonly text: string;
  /** Its end never came, or it was longer than is taken: some of it may be missing. */
  readonly isCut: boolean;
}

/** The terminal's window has gained or lost the focus. */
export interface FocusEvent {
  readonly type: 'focus';
  readonly isFocused: boolean;
}

/** A sequence that is no key: an answer to a query, as it came. */
export interface ReplyEvent {
  readonly type: 'reply';
  readonly text: string;
}

/** One thing that a terminal says. */
export type TerminalEvent = KeyEvent | PasteEvent | FocusEvent | ReplyEvent;

/** The keys held with another. */
export interface Modifiers {
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  readonly shift?: boolean;
}

/** A key that types nothing. */
export function namedKey(name: string, { ctrl = false, meta = false, shift = false }: Modifiers = {}): KeyEvent {
  return { type: 'key', name, ctrl, meta, shift };
}

/** A key with what was held: "ctrl-f", "alt-1", "pageup". */
export function keyName({ name, ctrl, meta }: KeyEvent): string {
  return `${ctrl ? 'ctrl-' : ''}${meta ? 'alt-' : ''}${name}`;
}

const segmenter = new Intl.Segmenter();

/** Characters that were typed; with Alt they type nothing. */
export function typedKey(text: string, { meta = false, shift }: Modifiers = {}): KeyEvent {
  const [first] = segmenter.segment(text);
  const isOne = first?.segment === text;
  const lower = text.toLowerCase();
  const name = !isOne ? 'text' : text === ' ' ? 'space' : lower;
  const key = namedKey(name, { meta, shift: shift ?? (isOne && text !== lower) });
  return meta ? key : { ...key, text };
}

/** The name of a control character as the key that sends it. */
export function controlKey(character: string, { meta = false, shift = false }: Modifiers = {}): KeyEvent {
  const code = character.charCodeAt(0);
  const name = controlNames[character];
  if (name !== undefined) return namedKey(name, { meta, shift });
  return namedKey(code === 0 ? 'space' : String.fromCharCode(code + 64).toLowerCase(), { ctrl: true, meta, shift });
}

const controlNames: Readonly<Record<string, string>> = {
  '\t': 'tab',
  '\r': 'enter',
  // Some terminals send this one for Backspace, the others for Ctrl-Backspace and Ctrl-H.
  '\b': 'backspace',
  '\x7f': 'backspace',
  '\x1b': 'escape',
};
