/** Text of others, fit for a terminal. */
import { escapeControls } from '../../errors.js';

// Joins emoji to one: a family, a profession. It hides nothing there and moves nothing, and people send it.
const emojiJoiner = /(?<=\p{Extended_Pictographic}[\u{fe0f}\p{Emoji_Modifier}]?)\u{200d}(?=\p{Extended_Pictographic})/u;

/** Escapes what could move a cursor, hide text or reorder it; families and flags stay what they are. */
export function escapeText(text: string): string {
  return text.split(emojiJoiner).map(escapeControls).join('\u{200d}');
}
