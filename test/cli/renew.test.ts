/** `cert renew`: the next certificate of a member, from what the ledger holds. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseCertificates } from '../../src/pki/pem.js';
import { loadIdentity } from '../../src/store/identities.js';
import { makeHome, type TestHome } from '../helpers/home.js';

let test: TestHome;

beforeEach(async () => {
  test = makeHome();
  await test.done(['ca', 'init', '--no-password']);
});

afterEach(() => test.remove());

const names = ['--ip', '192.168.1.7', '--dns', 'bob.example.org'];
const issueBob = (...more: string[]) => test.done(['cert', 'issue', 'bob', '--out', test.at('old'), ...names, ...more]);
const leaf = (...path: string[]) => new X509Certificate(readFileSync(test.at(...path)));
const renewTo = (folder: string, ...more: string[]) =>
  test.done(['cert', 'renew', 'bob', '--out', test.at(folder), ...more]);

describe('qtchat cert renew', () => {
  it('keeps key, names and profile, and writes the certificate alone', async () => {
    const { serialNumber } = await issueBob('--profile', 'server', '--key', 'rsa2048');
    const renewed = await renewTo('new');
    expect(renewed).toMatchObject({
      formerSerialNumber: serialNumber,
      newKey: false,
      identity: false,
      files: { certificate: test.at('new', 'bob.pem'), key: null },
    });
    expect(existsSync(test.at('new', 'bob.key'))).toBe(false);
    const [old, next] = [leaf('old', 'bob.pem'), leaf('new', 'bob.pem')];
    expect(next.serialNumber).toBe(renewed.serialNumber);
    expect(next.checkPrivateKey(createPrivateKey(readFileSync(test.at('old', 'bob.key'))))).toBe(true);
    expect([next.subjectAltName, next.keyUsage]).toEqual([old.subjectAltName, old.keyUsage]);
  });

  it('makes a new key of the same kind when told to', async () => {
    await issueBob('--key', 'p384');
    await renewTo('new', '--new-key');
    const key = createPrivateKey(readFileSync(test.at('new', 'bob.key')));
    expect(leaf('new', 'bob.pem').checkPrivateKey(key)).toBe(true);
    expect(leaf('old', 'bob.pem').checkPrivateKey(key)).toBe(false);
    expect(key.asymmetricKeyDetails?.namedCurve).toBe('secp384r1');
  });

  it('revokes the old certificate, and no other', async () => {
    await test.done(['cert', 'issue', 'alice', '--out', test.at('alice')]);
    await issueBob();
    await renewTo('new');
    const { certificates } = (await test.done(['cert', 'list'])) as { certificates: { state: string }[] };
    expect(certificates).toMatchObject([
      { member: 'alice', state: 'valid' },
      { member: 'bob', state: 'revoked', revocationReason: 'superseded' },
      { member: 'bob', state: 'valid' },
    ]);
  });

  it.each<[string, string[]]>([
    ['the same key', []],
    ['a new key', ['--new-key']],
  ])('renews an identity of this home where it is, with %s', async (_, more) => {
    await test.done(['cert', 'issue', 'alice', '--me', '--ip', '192.168.1.100']);
    const former = await loadIdentity({ folder: test.home });
    expect(await test.done(['cert', 'renew', 'alice', ...more])).toMatchObject({
      identity: true,
      files: { certificate: null, key: null },
    });
    const now = await loadIdentity({ folder: test.home });
    expect(now.chain[0]?.serialNumber).not.toBe(former.chain[0]?.serialNumber);
    expect(now.privateKey.equals(former.privateKey)).toBe(more.length === 0);
    expect(now).toMatchObject({ member: 'alice', keyOrigin: 'local' });
  });

  it('puts the intermediate behind the certificate', async () => {
    await test.done(['ca', 'init', '--no-password', '--force', '--intermediate']);
    await issueBob();
    await renewTo('new');
    expect(parseCertificates(readFileSync(test.at('new', 'bob.pem')))).toHaveLength(2);
  });

  it('renews what has expired', async () => {
    await issueBob('--days', '1');
    const later = () => new Date(Date.now() + 3 * 86_400_000);
    const result = await test.run(['cert', 'renew', 'bob', '--out', test.at('new')], { clock: later });
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('has expired') });
  });

  it.each<[string, string[], number, RegExp]>([
    ['nobody of that name', ['nobody'], 3, /"nobody" has no certificate that could be renewed/],
    ['a name that is none', ['No Body'], 2, /is no member name/],
    ['no days', ['bob', '--days', '0'], 2, /a validity of 0 days/],
  ])('refuses %s', async (_, argv, exitCode, message) => {
    await issueBob();
    await test.refused(['cert', 'renew', ...argv, '--out', test.at('new')], exitCode, message);
  });

  it('refuses what was revoked', async () => {
    await issueBob();
    await test.done(['cert', 'revoke', 'bob']);
    await test.refused(['cert', 'renew', 'bob', '--out', test.at('new')], 3, /revoked is not renewed/);
  });

  it('never writes over a file unless told to, and then keeps the old one', async () => {
    await issueBob();
    await test.refused(['cert', 'renew', 'bob', '--out', test.at('old')], 4, /bob\.pem" exists already/);
    await renewTo('old', '--force');
    expect(existsSync(test.at('old', 'bob.pem.bak'))).toBe(true);
  });

  it('changes nothing when one of two files stands in the way', async () => {
    await issueBob();
    mkdirSync(test.at('new'));
    writeFileSync(join(test.at('new'), 'bob.key'), 'precious');
    await test.refused(['cert', 'renew', 'bob', '--new-key', '--out', test.at('new')], 4, /bob\.key" exists already/);
    const { certificates } = (await test.done(['cert', 'list'])) as { certificates: { state: string }[] };
    expect(certificates.map(({ state }) => state)).toEqual(['valid']);
  });
});
