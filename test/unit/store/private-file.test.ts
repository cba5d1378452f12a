import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createFolder,
  longListBytes,
  readBoundedFile,
  readPrivateFile,
  refuseExisting,
  type WriteOptions,
  writeFileSafely,
} from '../../../src/store/private-file.js';

describe('private files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-file-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (...names: string[]): string => join(folder, ...names);
  const modeOf = (path: string): number => statSync(path).mode & 0o777;
  const refuse: WriteOptions = { mode: 0o600, existing: 'refuse' };

  describe('createFolder', () => {
    it('creates the folder and its parents for the owner alone', async () => {
      await createFolder(at('a', 'b'));
      expect([modeOf(at('a')), modeOf(at('a', 'b'))]).toEqual([0o700, 0o700]);
    });

    it('is content with a folder that exists', async () => {
      await createFolder(folder);
      expect(readdirSync(folder)).toEqual([]);
    });

    it.each([
      ['the path itself', 'file'],
      ['a parent', 'file/below'],
    ])('refuses when %s is a file, and names the path', async (_title, path) => {
      writeFileSync(at('file'), 'kept');
      await expect(createFolder(at(path))).rejects.toMatchObject({
        code: 'ERR_STORE_UNWRITABLE',
        message: expect.stringContaining(at(path)),
        hint: expect.any(String),
      });
      expect(readFileSync(at('file'), 'utf8')).toBe('kept');
    });
  });

  describe('writeFileSafely', () => {
    it.each([0o600, 0o644] as const)('writes the whole content with mode %o and nothing beside it', async (mode) => {
      await writeFileSafely(at('file'), Buffer.from([1, 2, 3]), { mode, existing: 'refuse' });
      expect(readFileSync(at('file'))).toEqual(Buffer.from([1, 2, 3]));
      expect(modeOf(at('file'))).toBe(mode);
      expect(readdirSync(folder)).toEqual(['file']);
    });

    it('refuses to touch a file that exists', async () => {
      writeFileSync(at('file'), 'old');
      await expect(writeFileSafely(at('file'), 'new', refuse)).rejects.toMatchObject({ code: 'ERR_STORE_EXISTS' });
      expect(readFileSync(at('file'), 'utf8')).toBe('old');
      expect(readdirSync(folder)).toEqual(['file']);
    });

    it('lets exactly one of many simultaneous writers win', async () => {
      const attempts = ['a', 'b', 'c', 'd', 'e'].map((text) => writeFileSafely(at('file'), text.repeat(1000), refuse));
      const results = await Promise.allSettled(attempts);
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      expect(readFileSync(at('file'), 'utf8')).toMatch(/^(.)\1{999}$/);
    });

    it('replaces a file in one step, with the mode asked for', async () => {
      writeFileSync(at('file'), 'old', { mode: 0o644 });
      await writeFileSafely(at('file'), 'new', { mode: 0o600, existing: 'replace' });
      expect(readFileSync(at('file'), 'utf8')).toBe('new');
      expect(modeOf(at('file'))).toBe(0o600);
      expect(readdirSync(folder)).toEqual(['file']);
    });

    it('keeps every old file when asked for backups', async () => {
      for (const text of ['first', 'second', 'third']) {
        await writeFileSafely(at('file'), text, { mode: 0o600, existing: 'backup' });
      }
      const contents = readdirSync(folder).map((name) => [name, readFileSync(at(name), 'utf8')]);
      expect(Object.fromEntries(contents)).toEqual({ file: 'third', 'file.bak': 'first', 'file.bak2': 'second' });
    });

    it('leaves nothing behind when the file cannot be put in place', async () => {
      mkdirSync(at('file'));
      await expect(writeFileSafely(at('file'), 'x', { mode: 0o600, existing: 'replace' })).rejects.toMatchObject({
        code: 'ERR_STORE_UNWRITABLE',
      });
      expect(readdirSync(folder)).toEqual(['file']);
    });

    it('names the path when its folder is missing', async () => {
      await expect(writeFileSafely(at('absent', 'file'), 'x', refuse)).rejects.toMatchObject({
        code: 'ERR_STORE_UNWRITABLE',
        message: expect.stringContaining(at('absent', 'file')),
      });
      expect(existsSync(at('absent'))).toBe(false);
    });
  });

  describe('reading', () => {
    it('reads a secret that only its owner may read', async () => {
      writeFileSync(at('key'), 'secret', { mode: 0o600 });
      expect(await readPrivateFile(at('key'))).toBe('secret');
    });

    it.each([0o640, 0o604, 0o620, 0o602, 0o610])(
      'refuses a secret with mode %o, with the chmod to run',
      async (mode) => {
        await writeFileSafely(at('key'), 'secret', refuse);
        chmodSync(at('key'), mode);
        await expect(readPrivateFile(at('key'))).rejects.toMatchObject({
          code: 'ERR_STORE_PERMISSIONS',
          hint: expect.stringContaining('chmod 600'),
        });
      },
    );

    it.each([
      ['a missing file', 'absent', 'ERR_STORE_NOT_FOUND'],
      ['a file below a file', 'long/below', 'ERR_STORE_NOT_FOUND'],
      ['a folder', '.', 'ERR_STORE_PERMISSIONS'],
      ['a file above the limit', 'long', 'ERR_STORE_DAMAGED'],
    ])('refuses %s', async (_title, path, code) => {
      writeFileSync(at('long'), Buffer.alloc(4 * 1024 * 1024 + 1));
      await expect(readBoundedFile(at(path))).rejects.toMatchObject({ code, message: expect.stringContaining(folder) });
    });

    it('stops at the limit when the file does not say its size', async () => {
      await expect(readBoundedFile('/dev/zero')).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    });
  });

  it('reads a longer one where longer ones are expected', async () => {
    writeFileSync(at('list'), Buffer.alloc(5 * 1024 * 1024));
    await expect(readBoundedFile(at('list'))).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    expect(await readBoundedFile(at('list'), undefined, longListBytes)).toHaveLength(5 * 1024 * 1024);
    await expect(readBoundedFile('/dev/zero', undefined, 1024)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });

  it('refuses before any work when one of several files exists', async () => {
    writeFileSync(at('b'), '');
    await refuseExisting([at('a'), at('c')]);
    await expect(refuseExisting([at('a'), at('b')])).rejects.toMatchObject({
      code: 'ERR_STORE_EXISTS',
      message: expect.stringContaining(at('b')),
    });
  });

  describe('named pipes', () => {
    beforeEach(() => {
      execFileSync('mkfifo', ['-m', '600', at('pipe')]);
    });

    it('are read once somebody writes to them', async () => {
      const content = readPrivateFile(at('pipe'));
      await writeFile(at('pipe'), 'secret');
      expect(await content).toBe('secret');
    });

    it('can be left alone when nobody does', async () => {
      const controller = new AbortController();
      const content = readBoundedFile(at('pipe'), controller.signal);
      setImmediate(() => controller.abort());
      await expect(content).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    });
  });
});
