import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { appendAudit } from '../../../src/ledger/audit.js';
import { isSignedBy, readSignedHead, signAuditLog } from '../../../src/ledger/audit-signature.js';
import { issueNextCrl } from '../../../src/ledger/crl.js';
import { writeFact } from '../../../src/ledger/facts.js';
import { createSigner } from '../../../src/ledger/signer.js';
import { createIssuer } from '../../../src/pki/issuer.js';
import { makeCircle } from '../../helpers/certificates.js';
import { dropAuditGuards, makeLedger, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

describeOnEachDatabase("the CA's signature under the audit log", (kind) => {
  let test: TestLedger;
  let entries = 0;

  beforeEach(async () => {
    test = await makeLedger(kind);
  });

  afterEach(() => test.close());

  async function append(count = 1): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      entries += 1;
      const details = { id: String(entries) };
      await appendAudit(test.ledger, { actor: 'test', event: 'invite.created', details }, test.deps);
    }
  }

  const sign = (signer = test.signer) => signAuditLog(test.ledger, signer);

  /** As the host would be after a restart: what was signed before is known from the ledger alone. */
  const freshSigner = () => createSigner(test.issuer, test, test.deps);

  it('is under the newest entry, and the key of this CA made it', async () => {
    await append(2);
    await sign();
    await append();
    await sign();
    const signed = await readSignedHead(test.ledger);
    expect(signed?.sequence).toBe(3);
    expect(signed && isSignedBy(test.issuer, signed)).toBe(true);
  });

  it('counts for no other entry, and no other CA', async () => {
    await append(2);
    await sign();
    const signed = await readSignedHead(test.ledger);
    if (signed === undefined) throw new Error('nothing was signed');
    const other = await makeCircle();
    expect(isSignedBy(createIssuer(other.key, [other.certificate]), signed)).toBe(false);
    expect(isSignedBy(test.issuer, { ...signed, sequence: 1 })).toBe(false);
    expect(isSignedBy(test.issuer, { ...signed, sha256: Buffer.alloc(32) })).toBe(false);
    expect(isSignedBy(test.issuer, { ...signed, signature: Buffer.alloc(0) })).toBe(false);
  });

  it('comes with every revocation list', async () => {
    await issueNextCrl(test.ledger, test.signer, { validityDays: 1, by: 'test' }, test.deps);
    expect((await readSignedHead(test.ledger))?.sequence).toBe(1);
  });

  it('does not come under an empty log', async () => {
    await sign();
    expect(await readSignedHead(test.ledger)).toBeUndefined();
    await expect(test.signer.signAuditHead()).rejects.toMatchObject({ code: 'ERR_LEDGER_DAMAGED' });
  });

  it.each([
    ['cut off', 'delete from audit where sequence >= 2', 1],
    ['written anew', 'delete from audit where sequence >= 2', 3],
    ['removed altogether', 'delete from audit', 4],
  ])(
    'is refused when what was signed was then %s, also by a signer that has just begun',
    async (_title, statement, count) => {
      await append(3);
      await sign();
      await dropAuditGuards(test.ledger, kind);
      await sql.raw(statement).execute(test.ledger);
      await append(count);
      for (const signer of [test.signer, freshSigner()]) {
        await expect(signer.signAuditHead()).rejects.toMatchObject({ code: 'ERR_LEDGER_DAMAGED' });
      }
    },
  );

  it('is refused when an entry behind the signed one was changed', async () => {
    await append(2);
    await sign();
    await append(2);
    await dropAuditGuards(test.ledger, kind);
    await sql`update audit set actor = 'else' where sequence = 3`.execute(test.ledger);
    await expect(sign(freshSigner())).rejects.toMatchObject({ code: 'ERR_LEDGER_DAMAGED' });
    expect((await readSignedHead(test.ledger))?.sequence).toBe(2);
  });

  it('does not keep a revocation list from being issued when the log was tampered with', async () => {
    await append(3);
    await sign();
    await dropAuditGuards(test.ledger, kind);
    await sql`delete from audit where sequence >= 2`.execute(test.ledger);
    const list = await issueNextCrl(test.ledger, test.signer, { validityDays: 1, by: 'test' }, test.deps);
    expect(list.content.length).toBeGreaterThan(0);
    expect((await readSignedHead(test.ledger))?.sequence).toBe(3);
  });

  it('is read as none when it is garbage', async () => {
    for (const garbage of ['', ' ', '0 00 00', 'x', '1e3 00 AA==', '-1 00 AA==']) {
      await writeFact(test.ledger, 'audit_signature', garbage);
      expect(await readSignedHead(test.ledger)).toBeUndefined();
    }
  });
});
