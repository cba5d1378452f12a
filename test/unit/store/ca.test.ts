import { randomBytes, verify } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encryptPrivateKey } from '../../../src/pki/private-key.js';
import { caKeyIsEncrypted, loadCaChain, openIssuer, refuseExistingCa, saveCa } from '../../../src/store/ca.js';
import { caKeyPath, rootPath } from '../../../src/store/home.js';
import { makeCircle, type TestCircle } from '../../helpers/certificates.js';

describe('the CA of a home', () => {
  const home = { folder: '' };
  let circle: TestCircle;
  let encryptedPem: string;

  beforeAll(async () => {
    circle = await makeCircle();
    encryptedPem = await encryptPrivateKey(circle.key, 'secret', { random: randomBytes });
  });

  beforeEach(() => {
    home.folder = mkdtempSync(join(tmpdir(), 'qtchat-ca-'));
  });

  afterEach(() => {
    rmSync(home.folder, { recursive: true, force: true });
  });

  const save = (keyPem = circle.keyPem, force = false) => saveCa(home, { keyPem, root: circle.certificate }, { force });

  it('is saved with its key for the owner alone', async () => {
    await save();
    expect(statSync(caKeyPath(home)).mode & 0o777).toBe(0o600);
    expect(readFileSync(rootPath(home), 'utf8').trim()).toBe(circle.certificatePem.trim());
  });

  it.each([undefined, 'secret'])('signs with its own key, password %p', async (password) => {
    await save(password === undefined ? circle.keyPem : encryptedPem);
    expect(await caKeyIsEncrypted(home)).toBe(password !== undefined);
    const issuer = await openIssuer(home, password);
    expect(issuer.chain.map(({ fingerprint256 }) => fingerprint256)).toEqual([circle.certificate.fingerprint256]);
    const octets = Buffer.from('to be signed');
    expect(verify('sha256', octets, circle.certificate.publicKey, await issuer.sign(octets))).toBe(true);
  });

  it('is not overwritten, and kept as ca.bak with force', async () => {
    await save();
    await expect(refuseExistingCa(home)).rejects.toMatchObject({ code: 'ERR_STORE_EXISTS' });
    await expect(save(encryptedPem)).rejects.toMatchObject({ code: 'ERR_STORE_EXISTS', exitCode: 4 });
    expect(readFileSync(caKeyPath(home), 'utf8')).toBe(circle.keyPem);
    expect(await save(encryptedPem, true)).toBe(join(home.folder, 'ca.bak'));
    expect(readFileSync(join(home.folder, 'ca.bak', 'ca.key'), 'utf8')).toBe(circle.keyPem);
    expect(readFileSync(caKeyPath(home), 'utf8')).toBe(encryptedPem);
    expect(readdirSync(home.folder).sort()).toEqual(['ca', 'ca.bak']);
  });

  it.each([
    ['no CA', () => Promise.resolve(rmSync(join(home.folder, 'ca'), { recursive: true })), 'secret', 'ERR_STORE_NO_CA'],
    ['no key', () => Promise.resolve(rmSync(caKeyPath(home))), 'secret', 'ERR_STORE_NO_CA'],
    ['no root', () => Promise.resolve(rmSync(rootPath(home))), 'secret', 'ERR_STORE_NO_CA'],
    ['a wrong password', () => Promise.resolve(), 'Secret', 'ERR_PASSWORD_WRONG'],
    ['no password', () => Promise.resolve(), undefined, 'ERR_PASSWORD_REQUIRED'],
    ['a key that others may read', async () => chmodSync(caKeyPath(home), 0o640), 'secret', 'ERR_STORE_PERMISSIONS'],
    ['a root that is none', async () => writeFileSync(rootPath(home), 'x'), 'secret', 'ERR_STORE_DAMAGED'],
    ['a key that is none', async () => writeFileSync(caKeyPath(home), 'x'), 'secret', 'ERR_PKI_KEY_INVALID'],
    [
      'the root of another',
      async () => writeFileSync(rootPath(home), (await makeCircle()).rootPem),
      'secret',
      'ERR_PKI_KEY_INVALID',
    ],
  ])('does not open with %s', async (_title, change, password, code) => {
    await save(encryptedPem);
    await change();
    await expect(openIssuer(home, password)).rejects.toMatchObject({ code });
  });

  it('names the command that makes one where there is none', async () => {
    await expect(loadCaChain(home)).rejects.toMatchObject({
      code: 'ERR_STORE_NO_CA',
      exitCode: 3,
      hint: expect.stringContaining('qtchat ca init'),
    });
    await expect(caKeyIsEncrypted(home)).rejects.toMatchObject({ code: 'ERR_STORE_NO_CA' });
  });
});
