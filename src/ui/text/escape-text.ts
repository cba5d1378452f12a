/** Text of others, fit for a terminal. */
import { escapeControls } from '../../errors.js';

// Joins emoji to one: a family, a profession. It hides nothing there and moves nothing, and people send it.
const emojiJoiner = /(?<=\p{Extended_Pictographic}[\u{fe0f}\p{Emoji_Modifier}]?)\u{200d}(?=\p{Extended_Pictographic})/u;

// No language stacks more marks on a letter; heaps of them climb over the rows of others.
const tooManyMarks = /(\p{M}{8})\p{M}+/gu;

/** Escapes what could move a cursor, hide text, reorder it or cover other text; families and flags stay what they are. */
export function escapeText(text: string): string {
  return text.replace(tooManyMarks, '$1').split(emojiJoiner).map(escapeControls).join('\u{200d}');
}
