/** Credentials for clients of EST, as a host makes them. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listInvites } from '../../src/ledger/invites.js';
import { openLedger } from '../../src/ledger/open.js';
import type { Home } from '../../src/store/home.js';
import { makeCaHome } from '../helpers/enrollment.js';
import { runCommand } from '../helpers/run-command.js';
import { Serving } from '../helpers/serving.js';

describe('autoca invite --est', () => {
  let home: Home;
  beforeEach(async () => {
    home = await makeCaHome();
  });
  afterEach(() => rm(home.folder, { recursive: true, force: true }));

  const invite = (...argv: string[]) => runCommand(['autoca', 'invite', ...argv], { home: home.folder });
  const invites = async () => {
    const ledger = await openLedger(home);
    const found = await listInvites(ledger);
    await ledger.destroy();
    return found;
  };

  it('prints user name and password as clients take them, and says where to ask', async () => {
    const { stdout, stderr, exitCode } = await invite('printer', '--est', '--dns', 'printer.example');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f]{16}:[\w-]{22}\n$/);
    expect(stderr).toMatch(/For printer, once, until .* UTC/);
    expect(stderr).toMatch(/https:\/\/\S+:17593\/\.well-known\/est/);
    const [id] = stdout.split(':');
    expect(await invites()).toMatchObject([{ id, kind: 'est', member: 'printer', state: 'open' }]);
  });

  it('names the port for members of the server that runs', async () => {
    const serving = new Serving(home);
    const { tlsPort } = await serving.event('listening');
    const { url, username, password } = (await invite('printer', '--est', '--json')).json();
    await serving.stop();
    expect(url).toBe(`https://127.0.0.1:${tlsPort}/.well-known/est`);
    expect([username, password]).toEqual([expect.any(String), expect.any(String)]);
  });

  it('keeps nothing by which somebody could ask', async () => {
    const { password } = (await invite('printer', '--est', '--json')).json();
    const ledger = await openLedger(home);
    const rows = [
      ...(await ledger.selectFrom('invite').selectAll().execute()),
      ...(await ledger.selectFrom('audit').selectAll().execute()),
    ];
    await ledger.destroy();
    const octets = Buffer.from(String(password), 'base64url');
    expect(octets).toHaveLength(16);
    for (const form of [String(password), octets.toString('hex'), JSON.stringify([...octets]).slice(1, -1)]) {
      expect(JSON.stringify(rows)).not.toContain(form);
    }
  });

  it.each([
    ['beside --code', ['printer', '--est', '--code'], 2],
    ['beside --link', ['printer', '--est', '--link'], 2],
    ['beside --qr', ['printer', '--est', '--qr'], 2],
    ['for a name that somebody has been invited to', ['taken', '--est'], 4],
    ['for a name that is none', ['Printer!', '--est'], 2],
  ])('is refused %s', async (_, argv, exitCode) => {
    await invite('taken');
    expect((await invite(...argv)).exitCode).toBe(exitCode);
    expect(await invites()).toHaveLength(1);
  });

  it('is refused where there is no CA, and leaves no ledger behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qtchat-none-'));
    const { exitCode } = await runCommand(['autoca', 'invite', 'printer', '--est'], { home: folder });
    expect(exitCode).toBe(3);
    expect(existsSync(join(folder, 'ledger.db'))).toBe(false);
    await rm(folder, { recursive: true });
  });
});
