import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Libsql from 'libsql';
import { makeHome, type TestHome } from '../helpers/home.js';
import type { CommandResult } from '../helpers/run-command.js';

describe('qtchat autoca audit', () => {
  let test: TestHome;

  beforeEach(async () => {
    test = makeHome();
    await done(['ca', 'init', '--no-password']);
  });

  afterEach(() => test.remove());

  async function done(argv: readonly string[]): Promise<CommandResult> {
    const result = await test.run(argv);
    expect(result).toMatchObject({ exitCode: 0 });
    return result;
  }

  const issue = (name: string) => done(['cert', 'issue', name, '--out', test.folder]);
  const verify = (...flags: string[]) => test.run(['autoca', 'audit', 'verify', ...flags]);

  /** Does to the ledger what its owner would not. */
  function tamper(...statements: string[]): void {
    const database = new Libsql(join(test.home, 'ledger.db'));
    database.exec('drop trigger if exists audit_refuses_update; drop trigger if exists audit_refuses_delete');
    for (const statement of statements) database.exec(statement);
    database.close();
  }

  it('lists what happened, with an answer to when, what and who', async () => {
    await issue('bob');
    await done(['cert', 'revoke', 'bob']);
    const { stdout } = await done(['autoca', 'audit', 'list']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^NO +AT +WHAT +BY +DETAILS$/);
    expect(lines[1]).toMatch(/^1 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +certificate\.issued +cert issue +bob [0-9A-F]+$/);
    expect(lines[2]).toMatch(/^2 .* certificate\.revoked +cert revoke +bob [0-9A-F]+ unspecified$/);
    expect(lines).toHaveLength(3);
  });

  it('lists the newest entries alone, and all as JSON', async () => {
    for (const name of ['ann', 'bob', 'cid']) await issue(name);
    const { entries } = (await done(['autoca', 'audit', 'list', '--last', '2', '--json'])).json();
    expect(entries).toMatchObject([
      { sequence: 2, actor: 'cert issue', event: 'certificate.issued', details: { member: 'bob' } },
      { sequence: 3, details: { member: 'cid' } },
    ]);
  });

  it('says so when nothing is recorded', async () => {
    expect(await done(['autoca', 'audit', 'list'])).toMatchObject({ stdout: '', stderr: 'Nothing is recorded yet\n' });
    expect((await done(['autoca', 'audit', 'verify', '--json'])).json()).toEqual({
      entries: 0,
      signedTo: 0,
      head: null,
    });
  });

  it('shows no terminal sequence that stands in the log', async () => {
    await issue('bob');
    tamper(`update audit set actor = char(27) || '[2J'`);
    expect((await done(['autoca', 'audit', 'list'])).stdout).not.toContain('\u001b');
  });

  it('finds nothing wrong, and says what the CA has signed and what to keep', async () => {
    await issue('bob');
    const before = await verify();
    expect(before).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('1 entries, of which the CA has signed 0'),
    });
    expect(before.stderr).toContain('qtchat ca crl');
    await done(['ca', 'crl']);
    const after = await verify();
    expect(after.stdout).toMatch(/2 entries, of which the CA has signed 2\n {2}end {2}2:[0-9a-f]{64}\n$/);
  });

  it('exits 1 with a sentence for each fault', async () => {
    await issue('bob');
    await done(['cert', 'revoke', 'bob']);
    tamper('update certificate set revoked_at = null, revocation_reason = null');
    const result = await verify();
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^Error: the ledger was tampered with: the revocation of .* was taken back\./);
    expect((await verify('--json')).json()).toMatchObject({ error: { code: 'ERR_LEDGER_DAMAGED' } });
  });

  it('shows ten faults, and counts the others', async () => {
    for (let index = 0; index < 12; index += 1) await issue(`m${index}`);
    tamper("update certificate set profile = 'server'");
    expect((await verify()).stderr).toContain('; and 2 more');
  });

  it('finds that an older copy of the ledger was put back, by what this home saw last', async () => {
    await issue('bob');
    cpSync(test.home, test.at('older'), { recursive: true });
    await issue('carol');
    await done(['autoca', 'audit', 'verify']);
    for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm']) {
      rmSync(join(test.home, name), { force: true });
      const copy = test.at('older', name);
      if (existsSync(copy)) cpSync(copy, join(test.home, name));
    }
    expect(await verify()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('an old copy') });
  });

  it('finds the same by an end that was kept elsewhere, and takes nothing else for one', async () => {
    await issue('bob');
    const { head } = (await done(['autoca', 'audit', 'verify', '--json'])).json() as { head: string };
    expect(await verify('--head', head)).toMatchObject({ exitCode: 0 });
    const other = `${head.slice(0, -1)}${head.endsWith('0') ? '1' : '0'}`;
    expect(await verify('--head', other)).toMatchObject({ exitCode: 1 });
    for (const text of ['', '1', `0:${'0'.repeat(64)}`, `1:${'0'.repeat(63)}`, `1e1:${'0'.repeat(64)}`]) {
      expect(await verify('--head', text)).toMatchObject({ exitCode: 2, stdout: '' });
    }
  });

  it('says so when what this home saw last cannot be read', async () => {
    await issue('bob');
    for (const content of ['', 'null', '{"head":1}', '{"head":"x"}']) {
      writeFileSync(join(test.home, 'audit-head.json'), content);
      expect(await verify()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('audit-head.json') });
    }
  });

  it('begins anew with a new CA', async () => {
    await issue('bob');
    await done(['autoca', 'audit', 'verify']);
    await done(['ca', 'init', '--no-password', '--force']);
    expect(existsSync(join(test.home, 'audit-head.json'))).toBe(false);
    await issue('carol');
    expect(await verify()).toMatchObject({ exitCode: 0 });
  });

  it.each(['list', 'verify'])('needs a CA, and leaves no ledger where there is none (%s)', async (command) => {
    const result = await test.run(['autoca', 'audit', command], { home: test.at('none') });
    expect(result).toMatchObject({ exitCode: 3, stdout: '' });
    expect(existsSync(test.at('none'))).toBe(false);
  });

  it('remembers the end for the owner alone', async () => {
    await issue('bob');
    await done(['autoca', 'audit', 'verify']);
    expect(JSON.parse(readFileSync(join(test.home, 'audit-head.json'), 'utf8'))).toEqual({
      head: expect.stringMatching(/^1:[0-9a-f]{64}$/),
    });
  });
});
