/** `cert revoke` and `ca crl`: what was revoked stands on the list, and OpenSSL agrees. */
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readCrl, verifyCrl } from '../../src/pki/read-crl.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;

beforeEach(async () => {
  test = makeHome();
  await test.done(['ca', 'init', '--no-password']);
});

afterEach(() => test.remove());

const crlFile = (): string => join(test.home, 'ca', 'crl.pem');
const rootFile = (): string => join(test.home, 'ca', 'root.pem');
const issue = (name: string) => test.done(['cert', 'issue', name, '--out', test.folder]);

const readList = () => {
  const crl = readCrl(readFileSync(crlFile()));
  verifyCrl(crl, new X509Certificate(readFileSync(rootFile())));
  return crl;
};

describe('qtchat cert revoke', () => {
  it('revokes by name, says so, and points to the list', async () => {
    const { serialNumber } = await issue('bob');
    const result = await test.run(['cert', 'revoke', 'bob', '--reason', 'keyCompromise']);
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: `Revoked the certificate ${serialNumber} of bob\n`,
      stderr: expect.stringContaining('qtchat ca crl'),
    });
    expect(await test.done(['cert', 'list'])).toMatchObject({
      certificates: [{ serialNumber, state: 'revoked', revocationReason: 'keyCompromise' }],
    });
  });

  it.each([
    ['upper case', (serial: string) => serial],
    ['lower case', (serial: string) => serial.toLowerCase()],
    ['pairs with colons', (serial: string) => (serial.match(/../g) ?? []).join(':')],
  ])('revokes one certificate by its serial number in %s', async (_, write) => {
    const { serialNumber } = await issue('bob');
    expect(await test.done(['cert', 'revoke', write(String(serialNumber))])).toMatchObject({
      revoked: [{ serialNumber, member: 'bob', reason: 'unspecified', already: false }],
    });
  });

  it('leaves what is revoked as it is, and says when that was', async () => {
    const { serialNumber } = await issue('bob');
    await test.done(['cert', 'revoke', 'bob', '--reason', 'superseded']);
    const again = await test.done(['cert', 'revoke', String(serialNumber), '--reason', 'keyCompromise']);
    expect(again).toMatchObject({ revoked: [{ reason: 'superseded', already: true }] });
  });

  it.each<[string, string[], number, RegExp]>([
    ['nobody of that name', ['nobody'], 3, /nothing to revoke.*"nobody"/],
    ['a serial number of nothing', ['00FF'], 3, /nothing to revoke/],
    ['an unknown reason', ['bob', '--reason', 'boredom'], 2, /"boredom" is no reason: expected unspecified, /],
    ['a hold, which could be taken back', ['bob', '--reason', 'certificateHold'], 2, /is no reason/],
  ])('refuses %s', async (_, argv, exitCode, message) => {
    await issue('bob');
    await test.refused(['cert', 'revoke', ...argv], exitCode, message);
  });

  it('refuses a member who has no valid certificate any more', async () => {
    await issue('bob');
    await test.done(['cert', 'revoke', 'bob']);
    await test.refused(['cert', 'revoke', 'bob'], 3, /no valid certificate of a member "bob"/);
  });

  it('refuses a home without a CA, and makes no ledger there', async () => {
    const home = test.at('elsewhere');
    expect(await test.run(['cert', 'revoke', 'bob'], { home })).toMatchObject({ exitCode: 3 });
    expect(existsSync(home)).toBe(false);
  });
});

