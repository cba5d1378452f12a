/** Text of others, fit to be shown: what could hide or reorder it, or cover other text, is shown by its number. */

// Joins emoji to one: a family, a profession. It hides nothing there and moves nothing, and people send it.
const emojiJoiner = /(?<=\p{Extended_Pictographic}[\u{fe0f}\p{Emoji_Modifier}]?)\u{200d}(?=\p{Extended_Pictographic})/u;
// No language stacks more marks on a letter; heaps of them climb over the rows of others.
const tooManyMarks = /(\p{M}{8})\p{M}+/gu;
const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Escapes text of one line, such as a name. */
export function escapeText(text: string): string {
  return escapeBut(text, () => false);
}

/** Escapes text of several lines: those stay, and so do tabs. */
export function escapeLines(text: string): string {
  return escapeBut(text.replaceAll('\r\n', '\n'), (character) => character === '\n' || character === '\t');
}

function escapeBut(text: string, isKept: (character: string) => boolean): string {
  return text
    .replace(tooManyMarks, '$1')
    .split(emojiJoiner)
    .map((part) =>
      part.replace(control, (character) =>
        isKept(character) ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
      ),
    )
    .join('\u{200d}');
}
