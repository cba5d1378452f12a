/**
 * The words that two people compare when nothing secret connects them. They come from the hash of the
 * handshake, so a machine in between has other words with either side: it could only be lucky, once in
 * 2^44. It cannot look for luck beforehand either, since the server, whose key comes last, is bound to
 * that key by a commitment before it sees the guest's.
 */
import { createHash } from 'node:crypto';
import { words } from './word-list.js';

/** How many words are compared. */
const wordCount = 4;
const bitsPerWord = 11n;

/** What binds a server to the public key (32 octets) that it will show. */
export function commitmentTo(ephemeralPublicKey: Uint8Array): Buffer {
  return createHash('sha256').update('qtchat-sas').update(ephemeralPublicKey).digest();
}

/** The words of a handshake, with a space between: the first 44 bits of SHA-256 over "words" and its hash. */
export function wordsOf(handshakeHash: Uint8Array): string {
  const digest = createHash('sha256').update('words').update(handshakeHash).digest();
  const bits = digest.readBigUInt64BE() >> (64n - BigInt(wordCount) * bitsPerWord);
  return Array.from({ length: wordCount }, (_none, index) => {
    const shift = BigInt(wordCount - 1 - index) * bitsPerWord;
    return words[Number((bits >> shift) & ((1n << bitsPerWord) - 1n))];
  }).join(' ');
}

/** Words as typed, in the one form of {@link wordsOf}: lower case, a space between. */
export function normalizeWords(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .split(/[\s,;-]+/)
    .join(' ');
}
