/** Where members listen, as the host sees it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listAt } from '../../src/ledger/directory.js';
import { openLedger } from '../../src/ledger/open.js';
import { makeHome, type TestHome } from '../helpers/home.js';

describe('qtchat autoca directory', () => {
  let test: TestHome;

  beforeEach(async () => {
    test = makeHome();
    await test.done(['ca', 'init', '--no-password']);
    await test.done(['cert', 'issue', 'alice', '--out', test.folder]);
  });
  afterEach(() => test.remove());

  const directory = (...argv: string[]) => test.run(['autoca', 'directory', ...argv]);

  async function aliceListens(): Promise<void> {
    const { certificates } = await test.done(['cert', 'list']);
    const [{ serialNumber = '' } = {}] = certificates as { serialNumber?: string }[];
    const ledger = await openLedger({ folder: test.home });
    const listing = { member: 'alice', serialNumber, port: 17_590, hosts: ['192.168.1.7'] };
    await listAt(ledger, listing, { clock: () => new Date() });
    await ledger.destroy();
  }

  it('shows who can be found, and forgets them when it is switched off', async () => {
    expect(await directory()).toMatchObject({ exitCode: 0, stdout: '', stderr: 'Nobody is listed\n' });
    await aliceListens();
    expect((await directory()).stdout).toMatch(
      /^NAME +ADDRESS +PORT +UNTIL\nalice +192\.168\.1\.7 +17590 +\d\d:\d\d UTC\n$/,
    );
    expect((await directory('--json')).json()).toMatchObject({
      on: true,
      addresses: [{ name: 'alice', host: '192.168.1.7', port: 17_590, until: expect.any(String) }],
    });
    expect(await directory('--off')).toMatchObject({ exitCode: 0, stdout: '', stderr: 'The directory is off\n' });
    expect((await directory('--json')).json()).toEqual({ on: false, addresses: [] });
    expect((await directory('--on', '--json')).json()).toEqual({ on: true, addresses: [] });
    const { entries } = (await test.run(['autoca', 'audit', 'list', '--json'])).json();
    expect(entries).toContainEqual(expect.objectContaining({ event: 'directory.switched' }));
  });

  it('does not do both', async () => {
    expect(await directory('--on', '--off')).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
