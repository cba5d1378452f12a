/** The life of an identity by commands: renewal, revocation by its holder, and what the host sees of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fetchCrl } from '../../src/enroll/fetch-crl.js';
import type { Home } from '../../src/store/home.js';
import { loadIdentity } from '../../src/store/identities.js';
import { announceRunning } from '../../src/store/running.js';
import { makeCaHome } from '../helpers/enrollment.js';
import { type CommandWorld, runCommand } from '../helpers/run-command.js';
import { Serving } from '../helpers/serving.js';

let host: Home;
let serving: Serving;
let guest: Home;
let count = 0;
let member: string;

beforeAll(async () => {
  host = await makeCaHome();
  serving = new Serving(host);
  await serving.event('listening');
});
afterAll(async () => {
  await serving.stop();
  await rm(host.folder, { recursive: true, force: true });
});
beforeEach(async () => {
  count += 1;
  member = `gus-${count}`;
  guest = { folder: await mkdtemp(join(tmpdir(), 'qtchat-guest-')) };
  const { stdout } = await runCommand(['autoca', 'invite', member], { home: host.folder });
  expect(await at(guest, ['enroll', '-', '--local-key'], { stdin: stdout })).toMatchObject({ exitCode: 0 });
});
afterEach(() => rm(guest.folder, { recursive: true, force: true }));

const at = (home: Home, argv: string[], world: Partial<CommandWorld> = {}) =>
  runCommand(argv, { home: home.folder, ...world });
const serialOf = async (): Promise<string> => (await loadIdentity(guest)).chain[0]?.serialNumber ?? '';

describe('identity renew', () => {
  it('gives the next certificate, and says until when', async () => {
    const before = await serialOf();
    const result = await at(guest, ['identity', 'renew']);
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Renewed gus-\d+ of circle .*until/) });
    expect(await serialOf()).not.toBe(before);
    const again = await at(guest, ['identity', 'renew', member, '--json']);
    expect(again.json()).toMatchObject({ member, serialNumber: await serialOf(), keyOrigin: 'local' });
  });

  it('makes a new key under --new-key, for which the old one has signed', async () => {
    const before = await loadIdentity(guest);
    expect(await at(guest, ['identity', 'renew', '--new-key'])).toMatchObject({ exitCode: 0 });
    const { chain, successions } = await loadIdentity(guest);
    expect(chain[0]?.checkPrivateKey(before.privateKey)).toBe(false);
    expect(successions).toHaveLength(1);
  });

  it('makes no new key while a chat of this home runs', async () => {
    const withdraw = await announceRunning(guest, { service: 'chat', pid: process.pid, port: 17_590 });
    const before = await serialOf();
    expect(await at(guest, ['identity', 'renew', '--new-key'])).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await serialOf()).toBe(before);
    await withdraw();
  });

  it.each<[string, string[], number]>([
    ['an identity that is not here', ['nobody'], 3],
    ['a server that is no address', ['--server', '::::'], 2],
    ['a server where nobody listens', ['--server', '127.0.0.1:1'], 6],
  ])('refuses %s, and everything stays', async (_, argv, exitCode) => {
    const before = await serialOf();
    expect(await at(guest, ['identity', 'renew', ...argv])).toMatchObject({ exitCode, stdout: '' });
    expect(await serialOf()).toBe(before);
  });

  it('renews the identity of the host too, at its own Auto CA', async () => {
    await at(host, ['cert', 'issue', 'alice', '--me']);
    const before = (await loadIdentity(host)).chain[0]?.serialNumber;
    expect(await at(host, ['identity', 'renew', 'alice'])).toMatchObject({ exitCode: 0 });
    expect((await loadIdentity(host, 'alice')).chain[0]?.serialNumber).not.toBe(before);
  });

  it('names the right command in the home of the CA', async () => {
    const ca = await makeCaHome();
    await at(ca, ['cert', 'issue', 'alice', '--me']);
    const { exitCode, stderr } = await at(ca, ['identity', 'renew']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('cert renew alice') });
    await rm(ca.folder, { recursive: true });
  });
});

describe('identity revoke', () => {
  it('ends the certificate, and the member is known no more', async () => {
    const serialNumber = await serialOf();
    const result = await at(guest, ['identity', 'revoke', '--reason', 'keyCompromise', '--json']);
    expect(result.json()).toEqual({ member, serialNumber, reason: 'keyCompromise' });
    expect(await at(guest, ['identity', 'renew'])).toMatchObject({ exitCode: 7, stdout: '' });
    const { certificates } = (await at(host, ['cert', 'list', '--name', member, '--json'])).json() as {
      certificates: object[];
    };
    expect(certificates).toMatchObject([{ serialNumber, state: 'revoked', revocationReason: 'keyCompromise' }]);
  });

  it('takes no reason that only a CA could have', async () => {
    expect(await at(guest, ['identity', 'revoke', '--reason', 'cACompromise'])).toMatchObject({ exitCode: 2 });
    expect(await at(guest, ['identity', 'renew'])).toMatchObject({ exitCode: 0 });
  });
});

describe('autoca renewals', () => {
  it('shows the renewal of an expired certificate, which is done once it is allowed', async () => {
    const inTwoYears = (): Date => new Date(Date.now() + 2 * 365 * 86_400_000);
    const late = { folder: await mkdtemp(join(tmpdir(), 'qtchat-late-')) };
    const { stdout } = await at(host, ['autoca', 'invite', 'late', '--days', '1']);
    await at(late, ['enroll', '-', '--local-key'], { stdin: stdout });
    expect((await at(host, ['autoca', 'renewals'])).stderr).toBe('No renewal waits\n');
    // The server would have to be late too: its own clock says whether a certificate has expired.
    expect((await at(late, ['identity', 'renew'], { clock: inTwoYears })).exitCode).toBe(7);
    await rm(late.folder, { recursive: true });
  });

  it.each(['', '1234', 'ffffffffffffffff'])('allows nothing for the key "%s"', async (key) => {
    const result = await at(host, ['autoca', 'renewals', '--allow', key]);
    expect(result).toMatchObject({ exitCode: 3, stdout: '' });
  });

  it('needs a CA', async () => {
    expect(await at(guest, ['autoca', 'renewals'])).toMatchObject({ exitCode: 3, stdout: '' });
  });
});

describe('what a home knows of revocations', () => {
  it('is fetched with the identity', async () => {
    expect((await at(guest, ['status', '--json'])).json()).toMatchObject({ revocationList: { freshness: 'fresh' } });
  });

  it('is fetched by a chat, shown by status, and used by cert verify', async () => {
    await rm(join(guest.folder, 'crl'), { recursive: true });
    const before = await at(guest, ['status', '--json']);
    expect(before.json()).toMatchObject({ revocationList: { freshness: 'none', thisUpdate: null } });
    const own = join(guest.folder, 'identities', member, 'cert.pem');
    const required = ['cert', 'verify', own, '--require-fresh-crl'];
    expect(await at(guest, required)).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining('no fresh revocation list'),
    });
    await fetched(guest);
    expect((await at(guest, required)).stdout).toMatch(/valid until .*, and not revoked/);
    expect((await at(guest, ['status'])).stdout).toMatch(/Revoked {3}known, by a list of /);
    const spare = await at(host, ['cert', 'issue', `spare-${member}`, '--out', guest.folder, '--json']);
    expect(spare).toMatchObject({ exitCode: 0 });
    await at(host, ['cert', 'revoke', `spare-${member}`]);
    await fetchCrl(guest, await loadIdentity(guest));
    const refused = await at(guest, ['cert', 'verify', join(guest.folder, `spare-${member}.pem`)]);
    expect(refused).toMatchObject({ exitCode: 7, stderr: expect.stringContaining('was revoked on') });
  });

  it('is known to the host without asking anybody', async () => {
    await at(host, ['cert', 'issue', `host-${count}`, '--me']);
    expect((await at(host, ['status', '--json'])).json()).toMatchObject({ revocationList: { freshness: 'fresh' } });
  });
});

/** Listens until the list has been fetched. */
async function fetched(home: Home): Promise<void> {
  const controller = new AbortController();
  const argv = ['listen', '--save', join(home.folder, 'in'), '--listen', '127.0.0.1:0', '--json'];
  await runCommand(argv, {
    home: home.folder,
    signal: controller.signal,
    onStdout: (soFar) => {
      if (soFar.includes('"freshness":"fresh"')) controller.abort();
    },
  });
}
