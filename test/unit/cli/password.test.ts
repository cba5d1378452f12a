import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type PasswordRequest, readPassword } from '../../../src/cli/password.js';
import { type Answer, fakeTerminal } from '../../helpers/fake-terminal.js';

describe('readPassword', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-password-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function fileWith(name: string, content: string): string {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  }

  function world(stdin = '', env: Record<string, string> = {}): PasswordRequest['deps'] {
    return {
      env,
      stdin: Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
      stderr: new PassThrough(),
      signal: new AbortController().signal,
    };
  }

  function terminal(...answers: Answer[]) {
    const keyboard = fakeTerminal(...answers);
    const controller = new AbortController();
    let screen = '';
    const stderr = Object.assign(new PassThrough(), { isTTY: true });
    stderr.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      keyboard.onScreen(screen);
    });
    const deps = { env: {}, stdin: keyboard.stdin, stderr, signal: controller.signal };
    return { deps, keyboard, controller, screen: () => screen };
  }

  describe('without a terminal', () => {
    it.each([
      ['a line', 'secret\n', 'secret'],
      ['a line without an end', 'secret', 'secret'],
      ['a line of Windows', 'secret\r\nmore', 'secret'],
      ['the first of several lines', 'one\ntwo\n', 'one'],
      ['spaces, which belong to it', ' a b \n', ' a b '],
      ['letters of any language', 'grüße\n', 'grüße'],
    ])('takes %s from the file of the flag', async (_title, content, password) => {
      const file = fileWith('flag', content);
      expect(await readPassword({ purpose: 'ca', file, deps: world() })).toBe(password);
    });

    it('stops waiting for standard input when it is cancelled', async () => {
      const controller = new AbortController();
      const deps = { ...world(), stdin: new PassThrough(), signal: controller.signal };
      const password = readPassword({ purpose: 'ca', file: '-', deps });
      setImmediate(() => controller.abort());
      await expect(password).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    });

    it('takes the first line of standard input for -', async () => {
      expect(await readPassword({ purpose: 'ca', file: '-', deps: world('one\ntwo\n') })).toBe('one');
    });

    it('refuses more than 64 KiB on standard input', async () => {
      const deps = world('x'.repeat(64 * 1024 + 1));
      await expect(readPassword({ purpose: 'ca', file: '-', deps })).rejects.toMatchObject({ code: 'ERR_USAGE' });
    });

    it('gives standard input to one password only', async () => {
      const deps = world('one\ntwo\n');
      await readPassword({ purpose: 'ca', file: '-', deps });
      await expect(readPassword({ purpose: 'pfx', file: '-', deps })).rejects.toMatchObject({ code: 'ERR_USAGE' });
    });

    it('prefers flag to environment, environment to credential', async () => {
      mkdirSync(join(folder, 'credentials'));
      fileWith('credentials/qtchat-ca-password', 'from credential');
      const credential = { CREDENTIALS_DIRECTORY: join(folder, 'credentials') };
      const environment = { ...credential, QTCHAT_CA_PASSWORD_FILE: fileWith('env', 'from environment') };
      const file = fileWith('flag', 'from flag');
      expect(await readPassword({ purpose: 'ca', file, deps: world('', environment) })).toBe('from flag');
      expect(await readPassword({ purpose: 'ca', deps: world('', environment) })).toBe('from environment');
      expect(await readPassword({ purpose: 'ca', deps: world('', credential) })).toBe('from credential');
    });

    it('keeps the passwords of different purposes apart', async () => {
      const deps = world('', { QTCHAT_CA_PASSWORD_FILE: fileWith('env', 'for the CA') });
      await expect(readPassword({ purpose: 'pfx', deps })).rejects.toMatchObject({ code: 'ERR_PASSWORD_REQUIRED' });
    });

    it.each([
      ['ca', '--ca-password-file'],
      ['identity', '--identity-password-file'],
      ['pfx', '--pfx-password-file'],
    ] as const)('names the flag when nobody can be asked for the password of %s', async (purpose, flag) => {
      await expect(readPassword({ purpose, deps: world() })).rejects.toMatchObject({
        code: 'ERR_PASSWORD_REQUIRED',
        exitCode: 2,
        hint: expect.stringContaining(flag),
      });
    });

    it('does not ask when the question could not be seen', async () => {
      const { deps } = terminal();
      deps.stderr.isTTY = false;
      await expect(readPassword({ purpose: 'ca', deps })).rejects.toMatchObject({ code: 'ERR_PASSWORD_REQUIRED' });
    });

    it.each([
      ['is empty', '', 'ERR_PASSWORD_REQUIRED'],
      ['begins with an empty line', '\nsecret', 'ERR_PASSWORD_REQUIRED'],
      ['is missing', undefined, 'ERR_STORE_NOT_FOUND'],
    ])('refuses, and tries nothing else, when the file %s', async (_title, content, code) => {
      const file = content === undefined ? join(folder, 'absent') : fileWith('flag', content);
      const deps = world('', { QTCHAT_CA_PASSWORD_FILE: fileWith('env', 'from environment') });
      const request = { purpose: 'ca', file, deps, confirm: true, optional: true } as const;
      await expect(readPassword(request)).rejects.toMatchObject({ code });
    });

    it('refuses an empty standard input', async () => {
      const attempt = readPassword({ purpose: 'ca', file: '-', deps: world() });
      await expect(attempt).rejects.toMatchObject({ code: 'ERR_PASSWORD_REQUIRED' });
    });
  });

  describe('at a terminal', () => {
    it('asks, and does not show what is typed', async () => {
      const { deps, screen } = terminal({ when: 'Password of the CA key', type: 'secret\r' });
      expect(await readPassword({ purpose: 'ca', deps })).toBe('secret');
      expect(screen()).not.toContain('secret');
    });

    it('asks again when the two entries of a new password differ', async () => {
      const { deps, screen, keyboard } = terminal(
        { when: 'New password', type: 'one\r' },
        { when: 'The same again', type: 'two\r' },
        { when: 'New password', type: 'three\r' },
        { when: 'The same again', type: 'three\r' },
      );
      expect(await readPassword({ purpose: 'pfx', confirm: true, deps })).toBe('three');
      expect(screen()).toContain('not the same');
      expect(keyboard.remaining()).toBe(0);
    });

    it.each([
      ['summer', /Weak: /],
      ['zebra cactus ordinary window pledge violin', /Strong: /],
    ])('says how long the new password %p would hold, before it asks again', async (password, words) => {
      const { deps, screen } = terminal(
        { when: 'New password', type: `${password}\r` },
        { when: 'The same again', type: `${password}\r` },
      );
      expect(await readPassword({ purpose: 'pfx', confirm: true, deps })).toBe(password);
      const [before = '', after = ''] = screen().split(words);
      expect(before).not.toContain('The same again');
      expect(after).toContain('The same again');
      expect(screen()).not.toContain(password);
    });

    it('says nothing of a password that is not new', async () => {
      const { deps, screen } = terminal({ when: 'Password of', type: 'summer\r' });
      await readPassword({ purpose: 'ca', deps });
      expect(screen()).not.toMatch(/Weak|Fair|Strong/);
    });

    it('understands Enter as none where none is allowed', async () => {
      const { deps } = terminal({ when: 'Enter for none', type: '\r' });
      expect(await readPassword({ purpose: 'ca', confirm: true, optional: true, deps })).toBeUndefined();
    });

    it('asks on where none is not allowed', async () => {
      const { deps, keyboard } = terminal({ when: 'Password of', type: '\r' }, { when: 'Password of', type: 'x\r' });
      expect(await readPassword({ purpose: 'ca', deps })).toBe('x');
      expect(keyboard.remaining()).toBe(0);
    });

    it('asks nothing when what must go well before does not', async () => {
      const { deps, screen } = terminal();
      const beforeAsking = () => Promise.reject(new Error('bad flag'));
      await expect(readPassword({ purpose: 'ca', beforeAsking, deps })).rejects.toThrow('bad flag');
      expect(screen()).toBe('');
    });

    it('is cancelled by Ctrl-C', async () => {
      const { deps } = terminal({ when: 'Password of', type: 'sec\x03' });
      await expect(readPassword({ purpose: 'ca', deps })).rejects.toMatchObject({
        code: 'ERR_CANCELLED',
        exitCode: 130,
      });
    });

    it('is cancelled when the input is closed', async () => {
      const { deps, keyboard } = terminal();
      const attempt = readPassword({ purpose: 'ca', deps });
      keyboard.stdin.push(null);
      await expect(attempt).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    });

    it.each(['before', 'after'])('is cancelled by a signal that comes %s the question', async (moment) => {
      const { deps, controller } = terminal();
      if (moment === 'before') controller.abort();
      const attempt = readPassword({ purpose: 'ca', deps });
      deps.stderr.on('data', () => setImmediate(() => controller.abort()));
      await expect(attempt).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    });
  });
});
