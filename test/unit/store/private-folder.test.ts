import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeBack } from '../../../src/store/private-file.js';
import { type FolderFile, writeFolderSafely } from '../../../src/store/private-folder.js';

describe('writeFolderSafely', () => {
  let parent: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'qtchat-folder-'));
  });

  afterEach(() => {
    rmSync(parent, { recursive: true, force: true });
  });

  const at = (...names: string[]): string => join(parent, ...names);
  const files = (text: string): FolderFile[] => [
    { name: 'key', content: text, mode: 0o600 },
    { name: 'certificate', content: text, mode: 0o644 },
  ];

  it('writes all files with their modes into a folder for the owner alone, and creates parents', async () => {
    await writeFolderSafely(at('a', 'b'), files('x'));
    const modes = ['a', 'a/b', 'a/b/key', 'a/b/certificate'].map((name) => statSync(at(name)).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o644]);
    expect(readdirSync(at('a'))).toEqual(['b']);
    expect(readdirSync(at('a', 'b')).sort()).toEqual(['certificate', 'key']);
  });

  it('leaves a folder alone that stands there already', async () => {
    await writeFolderSafely(at('b'), files('old'));
    await expect(writeFolderSafely(at('b'), files('new'))).rejects.toMatchObject({ code: 'ERR_STORE_EXISTS' });
    expect(readFileSync(at('b', 'key'), 'utf8')).toBe('old');
    expect(readdirSync(parent)).toEqual(['b']);
  });

  it('leaves a file alone that stands there', async () => {
    writeFileSync(at('b'), 'old');
    await expect(writeFolderSafely(at('b'), files('new'))).rejects.toMatchObject({ code: 'ERR_STORE_EXISTS' });
    expect(readFileSync(at('b'), 'utf8')).toBe('old');
    expect(readdirSync(parent)).toEqual(['b']);
  });

  it('lets exactly one of many simultaneous writers win, never mixing their files', async () => {
    const results = await Promise.allSettled(
      ['1', '2', '3', '4'].map((text) => writeFolderSafely(at('b'), files(text))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(readFileSync(at('b', 'key'), 'utf8')).toBe(readFileSync(at('b', 'certificate'), 'utf8'));
    expect(readdirSync(parent)).toEqual(['b']);
  });

  it('keeps every old folder when it is told where', async () => {
    const results: (string | undefined)[] = [];
    for (const text of ['first', 'second', 'third']) {
      results.push(await writeFolderSafely(at('b'), files(text), at('b.bak')));
    }
    expect(results).toEqual([undefined, at('b.bak'), at('b.bak2')]);
    const keys = ['b', 'b.bak', 'b.bak2'].map((name) => readFileSync(at(name, 'key'), 'utf8'));
    expect(keys).toEqual(['third', 'first', 'second']);
  });

  it('leaves nothing behind when a file cannot be written', async () => {
    const impossible: FolderFile = { name: 'absent/file', content: '', mode: 0o600 };
    await writeFolderSafely(at('b'), files('old'));
    await expect(writeFolderSafely(at('b'), [...files('new'), impossible], at('b.bak'))).rejects.toMatchObject({
      code: 'ERR_STORE_UNWRITABLE',
      message: expect.stringContaining(at('b')),
    });
    expect(readFileSync(at('b', 'key'), 'utf8')).toBe('old');
    expect(readdirSync(parent)).toEqual(['b']);
  });

  it.each([true, false])('can be undone, an old folder there: %s', async (hasOld) => {
    if (hasOld) await writeFolderSafely(at('b'), files('old'));
    const old = await writeFolderSafely(at('b'), files('new'), at('b.bak'));
    await takeBack(at('b'), old);
    expect(readdirSync(parent)).toEqual(hasOld ? ['b'] : []);
    expect(existsSync(at('b')) && readFileSync(at('b', 'key'), 'utf8')).toBe(hasOld && 'old');
  });

  it('moves into an empty folder that stands there', async () => {
    mkdirSync(at('b'));
    await writeFolderSafely(at('b'), files('new'));
    expect(readFileSync(at('b', 'key'), 'utf8')).toBe('new');
  });

  it('puts the old folder back when what was to happen before the new one failed', async () => {
    await writeFolderSafely(at('b'), files('old'));
    const seen: boolean[] = [];
    const fail = async (): Promise<void> => {
      seen.push(existsSync(at('b')));
      throw new Error('stop');
    };
    await expect(writeFolderSafely(at('b'), files('new'), at('b.bak'), fail)).rejects.toThrow('stop');
    expect(seen).toEqual([false]);
    expect(readFileSync(at('b', 'key'), 'utf8')).toBe('old');
    expect(readdirSync(parent)).toEqual(['b']);
  });

  it('does nothing before a folder that may not be placed', async () => {
    await writeFolderSafely(at('b'), files('old'));
    const never = async (): Promise<void> => {
      throw new Error('it ran');
    };
    const attempt = writeFolderSafely(at('b'), files('new'), undefined, never);
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_STORE_EXISTS' });
  });
});
