/** Any text as a table for cert issue --batch is refused with our error or read into what may be issued, in linear time. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseBatch } from '../../src/cli/batch/read-batch.js';
import { isQTChatError } from '../../src/errors.js';
import { canonicalName } from '../../src/pki/canonical-name.js';
import { parseMemberName } from '../../src/pki/member-name.js';

const numRuns = Number(process.env.QTCHAT_FUZZ_RUNS ?? 2000);

const piece = fc.oneof(
  fc.constantFrom(',', '"', '""', '\n', '\r\n', ' ', ';', 'name', 'ip', 'dns', 'bob', 'ann', '1.2.3.4', 'fd00::1'),
  fc.constantFrom('a.example', '*.a.example', '\uFEFF', '\0', 'ü', '\nbob,', '\nann,1.2.3.4,'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const table = fc
  .tuple(fc.constantFrom('name\n', 'name,ip,dns\n', 'dns,name\n', ''), fc.array(piece, { maxLength: 30 }))
  .map(([header, pieces]) => header + pieces.join(''));

describe('fuzz: parseBatch', () => {
  it('fails only with its own error', () => {
    let read = 0;
    fc.assert(
      fc.property(table, (text) => {
        try {
          for (const { member, names } of parseBatch(text)) {
            expect(parseMemberName(member)).toBe(member);
            for (const name of names) expect(canonicalName(name)).toEqual(name);
          }
          read += 1;
        } catch (error) {
          if (!isQTChatError(error)) throw error;
        }
      }),
      { numRuns },
    );
    expect(read).toBeGreaterThan(0);
  });

  it.each([' ', '"', '""', '"a"', ',', 'a', 'a,', '" ', ' "a" '])('reads a long line of %j in time', (part) => {
    const startMs = performance.now();
    expect(() => parseBatch(`name\n${part.repeat(200_000)}"`)).toThrow();
    expect(performance.now() - startMs).toBeLessThan(2000);
  });
});
