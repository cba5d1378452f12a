import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { identityFolder, speakAs } from '../../../src/store/home.js';
import {
  type Identity,
  listIdentities,
  loadIdentity,
  loadPublicIdentity,
  saveCertificates,
  saveIdentity,
} from '../../../src/store/identities.js';
import { KeyPassword } from '../../../src/store/key-password.js';
import {
  makeCircle,
  makeIntermediate,
  makeMember,
  type TestCircle,
  type TestMember,
} from '../../helpers/certificates.js';

describe('identities', () => {
  const home = { folder: '' };
  let circle: TestCircle;
  let alice: TestMember;
  let identity: Identity;

  beforeAll(async () => {
    circle = await makeCircle();
    const intermediate = await makeIntermediate(circle);
    alice = await makeMember(intermediate, { member: 'alice' });
    identity = {
      member: 'alice',
      circleId: circle.circleId,
      privateKey: alice.key,
      chain: [alice.certificate, intermediate.certificate],
      trustAnchor: circle.certificate,
      keyOrigin: 'server',
    };
  });

  beforeEach(() => {
    home.folder = mkdtempSync(join(tmpdir(), 'qtchat-identity-'));
  });

  afterEach(() => {
    rmSync(home.folder, { recursive: true, force: true });
  });

  const fingerprints = (one: Identity): string[] =>
    [...one.chain, one.trustAnchor].map(({ fingerprint256 }) => fingerprint256);
  const fileOf = (name: string): string => join(identityFolder(home, 'alice'), name);

  it('are loaded as they were saved', async () => {
    await saveIdentity(home, identity, { replace: false });
    const loaded = await loadIdentity(home, 'alice');
    expect(loaded).toMatchObject({ member: 'alice', circleId: circle.circleId, keyOrigin: 'server' });
    expect(fingerprints(loaded)).toEqual(fingerprints(identity));
    expect(loaded.privateKey.equals(identity.privateKey)).toBe(true);
    expect(statSync(fileOf('key.pem')).mode & 0o777).toBe(0o600);
  });

  it('are loaded by default for the member as whom the home speaks', async () => {
    await saveIdentity(home, identity, { replace: false });
    await expect(loadIdentity(home)).rejects.toMatchObject({ code: 'ERR_STORE_NO_IDENTITY' });
    await speakAs(home, 'alice');
    expect((await loadIdentity(home)).member).toBe('alice');
  });

  it('are listed without what is not one', async () => {
    expect(await listIdentities(home)).toEqual([]);
    const bob = await makeMember(circle, { member: 'bob' });
    await saveIdentity(
      home,
      { ...identity, member: 'bob', privateKey: bob.key, chain: [bob.certificate] },
      { replace: false },
    );
    for (const text of ['first', 'second']) {
      await saveIdentity(home, identity, { replace: text === 'second' });
    }
    mkdirSync(join(home.folder, 'identities', '.qtchat-abcdef'));
    expect(await listIdentities(home)).toEqual(['alice', 'bob']);
  });

  it.each(['loadIdentity', 'listIdentities'])(
    'are there for %s when a process died while replacing one',
    async (reader) => {
      await saveIdentity(home, identity, { replace: false });
      const aside = join(home.folder, 'identities', '.alice.new-abcdef');
      mkdirSync(aside);
      renameSync(identityFolder(home, 'alice'), join(aside, 'new'));
      if (reader === 'listIdentities') expect(await listIdentities(home)).toEqual(['alice']);
      expect((await loadIdentity(home, 'alice')).member).toBe('alice');
    },
  );

  it('are not taken from where one was not yet complete', async () => {
    mkdirSync(join(home.folder, 'identities', '.alice.new-abcdef', 'unfinished'), { recursive: true });
    expect(await listIdentities(home)).toEqual([]);
    await expect(loadIdentity(home, 'alice')).rejects.toMatchObject({ code: 'ERR_STORE_NO_IDENTITY' });
  });

  it('are not replaced unasked, and a replaced one is kept', async () => {
    await saveIdentity(home, identity, { replace: false });
    const other = await makeMember(circle, { member: 'alice' });
    const newer: Identity = { ...identity, privateKey: other.key, chain: [other.certificate] };
    await expect(saveIdentity(home, newer, { replace: false })).rejects.toMatchObject({
      code: 'ERR_STORE_EXISTS',
      hint: expect.stringContaining('--force'),
    });
    expect(fingerprints(await loadIdentity(home, 'alice'))).toEqual(fingerprints(identity));
    const old = await saveIdentity(home, newer, { replace: true });
    expect(fingerprints(await loadIdentity(home, 'alice'))).toEqual(fingerprints(newer));
    expect(readFileSync(join(String(old), 'key.pem'), 'utf8')).toBe(alice.keyPem);
  });

  it('are not looked for outside their folder', async () => {
    await expect(loadIdentity(home, '../alice')).rejects.toMatchObject({ code: 'ERR_PKI_NAME_INVALID' });
    await expect(saveIdentity(home, { ...identity, member: '..' }, { replace: true })).rejects.toMatchObject({
      code: 'ERR_PKI_NAME_INVALID',
    });
    expect(readdirSync(home.folder)).toEqual([]);
  });

  it('are missing with a hint to enroll', async () => {
    const expected = { code: 'ERR_STORE_NO_IDENTITY', exitCode: 3, hint: expect.stringContaining('qtchat enroll') };
    await expect(loadIdentity(home)).rejects.toMatchObject(expected);
    await expect(loadIdentity(home, 'bob')).rejects.toMatchObject(expected);
  });

  it.each<[string, string, () => string | Promise<string>]>([
    ['a key that is none', 'key.pem', () => 'x'],
    ['the key of another', 'key.pem', async () => (await makeCircle()).keyPem],
    ['no certificate', 'cert.pem', () => ''],
    ['the certificate of another member', 'cert.pem', async () => (await bobWithKeyOfAlice()).certificatePem],
    ['the root of another circle', 'root.pem', async () => (await makeCircle()).rootPem],
    ['no root', 'root.pem', () => 'x'],
    ['settings that are no JSON', 'identity.json', () => '{'],
    ['settings without key origin', 'identity.json', () => '{"keyOrigin":"elsewhere"}'],
  ])('are called damaged with %s', async (_title, name, content) => {
    await saveIdentity(home, identity, { replace: false });
    writeFileSync(fileOf(name), await content());
    await expect(loadIdentity(home, 'alice')).rejects.toMatchObject({
      code: 'ERR_STORE_DAMAGED',
      message: expect.stringContaining(identityFolder(home, 'alice')),
    });
  });

  it.each(['key.pem', 'cert.pem', 'root.pem', 'identity.json'])('are called damaged without %s', async (name) => {
    await saveIdentity(home, identity, { replace: false });
    rmSync(fileOf(name));
    await expect(loadIdentity(home, 'alice')).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });

  it('are refused when others may read the key', async () => {
    await saveIdentity(home, identity, { replace: false });
    chmodSync(fileOf('key.pem'), 0o644);
    await expect(loadIdentity(home, 'alice')).rejects.toMatchObject({
      code: 'ERR_STORE_PERMISSIONS',
      hint: expect.stringContaining('chmod 600'),
    });
  });

  function bobWithKeyOfAlice(): Promise<TestMember> {
    return makeMember(circle, { member: 'bob', key: alice.key });
  }

  describe('with a password', () => {
    const keyPassword = new KeyPassword('three brown otters');
    const refused = async (loading: Promise<unknown>): Promise<unknown> =>
      loading.catch((error: unknown) => (error as { code?: unknown }).code);

    beforeEach(async () => {
      await saveIdentity(home, { ...identity, keyPassword }, { replace: false });
    });

    it('are written encrypted, and open with it alone', async () => {
      expect(readFileSync(fileOf('key.pem'), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
      expect(await refused(loadIdentity(home, 'alice'))).toBe('ERR_PASSWORD_REQUIRED');
      expect(await refused(loadIdentity(home, 'alice', new KeyPassword('otters')))).toBe('ERR_PASSWORD_WRONG');
      const opened = await loadIdentity(home, 'alice', keyPassword);
      expect(opened.privateKey.equals(alice.key)).toBe(true);
      expect(opened.keyPassword).toBe(keyPassword);
    });

    it('are known without it, all but the key', async () => {
      const known = await loadPublicIdentity(home, 'alice');
      expect(known).toMatchObject({ member: 'alice', keyOrigin: 'server', hasPassword: true });
      expect(Object.keys(known)).not.toContain('privateKey');
    });

    it('get other certificates without it, and the file of the key stays as it is', async () => {
      const before = readFileSync(fileOf('key.pem'));
      const known = await loadPublicIdentity(home, 'alice');
      await saveCertificates(home, { ...known, keyOrigin: 'local' });
      expect(readFileSync(fileOf('key.pem')).equals(before)).toBe(true);
      expect((await loadIdentity(home, 'alice', keyPassword)).keyOrigin).toBe('local');
    });

    it('do not show it where they are printed', async () => {
      const opened = await loadIdentity(home, 'alice', keyPassword);
      expect(JSON.stringify(opened)).not.toContain('otters');
      expect(inspect(opened, { depth: null, showHidden: true })).not.toContain('otters');
    });

    it('are refused, and asked for nothing, where others may read the key', async () => {
      chmodSync(fileOf('key.pem'), 0o640);
      expect(await refused(loadIdentity(home, 'alice', keyPassword))).toBe('ERR_STORE_PERMISSIONS');
      expect(await refused(loadPublicIdentity(home, 'alice'))).toBe('ERR_STORE_PERMISSIONS');
    });
  });
});
