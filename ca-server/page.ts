/** HTML pages of the Auto CA: complete in themselves, without script, and with headers that allow none. */
import { createHash } from 'node:crypto';
import { escapeControls } from '../src/errors.js';

/** A page, and the headers to send with it. */
export interface Page {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const baseStyle = `body{font:1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin-bottom:.2rem}p,ul{margin-top:.3rem}
button{font:inherit;padding:.7rem 1.4rem;border:0;border-radius:.5rem;background:#14532d;color:#fff}
button:focus-visible{outline:3px solid #7dd3a8}.care{border-left:4px solid #b45309;padding-left:.8rem}
@media(prefers-color-scheme:dark){body{color:#e5e9f0;background:#12161d}button{background:#2f855a}}`;

/**
 * Makes a page.
 *
 * @param title - as text
 * @param content - as HTML: whatever comes from elsewhere went through {@link escapeHtml}
 * @param options.style - CSS beside that of all pages
 * @param options.hasForm - it may send a form to where it came from
 */
export function makePage(title: string, content: string, options: { style?: string; hasForm?: boolean } = {}): Page {
  const style = `${baseStyle}${options.style ?? ''}`;
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    `form-action ${options.hasForm ? "'self'" : "'none'"}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  const name = escapeHtml(title);
  return {
    // Nothing may run, be loaded, be framed or be kept.
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy.join('; '),
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
    body: Buffer.from(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${name}</title><style>${style}</style></head><body><h1>${name}</h1>
${content}
</body></html>
`),
  };
}

/** Text as HTML shows it, in an element or in a quoted attribute; nothing in it can hide or reorder what is around it. */
export function escapeHtml(text: string): string {
  return escapeControls(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
