import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readCrl } from '../../src/pki/read-crl.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { createTestDatabase, describeOnPostgres, type TestDatabase } from '../helpers/postgres.js';
import type { CommandResult, CommandWorld } from '../helpers/run-command.js';
import { Serving } from '../helpers/serving.js';

const password = 'correct horse battery staple';

let test: TestHome;
/** Where the backup is. */
let file: string;
/** A home that does not exist yet. */
let other: string;

beforeEach(() => {
  test = makeHome();
  file = test.at('circle.backup');
  other = test.at('other');
});

afterEach(() => test.remove());

async function done(argv: readonly string[], world: Partial<CommandWorld> = {}): Promise<CommandResult> {
  const result = await test.run(argv, world);
  expect(result).toMatchObject({ exitCode: 0 });
  return result;
}

/** A CA with a password, bob (revoked), carol, an open invite and a published list. */
async function makeCircle(): Promise<void> {
  const secret = ['--ca-password-file', test.file('secret', `${password}\n`)];
  await done(['ca', 'init', '--name', 'Ship', ...secret]);
  for (const name of ['bob', 'carol']) await done(['cert', 'issue', name, '--out', test.folder, ...secret]);
  await done(['cert', 'revoke', 'bob', '--reason', 'keyCompromise']);
  await done(['autoca', 'invite', 'dave']);
  await done(['ca', 'crl', ...secret]);
}

const secretFile = () => ['--ca-password-file', test.at('secret')];
const restore = (...flags: string[]) => test.run(['ca', 'restore', file, ...flags], { home: other });
const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');

/** Writes a backup with other lines, and a hash that fits them. */
function rewrite(change: (records: Record<string, unknown>[]) => unknown[]): void {
  const records = lines()
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const text = change(records)
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
  writeFileSync(file, `${text}${JSON.stringify({ sha256: createHash('sha256').update(text).digest('hex') })}\n`);
}

async function certificatesOf(home: string): Promise<unknown> {
  return (await done(['cert', 'list', '--json'], { home })).json().certificates;
}

