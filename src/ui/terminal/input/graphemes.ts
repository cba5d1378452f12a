/** Where a cursor may stand in a text: between graphemes, which are what people take for characters. Offsets are UTF-16. */

const segmenter = new Intl.Segmenter();

/** The end of the grapheme that begins at `offset`; the end of the text stays where it is. */
export function nextBoundary(text: string, offset: number): number {
  const found = segmenter.segment(text).containing(offset);
  return found === undefined ? text.length : found.index + found.segment.length;
}

/** The beginning of the grapheme that ends at `offset`; 0 stays where it is. */
export function previousBoundary(text: string, offset: number): number {
  return segmenter.segment(text).containing(offset - 1)?.index ?? 0;
}

/** `offset`, or the end of the grapheme around it. */
export function boundaryFrom(text: string, offset: number): number {
  const found = segmenter.segment(text).containing(offset);
  return found === undefined || found.index === offset ? offset : found.index + found.segment.length;
}

/** The end of the word that `offset` stands in or before. */
export function wordEnd(text: string, offset: number): number {
  const rest = /^[^\p{L}\p{N}]*[\p{L}\p{N}][\p{L}\p{N}\p{M}_]*/u.exec(text.slice(offset));
  return rest === null ? text.length : boundaryFrom(text, offset + rest[0].length);
}

/** The beginning of the word that `offset` stands in or behind. */
export function wordStart(text: string, offset: number): number {
  return startOf(text, offset, letter);
}

/** The beginning of what stands before `offset` without a space. */
export function chunkStart(text: string, offset: number): number {
  return startOf(text, offset, /[^\s]/u);
}

const letter = /[\p{L}\p{N}\p{M}_]/u;

// By hand: a search from the end by a pattern takes quadratic time in long texts without words.
function startOf(text: string, offset: number, member: RegExp): number {
  let start = offset;
  while (start > 0 && !member.test(characterBefore(text, start))) start -= characterBefore(text, start).length;
  while (start > 0 && member.test(characterBefore(text, start))) start -= characterBefore(text, start).length;
  return segmenter.segment(text).containing(start)?.index ?? start;
}

function characterBefore(text: string, offset: number): string {
  const low = text.charCodeAt(offset - 1);
  const isPair = low >= 0xdc00 && low <= 0xdfff && offset > 1;
  return text.slice(offset - (isPair ? 2 : 1), offset);
}