describe('qtchat ca crl', () => {
  it('names what was revoked, when and why, and nothing else', async () => {
    await issue('alice');
    const { serialNumber } = await issue('bob');
    await test.done(['cert', 'revoke', 'bob', '--reason', 'cessationOfOperation']);
    const written = await test.done(['ca', 'crl']);
    expect(written).toMatchObject({ path: crlFile(), count: 1 });
    const crl = readList();
    expect(crl.revoked).toMatchObject([{ serialNumber, reason: 'cessationOfOperation' }]);
    expect(crl.number).toBe(BigInt(Number(written.number)));
    expect((crl.nextUpdate?.getTime() ?? 0) - crl.thisUpdate.getTime()).toBe(7 * 86_400_000);
  });

  it('numbers by the Unix time, and rises by one within a second', async () => {
    const clock = () => new Date('2030-01-01T00:00:00.900Z');
    const start = clock().getTime();
    expect(await test.done(['ca', 'crl'], clock)).toMatchObject({ number: Math.floor(start / 1000), count: 0 });
    expect(await test.done(['ca', 'crl'], clock)).toMatchObject({ number: Math.floor(start / 1000) + 1 });
    const later = () => new Date(start + 10_000);
    expect(await test.done(['ca', 'crl'], later)).toMatchObject({ number: Math.floor(start / 1000) + 10 });
  });

  it('keeps a revoked certificate on the lists until one has named it after its end', async () => {
    await test.done(['cert', 'issue', 'bob', '--days', '1', '--out', test.folder]);
    await test.done(['cert', 'revoke', 'bob']);
    const counts: unknown[] = [];
    for (const days of [0, 2, 3]) {
      const clock = () => new Date(Date.now() + days * 86_400_000);
      counts.push((await test.done(['ca', 'crl'], clock)).count);
    }
    expect(counts).toEqual([1, 1, 0]);
  });

  it('refuses a clock that has gone back behind the last list', async () => {
    await test.done(['ca', 'crl']);
    const yesterday = () => new Date(Date.now() - 86_400_000);
    await test.refused(['ca', 'crl'], 2, /later than now/, yesterday);
  });

  it('goes on when it is told that the clock was ahead, and forgets nobody on the way', async () => {
    await test.done(['cert', 'issue', 'bob', '--days', '30', '--out', test.folder]);
    await test.done(['cert', 'revoke', 'bob']);
    const nextYear = () => new Date(Date.now() + 365 * 86_400_000);
    const { number } = await test.done(['ca', 'crl'], nextYear);
    await test.refused(['ca', 'crl'], 2, /later than now.*--clock-was-ahead/);
    const written = await test.done(['ca', 'crl', '--clock-was-ahead']);
    expect(written).toMatchObject({ number: Number(number) + 1, count: 1 });
    expect(readList().thisUpdate.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('refuses to go on with an old ledger, which has forgotten what was published', async () => {
    await issue('bob');
    cpSync(test.home, test.at('old'), { recursive: true });
    await test.done(['cert', 'revoke', 'bob']);
    await test.done(['ca', 'crl']);
    for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm']) {
      rmSync(join(test.home, name), { force: true });
      if (existsSync(test.at('old', name))) copyFileSync(test.at('old', name), join(test.home, name));
    }
    await test.refused(['ca', 'crl'], 1, /does not know the revocation list \d+.*Restore the newest/);
  });

  it('never uses a number again, though the file of its list could not be written', async () => {
    const clock = () => new Date('2030-01-01T00:00:00Z');
    symlinkSync(test.at('nowhere'), test.at('dangling.crl'));
    expect(await test.run(['ca', 'crl', '--out', test.at('dangling.crl')], { clock })).toMatchObject({ exitCode: 4 });
    expect(await test.done(['ca', 'crl'], clock)).toMatchObject({ number: clock().getTime() / 1000 + 1 });
  });

  it.each(['0', '-1', '91'])('refuses a list for %s days', async (days) => {
    await test.refused(['ca', 'crl', `--days=${days}`], 2, /whole number from 1 to 90/);
  });

  it('never writes over a file that is no list of this CA', async () => {
    const other = makeHome();
    await other.run(['ca', 'init', '--no-password']);
    await other.run(['ca', 'crl', '--out', test.at('other.crl')]);
    other.remove();
    await test.refused(['ca', 'crl', '--out', test.at('other.crl')], 4, /other\.crl" exists already/);
    await test.refused(['ca', 'crl', '--out', test.file('notes', 'mine')], 4, /notes" exists already/);
  });
});

describeWith('openssl', 'OpenSSL and our lists', () => {
  it.each(['p256', 'p384', 'ed25519', 'rsa2048'])(
    'reads and believes one signed with a key of type %s',
    async (key) => {
      await test.done(['ca', 'init', '--no-password', '--force', '--key', key]);
      await issue('alice');
      await issue('bob');
      await issue('carol');
      await test.done(['cert', 'revoke', 'bob', '--reason', 'keyCompromise']);
      await test.done(['cert', 'revoke', 'carol']);
      await test.done(['ca', 'crl']);
      const text = execFileSync('openssl', ['crl', '-in', crlFile(), '-noout', '-text'], { encoding: 'utf8' });
      expect(text).toMatch(/Version 2 \(0x1\)[\s\S]*X509v3 CRL Number:[\s\S]*Key Compromise/);
      const signature = spawnSync('openssl', ['crl', '-in', crlFile(), '-noout', '-CAfile', rootFile(), '-verify']);
      expect(signature.stderr.toString()).toContain('verify OK');
      const verdict = (name: string): string => {
        const files = ['-CAfile', rootFile(), '-CRLfile', crlFile(), test.at(`${name}.pem`)];
        const run = spawnSync('openssl', ['verify', '-x509_strict', '-crl_check', ...files], { encoding: 'utf8' });
        return run.stdout + run.stderr;
      };
      expect(verdict('alice')).toContain('OK');
      expect(verdict('bob')).toContain('certificate revoked');
      expect(verdict('carol')).toContain('certificate revoked');
    },
  );
});
