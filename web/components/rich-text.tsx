/** Text of others: what it is made of is shown, links lead to the web only, and nothing of it runs. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { escapeLines } from '../text/escape-text.js';
import { splitLinks } from '../text/split-links.js';

/** Longer ones are cut until somebody wants all of it. */
const shownCharacters = 3_000;

/** `children` stand behind the text, on its last line where there is room. */
export function RichText({ text, children }: { text: string; children: ComponentChildren }) {
  const [isWhole, setWhole] = useState(false);
  const isCut = !isWhole && text.length > shownCharacters * 1.2;
  return (
    <div class="text" dir="auto">
      {splitLinks(isCut ? `${text.slice(0, shownCharacters)}…` : text).map(({ text: piece, href }) =>
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
