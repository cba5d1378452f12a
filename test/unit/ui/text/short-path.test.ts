import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { shortPath } from '../../../../src/ui/text/short-path.js';

describe('shortPath', () => {
  it.each([
    [join(homedir(), 'Downloads', 'a b.png'), join('~', 'Downloads', 'a b.png')],
    [join(homedir(), '..data'), join('~', '..data')],
    [homedir(), homedir()],
    [dirname(homedir()), dirname(homedir())],
    ['/srv/../elsewhere.txt', '/srv/../elsewhere.txt'],
  ])('shows %s as %s', (path, shown) => expect(shortPath(path)).toBe(shown));
});