describe('qtchat ca backup and ca restore', () => {
  beforeEach(makeCircle);

  it('bring everything to another home: CA, certificates, revocations and the log of it all', async () => {
    const before = await certificatesOf(test.home);
    const written = await done(['ca', 'backup', file]);
    expect(written.stdout).toMatch(
      /^Wrote the CA and its ledger \(\d+ audit entries\)\n {2}backup {2}.*circle\.backup\n$/,
    );
    const restored = await restore();
    expect(restored).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Restored the CA "Ship" as it was on'),
    });
    expect(await certificatesOf(other)).toEqual(before);
    for (const name of readdirSync(join(test.home, 'ca'))) {
      expect(readFileSync(join(other, 'ca', name))).toEqual(readFileSync(join(test.home, 'ca', name)));
    }
    expect((await done(['autoca', 'audit', 'verify'], { home: other })).stdout).toContain('is what its audit log says');
    await done(['cert', 'issue', 'erin', '--out', test.folder, ...secretFile()], { home: other });
  });

  it('keep keys for the owner alone, and under their password', async () => {
    await done(['ca', 'backup', file]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toMatch(/BEGIN PRIVATE KEY/);
    await restore();
    const modes = readdirSync(join(other, 'ca')).map((name) => [name, statSync(join(other, 'ca', name)).mode & 0o777]);
    expect(Object.fromEntries(modes)).toMatchObject({ 'ca.key': 0o600, 'root.pem': 0o644 });
    const wrong = test.file('wrong', 'wrong\n');
    const issued = await test.run(['cert', 'issue', 'erin', '--ca-password-file', wrong], { home: other });
    expect(issued).toMatchObject({ exitCode: 5 });
  });

  it('ask for nothing, and warn when the CA key has no password', async () => {
    const plain = { home: test.at('plain') };
    await done(['ca', 'init', '--no-password'], plain);
    const written = await done(['ca', 'backup', file], plain);
    expect(written.stderr).toContain('Warning: the CA key in it has no password');
  });

  it('carry nothing by which an open invite could be used, and end it', async () => {
    await done(['ca', 'backup', file]);
    const invites = lines().filter((line) => line.startsWith('{"table":"invite"'));
    expect(invites).toHaveLength(1);
    expect(JSON.parse(invites[0] ?? '')).toMatchObject({ rows: [{ member: 'dave', psk: { hex: '' } }] });
    const restored = await restore();
    expect(restored.stderr).toContain('1 open invites have ended');
    await done(['cert', 'issue', 'dave', '--out', test.folder, ...secretFile()], { home: other });
  });

  it('never let the number of a revocation list go back, however many were published since', async () => {
    await done(['ca', 'backup', file]);
    let last = 0n;
    for (let count = 0; count < 4; count += 1) {
      await done(['ca', 'crl', '--out', test.at('list.pem'), ...secretFile()]);
      last = readCrl(readFileSync(test.at('list.pem'))).number ?? 0n;
    }
    await restore();
    await done(['ca', 'crl', '--out', test.at('next.pem'), ...secretFile()], { home: other });
    expect(readCrl(readFileSync(test.at('next.pem'))).number).toBeGreaterThan(last);
    expect(readCrl(readFileSync(test.at('next.pem'))).revoked).toHaveLength(1);
  });

  it('say in the audit log that it went on from a backup', async () => {
    await done(['ca', 'backup', file]);
    await restore();
    const { entries } = (await done(['autoca', 'audit', 'list', '--last', '2', '--json'], { home: other })).json();
    expect(entries).toMatchObject([
      { event: 'ledger.restored', actor: 'ca restore', details: { createdAt: expect.any(String) } },
      { event: 'invite.withdrawn', actor: 'ca restore' },
    ]);
  });

  it("take the user's own profiles along, and leave those alone that are there", async () => {
    for (const [home, content] of [
      [test.home, '{"a":1}'],
      [other, '{"b":1}'],
    ] as const) {
      mkdirSync(join(home, 'templates'), { recursive: true, mode: 0o700 });
      writeFileSync(join(home, 'templates', 'vpn.json'), content);
    }
    writeFileSync(join(test.home, 'templates', 'mail.json'), '{"c":1}');
    await done(['ca', 'backup', file]);
    expect(await restore()).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(other, 'templates', 'vpn.json'), 'utf8')).toBe('{"b":1}');
    expect(readFileSync(join(other, 'templates', 'mail.json'), 'utf8')).toBe('{"c":1}');
  });

  it('give one JSON object each', async () => {
    expect((await done(['ca', 'backup', file, '--json'])).json()).toMatchObject({
      path: file,
      encrypted: true,
      oldFile: null,
    });
    const restored = await restore('--json');
    expect(restored.json()).toMatchObject({
      name: 'Ship',
      encrypted: true,
      joined: false,
      endedInvites: 1,
      oldLedger: null,
    });
  });

  it('keep a former backup with --force, and refuse to overwrite it without', async () => {
    await done(['ca', 'backup', file]);
    const first = readFileSync(file);
    expect(await test.run(['ca', 'backup', file])).toMatchObject({ exitCode: 4, stdout: '' });
    expect(readFileSync(file)).toEqual(first);
    await done(['ca', 'backup', file, '--force']);
    expect(readFileSync(`${file}.bak`)).toEqual(first);
  });

  it('put a ledger aside that stands in a home without a CA', async () => {
    await done(['ca', 'backup', file]);
    mkdirSync(other, { mode: 0o700 });
    writeFileSync(join(other, 'ledger.db'), readFileSync(join(test.home, 'ledger.db')), { mode: 0o600 });
    const wal = join(test.home, 'ledger.db-wal');
    if (existsSync(wal)) writeFileSync(join(other, 'ledger.db-wal'), readFileSync(wal), { mode: 0o600 });
    expect(await restore()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('ledger.db.bak') });
  });
});

