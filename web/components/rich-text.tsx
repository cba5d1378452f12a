/** Text of others: what it is made of is shown, links lead to the web only, and nothing of it runs. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { escapeLines } from '../text/escape-text.js';
import { splitLinks } from '../text/split-links.js';

/** Longer ones are cut until somebody wants all of it. */
const shownCharacters = 3_000;
const shownLines = 40;

/** `children` stand behind the text, on its last line where there is room. */
export function RichText({ text, children }: { text: string; children: ComponentChildren }) {
  const [isWhole, setWhole] = useState(false);
  const beginning = isWhole ? text : beginningOf(text);
  const isCut = beginning.length < text.length;
  return (
    <div class="text" dir="auto">
      {splitLinks(isCut ? `${beginning}…` : text).map(({ text: piece, href }) =>
        href === undefined ? (
          escapeLines(piece)
        ) : (
          <a href={href} target="_blank" rel="noopener noreferrer">
            {escapeLines(piece)}
          </a>
        ),
      )}
      {isCut && (
        <button type="button" class="link-button" onClick={() => setWhole(true)}>
          Show all of it
        </button>
      )}
      {children}
    </div>
  );
}

function beginningOf(text: string): string {
  const lines = text.split('\n', shownLines).join('\n');
  return lines.length > shownCharacters ? lines.slice(0, shownCharacters) : lines;
}
