/** What a host is given to hand over: the line, its QR code, a link. */
import { rm } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseInvite } from '../../src/enroll/invite.js';
import { listInvites } from '../../src/ledger/invites.js';
import { openLedger } from '../../src/ledger/open.js';
import type { Home } from '../../src/store/home.js';
import { makeCaHome } from '../helpers/enrollment.js';
import { runCommand } from '../helpers/run-command.js';

describe('autoca invite', () => {
  let home: Home;
  beforeEach(async () => {
    home = await makeCaHome();
  });
  afterEach(() => rm(home.folder, { recursive: true, force: true }));

  const invite = (argv: string[], world = {}) =>
    runCommand(['autoca', 'invite', ...argv], { home: home.folder, ...world });
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true });
  const invites = async () => {
    const ledger = await openLedger(home);
    const found = await listInvites(ledger);
    await ledger.destroy();
    return found;
  };

  it('shows the QR code beside the line on a terminal, white on black', async () => {
    const { stdout, stderr } = await invite(['bob'], { stdin: terminal() });
    expect(parseInvite(stdout).addresses).not.toEqual([]);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const [begin, end] = ['\x1b[97;40m', '\x1b[0m'];
    const lines = stderr.split('\n').filter((text) => text.startsWith(begin) && text.endsWith(end));
    expect(lines.length).toBeGreaterThan(15);
  });

  it('shows it without colors where none are wanted', async () => {
    const { stderr } = await invite(['bob'], { stdin: terminal(), env: { NO_COLOR: '1' } });
    expect(stderr).toMatch(/^[█▀▄ ]{30,}$/m);
    expect(stderr).not.toContain('\x1b');
  });

  it('shows none where nobody looks, unless it must', async () => {
    expect((await invite(['bob'])).stderr).not.toMatch(/[█▀▄]/);
    expect((await invite(['carol', '--qr'])).stderr).toMatch(/^[█▀▄ ]{30,}$/m);
  });

  it('never mixes one with JSON', async () => {
    for (const flags of [[], ['--link']]) {
      const { stdout, stderr } = await invite(['bob', '--replace', '--json', '--qr', ...flags], { stdin: terminal() });
      expect(JSON.parse(stdout)).toMatchObject({ member: 'bob' });
      expect(stderr).toBe('');
    }
  });

  it('makes a link with its password, and says what the certificate must say', async () => {
    const { stdout, stderr, exitCode } = await invite(['bob', '--link']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^http:\/\/\S+:17592\/link\/[\w-]{22}\nPassword: [a-z2-9]{5}(-[a-z2-9]{5}){3}\n$/);
    expect(stderr).toMatch(/Imported, the certificate must say qtchat:\/\/[a-z2-7]{26}\/bob/);
    expect(await invites()).toMatchObject([{ kind: 'link', member: 'bob', state: 'open' }]);
  });

  it('keeps neither the link nor the password', async () => {
    const { link, password } = (await invite(['bob', '--link', '--json'])).json();
    const ledger = await openLedger(home);
    const rows = JSON.stringify([
      await ledger.selectFrom('link').selectAll().execute(),
      await ledger.selectFrom('invite').selectAll().execute(),
      await ledger.selectFrom('audit').select('details').execute(),
    ]);
    await ledger.destroy();
    const id = Buffer.from(String(link).split('/').at(-1) ?? '', 'base64url');
    expect(id).toHaveLength(16);
    for (const secret of [
      String(password),
      id.toString('hex'),
      id.toString('base64url'),
      JSON.stringify([...id]).slice(1, -1),
    ]) {
      expect(rows).not.toContain(secret);
    }
  });

  it.each<[string, string[], number]>([
    ['--legacy without --link', ['bob', '--legacy'], 2],
    ['a name that somebody has been invited to', ['taken', '--link'], 4],
    ['a name that is none', ['Bob!', '--link'], 2],
    ['no time at all', ['bob', '--link', '--expires', '0h'], 2],
  ])('refuses %s', async (_title, argv, exitCode) => {
    await invite(['taken']);
    expect((await invite(argv)).exitCode).toBe(exitCode);
    expect(await invites()).toHaveLength(1);
  });
});
