/** Texts of others in the window: the same as in the terminal, but for lines. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { escapeText as escapeForTerminal } from '../../../src/ui/text/escape-text.js';
import { escapeLines, escapeText } from '../../../web/text/escape-text.js';
import { splitLinks } from '../../../web/text/split-links.js';

const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

it('escapes as the terminal does', () => {
  fc.assert(fc.property(texts, (text) => escapeText(text) === escapeForTerminal(text)));
});

it('keeps lines and tabs, and nothing else that could move or hide text', () => {
  expect(escapeLines('one\r\ntwo\n\tthree')).toBe('one\ntwo\n\tthree');
  expect(escapeLines('\u202egnp.exe\u200b\u0007\r')).toBe('\\u{202e}gnp.exe\\u{200b}\\u{7}\\u{d}');
  fc.assert(fc.property(texts, (text) => !/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u.test(escapeLines(text))));
});

it('finds addresses of the web, without what belongs to the sentence', () => {
  expect(splitLinks('see https://example.org/a_(b)?q=1#x, or (http://example.org).')).toEqual([
    { text: 'see ' },
    { text: 'https://example.org/a_(b)?q=1#x', href: 'https://example.org/a_(b)?q=1#x' },
    { text: ', or (' },
    { text: 'http://example.org', href: 'http://example.org/' },
    { text: ').' },
  ]);
});

it.each([
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'vbscript:x',
  'https://',
  'https://bank.example@evil.example/',
  'HTTPS://user:password@evil.example/',
  'https://:bank.example@evil.example/',
  'ftp://example.org/',
])('makes no link of %s', (text) => {
  expect(splitLinks(text)).toEqual([{ text }]);
});

it('loses nothing of a text, and leads to the web only', () => {
  const pieces = fc.oneof(
    texts,
    fc.constantFrom('https://', 'http://a.b/', ' ', ')', '.', 'javascript:', '\u202e', '<'),
  );
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const text = parts.join('');
      const split = splitLinks(text);
      expect(split.map((piece) => piece.text).join('')).toBe(text);
      for (const { href } of split) expect(href ?? 'http:').toMatch(/^https?:/);
    }),
  );
});

it('takes no longer for heaps of what may end a sentence', () => {
  const address = `http://example.org/${'.'.repeat(60_000)}a`;
  const before = performance.now();
  expect(splitLinks(address)).toEqual([{ text: address, href: address }]);
  // Some milliseconds: with a pattern that looks for the end of them, ten seconds.
  expect(performance.now() - before).toBeLessThan(2_000);
});