describe('qtchat ca restore refuses, and leaves nothing behind:', () => {
  beforeEach(async () => {
    await makeCircle();
    await done(['ca', 'backup', file]);
  });

  async function expectRefusal(exitCode: number, message: RegExp | string): Promise<void> {
    const result = await restore();
    expect(result).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
    expect(existsSync(join(other, 'ca'))).toBe(false);
    if (existsSync(other)) expect(await listedNames()).toEqual([]);
  }

  /** What is left in the ledger, if one was begun. */
  async function listedNames(): Promise<string[]> {
    return readdirSync(other).filter((name) => !name.startsWith('ledger.db'));
  }

  it('a home that has a CA', async () => {
    const before = test.everything();
    const result = await test.run(['ca', 'restore', file]);
    expect(result).toMatchObject({
      exitCode: 4,
      stdout: '',
      stderr: expect.stringMatching(/already\. Restore into a home without a CA/),
    });
    expect(test.everything()).toEqual(before);
  });

  it('a file that is not there', async () => {
    expect(await test.run(['ca', 'restore', test.at('absent')], { home: other })).toMatchObject({ exitCode: 3 });
  });

  it('a folder', async () => {
    expect(await test.run(['ca', 'restore', test.folder], { home: other })).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('a file that others may read', async () => {
    chmodSync(file, 0o644);
    await expectRefusal(1, 'others may read it');
  });

  it('something else', async () => {
    for (const content of ['', '\n', '{}', 'PK', `${'x'.repeat(70_000)}\n`, lines()[0] ?? '', `${lines()[0]}\n{}\n`]) {
      writeFileSync(file, content);
      await expectRefusal(1, 'is no whole backup');
    }
  });

  it('a backup that was cut off anywhere, or lacks a line', async () => {
    const all = lines();
    for (let count = 1; count < all.length; count += 1) {
      writeFileSync(file, `${all.slice(0, count).join('\n')}\n`);
      await expectRefusal(1, 'is no whole backup');
      writeFileSync(file, `${all.filter((_, index) => index !== count).join('\n')}\n`);
      await expectRefusal(1, 'is no whole backup');
    }
  });

  it('a backup with one other octet', async () => {
    const content = readFileSync(file);
    for (let at = 5; at < content.length; at += Math.ceil(content.length / 20)) {
      const changed = Buffer.from(content);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(file, changed);
      await expectRefusal(1, 'is no whole backup');
    }
  });

  const tampered: [string, (records: Record<string, unknown>[]) => unknown[], RegExp][] = [
    ['a file outside the home', (all) => [...all, { file: '../evil', mode: 0o600, content: '' }], /is no whole backup/],
    [
      'a file in a folder below',
      (all) => [...all, { file: 'ca/../../x', mode: 0o600, content: '' }],
      /is no whole backup/,
    ],
    ['an absolute path', (all) => [...all, { file: '/tmp/x', mode: 0o600, content: '' }], /is no whole backup/],
    ['a file for all to write', (all) => all.map((one) => ('file' in one ? { ...one, mode: 0o666 } : one)), /no whole/],
    ['no CA key', (all) => all.filter((one) => one.file !== 'ca/ca.key'), /holds no CA/],
    ['no root', (all) => all.filter((one) => one.file !== 'ca/root.pem'), /holds no CA/],
    [
      'no certificates in the root',
      (all) => all.map((one) => (one.file === 'ca/root.pem' ? { ...one, content: '' } : one)),
      /holds no CA/,
    ],
    ['another circle', ([header, ...all]) => [{ ...header, circleId: 'a' }, ...all], /of another circle than it says/],
    ['tables of a newer program', ([header, ...all]) => [{ ...header, tables: 9999 }, ...all], /newer qtchat/],
    ['an unknown table', (all) => [...all, { table: 'sqlite_schema', rows: [{ name: 'x' }] }], /not those of a ledger/],
    ['an unknown column', (all) => [...all, { table: 'fact', rows: [{ 'name") --': 'x' }] }], /not those of a ledger/],
    [
      'a row of another type',
      (all) => [...all, { table: 'member', rows: [{ name: 'x', created_at: 'y' }] }],
      /not those of/,
    ],
    [
      'a value that is none',
      (all) => [...all, { table: 'member', rows: [{ name: 'x', created_at: true }] }],
      /no whole/,
    ],
    ['a log that ends earlier', ([header, ...all]) => [{ ...header, head: null }, ...all], /tampered with/],
    ['rows that are missing', (all) => all.filter((one) => one.table !== 'certificate'), /not those of|tampered with/],
    [
      'a certificate for somebody else',
      (all) => JSON.parse(JSON.stringify(all).replaceAll('"member":"carol"', '"member":"bob"')),
      /tampered with/,
    ],
    [
      'a revocation taken back',
      (all) =>
        JSON.parse(
          JSON.stringify(all).replace(
            /"revoked_at":\d+,"revocation_reason":"\w+"/,
            '"revoked_at":null,"revocation_reason":null',
          ),
        ),
      /the revocation of .* was taken back/,
    ],
  ];
  it.each(tampered)('%s', async (_title, change, message) => {
    rewrite(change);
    await expectRefusal(1, message);
  });
});

describeOnPostgres('ca backup and ca restore with a database server', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
    await done(['ca', 'init', '--no-password']);
    await done(['cert', 'issue', 'bob', '--out', test.folder]);
    const serving = new Serving({ folder: test.home }, '--database', database.server.url);
    await serving.event('listening');
    await serving.stop();
  });

  afterEach(() => database.drop());

  it('bring a ledger from the server into a file', async () => {
    const before = await certificatesOf(test.home);
    await done(['ca', 'backup', file]);
    expect(await restore()).toMatchObject({ exitCode: 0 });
    expect(existsSync(join(other, 'database.json'))).toBe(false);
    expect(await certificatesOf(other)).toEqual(before);
    await done(['autoca', 'audit', 'verify'], { home: other });
  });

  it('make a second host that shares the ledger as it is now', async () => {
    await done(['ca', 'backup', file]);
    await done(['cert', 'issue', 'carol', '--out', test.folder]);
    const joined = await restore('--database', database.server.url);
    expect(joined).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('shares the ledger') });
    expect(await certificatesOf(other)).toEqual(await certificatesOf(test.home));
    await done(['cert', 'issue', 'dave', '--out', test.folder], { home: other });
    expect(await test.run(['cert', 'issue', 'dave', '--out', test.at('x')])).toMatchObject({ exitCode: 4 });
  });

  it('refuse a server that holds another ledger, or none', async () => {
    await done(['ca', 'backup', file]);
    const empty = await createTestDatabase();
    const result = await restore('--database', empty.server.url);
    await empty.drop();
    expect(result).toMatchObject({
      exitCode: 4,
      stdout: '',
      stderr: expect.stringContaining('does not hold the ledger'),
    });
    expect(existsSync(join(other, 'ca'))).toBe(false);
  });
});
