/** Any text as a san.cnf is refused with our error or read into names that certificates may have. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isQTChatError } from '../../src/errors.js';
import { canonicalName } from '../../src/pki/canonical-name.js';
import { parseSanCnf } from '../../src/pki/san-cnf.js';

const numRuns = Number(process.env.QTCHAT_FUZZ_RUNS ?? 2000);

const word = fc.constantFrom(
  ...[
    '[',
    ']',
    '=',
    '@',
    '#',
    '//',
    '\\',
    '\\\n',
    '\n',
    '\r\n',
    '"',
    "'",
    '$',
    ',',
    ':',
    '::',
    '.',
    ' ',
    '\t',
    '\0',
    '\uFEFF',
  ],
  ...[
    'req',
    'alt_names',
    'subjectAltName',
    'DNS',
    'IP',
    'email',
    'URI',
    'dirName',
    'copy',
    'CN',
    'prompt',
    'no',
    '.include',
  ],
  ...['DNS.1 = a.example\n', 'IP.1 = 1.2.3.4\n', '[ v3_req ]\n', '[ alt_names ]\n', 'subjectAltName = @alt_names\n'],
  ...['subjectAltName = DNS:a.example\n', 'qtchat://x/bob', 'distinguished_name', 'critical', '_default', 'ü'],
);
const lines = fc.array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 60 });

describe('fuzz: parseSanCnf', () => {
  it('fails only with its own error', () => {
    let read = 0;
    fc.assert(
      fc.property(lines, (parts) => {
        try {
          const { names } = parseSanCnf(parts.join(''));
          read += 1;
          for (const name of names) expect(canonicalName(name)).toEqual(name);
        } catch (error) {
          if (!isQTChatError(error, 'ERR_PKI_SAN_INVALID')) throw error;
        }
      }),
      { numRuns },
    );
    expect(read).toBeGreaterThan(0);
  });

  it.each([
    ['spaces', ' '],
    ['backslashes', '\\'],
    ['quotes', '"'],
    ['opening brackets', '['],
    ['slashes', ' //'],
    ['continued lines', '\\\n'],
    ['names', 'DNS:a,'],
    ['values', 'a='],
    ['sections', '[a]\n'],
    ['dots', '.'],
  ])('takes a file of %s alone, which quadratic time would not', (_, unit) => {
    const text = unit.repeat(Math.floor(65_000 / unit.length));
    for (const shape of [text, `[${text}`, `x = ${text}`, `subjectAltName = ${text}`, `${text}x = 1`]) {
      expect(() => parseSanCnf(shape)).toThrow(expect.objectContaining({ code: 'ERR_PKI_SAN_INVALID' }));
    }
  });
});
