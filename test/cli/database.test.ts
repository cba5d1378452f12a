/** The ledger on a database server, as users bring it there. */
import { chmod, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { autoCaName } from '../../src/pki/circle.js';
import type { Home } from '../../src/store/home.js';
import { makeCaHome } from '../helpers/enrollment.js';
import {
  createTestDatabase,
  describeOnPostgres,
  guardedPassword,
  guardedUser,
  type TestDatabase,
} from '../helpers/postgres.js';
import { type CommandWorld, runCommand } from '../helpers/run-command.js';
import { Serving } from '../helpers/serving.js';

describeOnPostgres('autoca serve --database', () => {
  let folder: string;
  let home: Home;
  let database: TestDatabase;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-database-'));
    home = await makeCaHome();
    database = await createTestDatabase();
  });

  afterEach(async () => {
    for (const path of [folder, home.folder]) await rm(path, { recursive: true, force: true });
    await database.drop();
  });

  const run = (argv: readonly string[], world: Partial<CommandWorld> = {}) =>
    runCommand(argv, { home: home.folder, ...world });

  /** Who holds certificates, the Auto CA itself left out. */
  async function membersOf(path = home.folder): Promise<string[]> {
    const listed = await runCommand(['cert', 'list', '--json'], { home: path });
    const names = (listed.json().certificates as { member: string }[]).map(({ member }) => member);
    return [...new Set(names)].filter((name) => name !== autoCaName);
  }

  /** Serves until it listens, and ends. */
  async function serve(at: Home, ...flags: string[]): Promise<Record<string, unknown>> {
    const serving = new Serving(at, ...flags);
    const event = await serving.event('database');
    await serving.event('listening');
    await serving.stop();
    return event;
  }

  async function passwordFile(content: string, mode = 0o600): Promise<string> {
    const path = join(folder, 'password');
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  }

  it('takes along what was issued before, and guests enrol into it', async () => {
    await run(['cert', 'issue', 'alice', '--out', folder]);
    const serving = new Serving(home, '--database', database.server.url);
    await serving.event('listening');
    const invited = await run(['autoca', 'invite', 'bob']);
    const guest = join(folder, 'guest');
    expect(await runCommand(['enroll', '-'], { home: guest, stdin: invited.stdout })).toMatchObject({ exitCode: 0 });
    await serving.stop();
    expect((await membersOf()).sort()).toEqual(['alice', 'bob']);
  });

  it('lets two hosts with one CA share one ledger', async () => {
    await serve(home, '--database', database.server.url);
    const second = { folder: join(folder, 'second') };
    await cp(join(home.folder, 'ca'), join(second.folder, 'ca'), { recursive: true });
    await run(['cert', 'issue', 'alice', '--out', folder]);
    await serve(second, '--database', database.server.url);
    expect(await membersOf(second.folder)).toEqual(['alice']);
    const again = await runCommand(['cert', 'issue', 'alice', '--out', folder], { home: second.folder });
    expect(again).toMatchObject({ exitCode: 4 });
  });

  it('refuses a second CA on the same ledger, and its home stays as it was', async () => {
    await serve(home, '--database', database.server.url);
    const other = await makeCaHome();
    const result = await runCommand(['autoca', 'serve', '--port', '0', '--database', database.server.url], {
      home: other.folder,
    });
    expect(result).toMatchObject({ exitCode: 4, stdout: '' });
    expect(result.stderr).toContain('another circle');
    expect(await membersOf(other.folder)).toEqual([]);
    await rm(other.folder, { recursive: true });
  });

  it('refuses a password in the URL, and does not repeat it', async () => {
    const url = 'postgres://tester:hunter2@db.example/ledger';
    const result = await run(['autoca', 'serve', '--port', '0', '--database', url]);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('--database-password-file');
    expect(result.stderr).not.toContain('hunter2');
  });

  it('remembers the file with the password for every other command, but not the password', async () => {
    const file = await passwordFile(`${guardedPassword}\n`);
    const event = await serve(home, '--database', guardedUrl(), '--database-password-file', file);
    expect(JSON.stringify(event)).not.toContain(guardedPassword);
    expect(await readFile(join(home.folder, 'database.json'), 'utf8')).not.toContain(guardedPassword);
    expect(await membersOf()).toEqual([]);
    await chmod(file, 0o644);
    const open = await run(['cert', 'list']);
    expect(open).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('others may read it') });
  });

  it('takes the password from standard input for itself alone', async () => {
    const argv = ['autoca', 'serve', '--host', '127.0.0.1', '--port', '0', '--database', guardedUrl()];
    const controller = new AbortController();
    const served = await run([...argv, '--database-password-file', '-'], {
      stdin: `${guardedPassword}\n`,
      signal: controller.signal,
      onStdout: () => controller.abort(),
    });
    expect(served).toMatchObject({ exitCode: 0 });
    expect(await run(['cert', 'list'])).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('PGPASSFILE') });
    const env = { QTCHAT_DATABASE_PASSWORD_FILE: await passwordFile(guardedPassword) };
    expect(await run(['cert', 'list'], { env })).toMatchObject({ exitCode: 0 });
    await passwordFile('wrong');
    expect(await run(['cert', 'list'], { env })).toMatchObject({ exitCode: 5 });
  });

  it('takes the password from the credentials of a systemd service', async () => {
    await writeFile(join(folder, 'qtchat-database-password'), guardedPassword, { mode: 0o600 });
    const controller = new AbortController();
    const argv = ['autoca', 'serve', '--host', '127.0.0.1', '--port', '0', '--database', guardedUrl()];
    const served = await run(argv, {
      env: { CREDENTIALS_DIRECTORY: folder },
      signal: controller.signal,
      onStdout: () => controller.abort(),
    });
    expect(served).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('The ledger is on') });
  });

  it('exits 6 when the server does not answer, and the home stays as it was', async () => {
    const url = 'postgres://tester@here/ledger?host=/nowhere';
    const result = await run(['autoca', 'serve', '--port', '0', '--database', url]);
    expect(result).toMatchObject({ exitCode: 6, stdout: '' });
    expect(await membersOf()).toEqual([]);
  });

  it('stays where it is when a new CA begins, whose ledger is a file of the home again', async () => {
    await run(['cert', 'issue', 'alice', '--out', folder]);
    await serve(home, '--database', database.server.url);
    const created = await run(['ca', 'init', '--force', '--no-password', '--json']);
    expect(created.json()).toMatchObject({ oldLedger: join(home.folder, 'database.json.bak') });
    expect(await membersOf()).toEqual([]);
    expect(await run(['cert', 'issue', 'alice', '--out', join(folder, 'new')])).toMatchObject({ exitCode: 0 });
    const { size } = await stat(join(home.folder, 'ledger.db'));
    expect(size).toBeGreaterThan(0);
  });

  it('says so when database.json cannot be read', async () => {
    for (const content of ['{', 'null', '{"url":1}', '{"url":"postgres://u@h/d","passwordFile":1}']) {
      await writeFile(join(home.folder, 'database.json'), content);
      const result = await run(['cert', 'list']);
      expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('database.json') });
    }
  });

  /** A schema that the user who needs a password owns. */
  const guardedUrl = (): string => database.url({ user: guardedUser });
});
