/** Finds the addresses of web pages in text. Others are no links: `javascript:` runs, `file:` shows what is here. */

/** A piece of text; `href` where it is a link. */
export interface TextPiece {
  readonly text: string;
  readonly href?: string;
}

const address = /https?:\/\/[^\s<>"'`{}|\\^\p{C}\p{Z}]+/giu;
const trailing = '.,;:!?\'"»”)]';

/** The pieces of a text, in order; together they are the text. */
export function splitLinks(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(address)) {
    const shown = trimEnd(found);
    const href = hrefOf(shown);
    if (href === undefined) continue;
    if (index > end) pieces.push({ text: text.slice(end, index) });
    pieces.push({ text: shown, href });
    end = index + shown.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** Without what belongs to the sentence; a bracket that was opened within stays. */
function trimEnd(found: string): string {
  let end = found.length;
  // By hand: what looks for the end of a text tries at every heap of such characters, and they may be many.
  while (end > 0 && trailing.includes(found.charAt(end - 1))) end -= 1;
  const cut = found.slice(0, end);
  return found[end] === ')' && cut.includes('(') ? `${cut})` : cut;
}

function hrefOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, href, username, password } = new URL(text);
  // What stands before an @ looks like where a link leads, and is not.
  const isPlain = username === '' && password === '';
  return (protocol === 'http:' || protocol === 'https:') && isPlain ? href : undefined;
}
