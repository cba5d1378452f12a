/** Paths as people type them, drop them and complete them. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { quotedPath, typedPath } from '../../../src/ui/text/typed-path.js';

describe('a typed path', () => {
  it.each([
    ['/tmp/a.txt', '/tmp/a.txt'],
    ['  a b.txt ', 'a b.txt'],
    ['~/a.txt', join(homedir(), 'a.txt')],
    ["'~/a b.txt'", join(homedir(), 'a b.txt')],
    ['~other/a', '~other/a'],
    [`'/tmp/a b.txt'`, '/tmp/a b.txt'],
    [`"/tmp/it's.txt"`, `/tmp/it's.txt`],
    [`"/tmp/a \\"b\\" \\n.txt"`, '/tmp/a "b" \\n.txt'],
    // as desktops drop it onto a terminal
    [`'/tmp/it'\\''s.txt' `, `/tmp/it's.txt`],
    ['/tmp/a\\ b\\ \\(1\\).txt ', '/tmp/a b (1).txt'],
    ['/tmp/a\\ ', '/tmp/a '],
    ['/tmp/a\\\\ ', '/tmp/a\\'],
    // quotes that belong to the name
    [`/tmp/it's.txt`, `/tmp/it's.txt`],
    [`'tis.txt`, `'tis.txt`],
    ['', ''],
  ])('%j is %j', (typed, path) => {
    expect(typedPath(typed)).toBe(path);
  });

  it('is read back as it was before it was quoted, whatever the name', () => {
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '~', '/', '(', '$', '漢'), minLength: 1 }),
      fc.string({ unit: 'binary', minLength: 1 }),
    );
    fc.assert(fc.property(name, (path) => expect(typedPath(quotedPath(path))).toBe(path)));
  });
});
