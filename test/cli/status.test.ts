/** `qtchat status`, also bare `qtchat`: where a person stands and what comes next. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { saveContact } from '../../src/store/contacts.js';
import { speakAs } from '../../src/store/home.js';
import { saveIdentity } from '../../src/store/identities.js';
import { announceRunning } from '../../src/store/running.js';
import { makeCircle } from '../helpers/certificates.js';
import { makeIdentity } from '../helpers/identity.js';
import { Program, runProgram } from '../helpers/program.js';
import { runCommand } from '../helpers/run-command.js';

const clock = (): Date => new Date();

describe('qtchat status', () => {
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'qtchat-status-'));
  });

  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });

  async function makeHost(): Promise<void> {
    expect(await runCommand(['ca', 'init', '--no-password'], { home })).toMatchObject({ exitCode: 0 });
    expect(await runCommand(['cert', 'issue', 'alice', '--me'], { home })).toMatchObject({ exitCode: 0 });
  }

  it('tells a newcomer to join a circle or to start one, and writes nothing', async () => {
    const { stdout, exitCode } = await runCommand(['status'], { home });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/You {7}nobody yet/);
    expect(stdout).toMatch(/Next: qtchat enroll .*qtchat host/);
    expect(await readdir(home)).toEqual([]);
  });

  it('tells who has a CA but no identity how to get one', async () => {
    await runCommand(['ca', 'init', '--no-password'], { home });
    expect((await runCommand(['status'], { home })).stdout).toMatch(/Next: qtchat cert issue --ip \d+\.\d+\.\d+\.\d+/);
  });

  it('tells who waits for the answer to a request how to take it', async () => {
    await runCommand(['cert', 'request', 'bob', '--out', join(home, 'out')], { home });
    expect((await runCommand(['status', '--json'], { home })).json()).toMatchObject({
      requests: ['bob'],
      next: 'qtchat cert import bob.pem --root-file root.pem',
    });
  });

  it('tells a host without contacts to serve the Auto CA', async () => {
    await makeHost();
    const { stdout } = await runCommand(['status'], { home });
    expect(stdout).toMatch(/You {7}alice of circle [a-z2-7]{26}, until \d{4}-/);
    expect(stdout).toMatch(/Running {3}nothing/);
    expect(stdout).toMatch(/Next: qtchat autoca serve/);
  });

  it('tells a host what its ledger knows of revocations, and that no list tells it to members yet', async () => {
    await makeHost();
    const revoked = async (): Promise<string | undefined> =>
      /^Revoked {3}(.*)$/m.exec((await runCommand(['status'], { home })).stdout)?.[1];
    const hint = '; no list tells members of it yet: qtchat autoca serve makes one, or qtchat ca crl';
    expect(await revoked()).toBe(`nothing, by the ledger here${hint}`);
    await runCommand(['cert', 'issue', 'bob', '--out', join(home, 'out')], { home });
    await runCommand(['cert', 'revoke', 'bob'], { home });
    expect(await revoked()).toBe(`1 certificate, by the ledger here${hint}`);
    expect((await runCommand(['status', '--json'], { home })).json()).toMatchObject({ ca: { revoked: 1 } });
    expect(await runCommand(['ca', 'crl'], { home })).toMatchObject({ exitCode: 0 });
    expect(await revoked()).toBe('1 certificate, by the ledger here');
    const { stdout } = await runCommand(['status'], { home, clock: () => new Date(Date.now() + 30 * 86_400_000) });
    expect(stdout).toMatch(/^Revoked {3}1 certificate, by the ledger here; the list that tells members has ended: /m);
  });

  it('tells a member of another circle, who has a CA too, of the list of that circle', async () => {
    await makeHost();
    const other = await makeIdentity(await makeCircle(), { member: 'carol' });
    await saveIdentity({ folder: home }, other, { replace: false });
    await speakAs({ folder: home }, 'carol');
    const { stdout } = await runCommand(['status'], { home });
    expect(stdout).toMatch(/^Revoked {3}not known: no revocation list has been fetched yet$/m);
  });

  it('answers a host whose ledger cannot be read', async () => {
    await makeHost();
    for (const end of ['', '-wal', '-shm']) await rm(join(home, `ledger.db${end}`), { force: true });
    await writeFile(join(home, 'ledger.db'), 'no database');
    const { stdout, exitCode } = await runCommand(['status'], { home });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Revoked {3}not known: /m);
  });

  it('says what runs, and then that waiting for others is next', async () => {
    await makeHost();
    await announceRunning({ folder: home }, { service: 'autoca', pid: process.pid, port: 17592 });
    const { stdout } = await runCommand(['status'], { home });
    expect(stdout).toMatch(/Running {3}autoca on port 17592/);
    expect(stdout).toMatch(/Next: qtchat chat {3}/);
  });

  it('proposes to talk to a contact', async () => {
    await makeHost();
    const { json } = await runCommand(['ca', 'show', '--json'], { home });
    const { circleId } = json() as { circleId: string };
    await saveContact({ folder: home }, { member: 'bob', circleId, addresses: [] }, { clock });
    const status = (await runCommand(['status', '--json'], { home })).json();
    expect(status).toMatchObject({ contacts: ['bob'], next: 'qtchat chat --peer bob', identity: { member: 'alice' } });
  });

  it('asks for a new identity when the one here has expired', async () => {
    await makeHost();
    const later = new Date(Date.now() + 400 * 86_400_000);
    const { stdout } = await runCommand(['status'], { home, clock: () => later });
    expect(stdout).toMatch(/alice .*expired on /);
    expect(stdout).toMatch(/Next: qtchat cert issue /);
  });

  it('is what the bare program says', async () => {
    const { stdout, exitCode } = await runProgram([], { home });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Next: qtchat enroll/);
  });

  it('ends well when whoever reads its output has left', async () => {
    const program = join(packageRoot(), 'bin/run.js');
    const line = `{ '${process.execPath}' '${program}' status; echo "exit $?" >&2; } | true`;
    const shell = new Program(line, { home });
    await shell.ended();
    expect(shell.stderr).toBe('exit 0\n');
  });

  it('refuses a flag that it does not know, with exit code 2 and no stack trace', async () => {
    const { stderr, exitCode } = await runProgram(['--frobnicate'], { home });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Error: .*frobnicate.*\n$/);
  });

  it.each([
    ['cert isue', 'there is no command "cert isue". Did you mean qtchat cert issue? See qtchat cert --help'],
    ['enrol', 'there is no command "enrol". Did you mean qtchat enroll? See qtchat --help'],
    ['frobnicate now', 'there is no command "frobnicate now". See qtchat --help'],
    ['chat bob', 'chat takes no argument, but "bob" was given. To talk to someone: qtchat chat --peer bob'],
    ['help ca x', 'there is no command "ca x". See qtchat ca --help'],
    ['autoca invite', 'missing: NAME (member name of the guest). See qtchat autoca invite --help'],
    ['listen', 'missing: --save. See qtchat listen --help'],
    ['send bob high tide', 'too much: tide (what has spaces belongs in quotes). See qtchat send --help'],
    ['chat --per bob', 'no such flag: --per. See qtchat chat --help'],
    ['ca init --days x', '--days: Expected an integer but received: x. See qtchat ca init --help'],
  ])('answers the mistyped "%s" with one line that says what to type', async (line, text) => {
    const { stderr, exitCode } = await runProgram(line.split(' '), { home });
    expect(stderr).toBe(`Error: ${text}\n`);
    expect(exitCode).toBe(2);
  });

  it('names the topics for what is in them', async () => {
    const { stdout } = await runProgram(['--help'], { home });
    expect(stdout).toMatch(/cert +issue, read, check and move certificates/);
  });
});
