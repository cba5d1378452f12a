/** A long paste is not typed at once: it may be what somebody did not mean to paste here. */
import { maximumTextBytes } from '../../../protocol/messages.js';
import { describeSize } from '../../text/size.js';
import { cleanText } from './clean-text.js';

/** What is pasted without a question. */
const unaskedLines = 5;
const unaskedBytes = 2_000;

/** A paste that waits for a decision. */
export interface HeldPaste {
  /** Cleaned as the input line does, without line breaks at its end. */
  readonly text: string;
  readonly lines: number;
  readonly sizeBytes: number;
  /** Whether a message can hold it, and it is all there. */
  readonly fits: boolean;
}

/** What to do with it. */
export type PasteAnswer = 'send' | 'insert' | 'drop';

/**
 * Holds a paste back that is long, or not whole.
 *
 * @param isCut - some of it is missing
 * @returns undefined for one that may be inserted
 */
export function holdPaste(text: string, isCut = false): HeldPaste | undefined {
  const clean = cleanText(text).replace(/^\n+/, '').trimEnd();
  const lines = clean === '' ? 0 : clean.split('\n').length;
  const sizeBytes = Buffer.byteLength(clean);
  if (lines <= unaskedLines && sizeBytes <= unaskedBytes && !isCut) return undefined;
  return { text: clean, lines, sizeBytes, fits: sizeBytes <= maximumTextBytes && !isCut };
}

/** What is asked about it. */
export function pasteQuestion({ lines, sizeBytes, fits }: HeldPaste): string {
  const what = `paste of ${lines} ${lines === 1 ? 'line' : 'lines'}, ${describeSize(sizeBytes)}`;
  if (!fits) return `${what}: too long for a message. Esc drops it; /send sends files`;
  return `${what}: Enter sends it as one message, e puts it into the input, Esc drops it`;
}

/** What the key of a name answers; undefined for one that is no answer. */
export function pasteAnswer(key: string, { fits }: HeldPaste): PasteAnswer | undefined {
  if (key === 'escape') return 'drop';
  if (!fits) return undefined;
  return key === 'enter' ? 'send' : key === 'e' ? 'insert' : undefined;
}
