/** What killed processes left behind goes away; what living ones are writing stays. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSafely } from '../../../src/store/private-file.js';
import { writeFolderSafely } from '../../../src/store/private-folder.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qtchat-litter-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function leave(name: string, ageHours: number): void {
  mkdirSync(join(folder, name, 'new'), { recursive: true });
  writeFileSync(join(folder, name, 'new', 'ca.key'), 'secret');
  const at = Date.now() / 1000 - ageHours * 3600;
  utimesSync(join(folder, name), at, at);
}

const writers: Record<string, () => Promise<unknown>> = {
  'a file': () => writeFileSafely(join(folder, 'made'), 'x', { mode: 0o600, existing: 'refuse' }),
  'a folder': () => writeFolderSafely(join(folder, 'made'), [{ name: 'x', content: 'x', mode: 0o600 }]),
};

describe('writing into a folder', () => {
  it.each(Object.keys(writers))('%s removes what was left there long ago, and nothing else', async (kind) => {
    for (const name of ['.qtchat-abcdef', '.bob.new-abcdef']) leave(name, 2);
    for (const name of ['.qtchat-ghijkl', '.bob.new-ghijkl']) leave(name, 0);
    for (const name of ['.qtchat-notes-of-mine', 'qtchat-abcdef', '.bob.bak', '.bob.new']) leave(name, 2);
    await writers[kind]?.();
    expect(readdirSync(folder).sort()).toEqual(
      [
        '.bob.bak',
        '.bob.new',
        '.bob.new-ghijkl',
        '.qtchat-ghijkl',
        '.qtchat-notes-of-mine',
        'made',
        'qtchat-abcdef',
      ].sort(),
    );
  });
});
