import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { reserveInvite } from '../../../src/ledger/answer-invite.js';
import { listCertificates, revokeCertificate } from '../../../src/ledger/certificates.js';
import { createInvite, listInvites } from '../../../src/ledger/invites.js';
import { withdrawInvite } from '../../../src/ledger/issue-member-certificate.js';
import { createLink, findOpenLink, removeEndedFiles, storeLinkFile, takeDownload } from '../../../src/ledger/links.js';
import { makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

const hourMs = 3_600_000;
const most = 5;
const file = Buffer.from('a locked file');

describeOnEachDatabase('links', (kind) => {
  let test: TestLedger;
  beforeEach(async () => {
    test = await makeLedger(kind);
    const expiresAt = new Date(test.deps.clock().getTime() + 24 * hourMs);
    const invite = { id: 'i1', member: 'bob', names: [], psk: Buffer.alloc(32, 7), validityDays: 30, expiresAt };
    await createLink(test.ledger, { invite, idSha256: 'd1', legacy: true }, test.deps);
  });
  afterEach(() => test.close());

  const open = () => findOpenLink(test.ledger, 'd1', test.deps.clock());
  const take = () => takeDownload(test.ledger, 'd1', most, test.deps);
  const storedFiles = async () =>
    (await test.ledger.selectFrom('link').select('locked_file').execute()).map(({ locked_file }) => locked_file);
  async function answer(): Promise<boolean> {
    const { ledger, signer, profile, deps } = test;
    const { certificate } = await reserveInvite(ledger, signer, profile, 'i1', makePublicKey(), deps);
    return storeLinkFile(ledger, { invite: 'i1', serialNumber: certificate.serialNumber, file }, deps);
  }

  it('are open until their file is stored, then hand it out', async () => {
    expect(await open()).toMatchObject({ legacy: true, invite: { kind: 'link', member: 'bob' } });
    expect(await take()).toBeUndefined();
    expect(await answer()).toBe(true);
    expect(await open()).toBeUndefined();
    expect(await take()).toEqual({ file, member: 'bob', invite: 'i1', number: 1 });
  });

  it('forget the seed of the password once the file is made', async () => {
    await answer();
    expect(await listInvites(test.ledger)).toMatchObject([{ state: 'done', psk: Buffer.alloc(0) }]);
  });

  it('hand the file out five times, however many ask at once, and then remove it', async () => {
    await answer();
    const taken = await Promise.all(Array.from({ length: 12 }, take));
    const numbers = taken.flatMap((download) => download?.number ?? []);
    expect(numbers.sort()).toEqual([1, 2, 3, 4, 5]);
    expect(await storedFiles()).toEqual([Buffer.alloc(0)]);
  });

  it('hand nothing out once they have expired, and remove the file', async () => {
    await answer();
    await removeEndedFiles(test.ledger, test.deps);
    expect(await storedFiles()).toEqual([file]);
    test.advance(24 * hourMs);
    expect(await take()).toBeUndefined();
    await removeEndedFiles(test.ledger, test.deps);
    expect(await storedFiles()).toEqual([Buffer.alloc(0)]);
  });

  it('hand nothing out once the certificate is revoked, and remove the file', async () => {
    await answer();
    const [{ serialNumber } = { serialNumber: '' }] = await listCertificates(test.ledger);
    expect(await take()).toMatchObject({ number: 1 });
    await revokeCertificate(test.ledger, serialNumber, 'keyCompromise', test.deps, 'test');
    expect(await take()).toBeUndefined();
    await removeEndedFiles(test.ledger, test.deps);
    expect(await storedFiles()).toEqual([Buffer.alloc(0)]);
  });

  it('cannot be answered once they have expired', async () => {
    test.advance(24 * hourMs);
    expect(await open()).toBeUndefined();
    await expect(answer()).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
  });

  it('end with their invite', async () => {
    await withdrawInvite(test.ledger, 'i1', 'test', test.deps);
    expect(await open()).toBeUndefined();
  });

  it('may be answered again for as long as no file is stored; the former certificate is revoked then', async () => {
    const { ledger, signer, profile, deps } = test;
    const reserve = () => reserveInvite(ledger, signer, profile, 'i1', makePublicKey(), deps);
    const first = await reserve();
    expect(await open()).toMatchObject({ invite: { id: 'i1' } });
    const second = await reserve();
    const store = ({ certificate }: typeof first) =>
      storeLinkFile(ledger, { invite: 'i1', serialNumber: certificate.serialNumber, file }, deps);
    expect(await store(first)).toBe(false);
    expect(await take()).toBeUndefined();
    expect(await store(second)).toBe(true);
    expect(await take()).toMatchObject({ number: 1 });
  });

  it('are not found by the id of their invite, nor are other invites links', async () => {
    await answer();
    expect(await takeDownload(test.ledger, 'i1', most, test.deps)).toBeUndefined();
    const expiresAt = new Date(test.deps.clock().getTime() + hourMs);
    const line = { id: 'd2', member: 'carol', names: [], psk: Buffer.alloc(32), validityDays: 30, expiresAt };
    await createInvite(test.ledger, line, test.deps);
    expect(await findOpenLink(test.ledger, 'd2', test.deps.clock())).toBeUndefined();
  });

  it('hold their name, as every invite does', async () => {
    await expect(test.issue({ member: 'bob' })).rejects.toMatchObject({ code: 'ERR_LEDGER_NAME_TAKEN' });
  });
});
