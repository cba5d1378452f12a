import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { words } from '../../../src/enroll/word-list.js';
import { commitmentTo, normalizeWords, wordsOf } from '../../../src/enroll/words.js';

describe('the word list', () => {
  it('is that of BIP-39', () => {
    const text = words.map((word) => `${word}\n`).join('');
    expect(createHash('sha256').update(text).digest('hex')).toBe(
      '2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda',
    );
  });
});

describe('the words of a handshake', () => {
  // Computed apart from the product's code, from the bits as text.
  it('are the first 44 bits of SHA-256 over "words" and its hash, 11 for each', () => {
    for (const hash of [Buffer.alloc(32), Buffer.alloc(32, 255), randomBytes(32)]) {
      const digest = createHash('sha256').update(Buffer.from('words')).update(hash).digest();
      const bits = [...digest].map((octet) => octet.toString(2).padStart(8, '0')).join('');
      const expected = [0, 11, 22, 33].map((start) => words[Number.parseInt(bits.slice(start, start + 11), 2)]);
      expect(wordsOf(hash)).toBe(expected.join(' '));
    }
  });

  it('are four, and others for another handshake', () => {
    const all = Array.from({ length: 200 }, () => wordsOf(randomBytes(32)));
    expect(new Set(all).size).toBe(200);
    expect(all.every((text) => /^([a-z]{3,8} ){3}[a-z]{3,8}$/.test(text))).toBe(true);
  });

  it.each([' Zebra  youth\nyear YARD ', 'zebra-youth-year-yard', 'zebra, youth, year, yard'])(
    'are understood when typed as %j',
    (typed) => {
      expect(normalizeWords(typed)).toBe('zebra youth year yard');
    },
  );
});

describe('a commitment', () => {
  it('is SHA-256 over "qtchat-sas" and the key', () => {
    const key = randomBytes(32);
    expect(commitmentTo(key)).toEqual(
      createHash('sha256')
        .update(Buffer.concat([Buffer.from('qtchat-sas'), key]))
        .digest(),
    );
  });
});
