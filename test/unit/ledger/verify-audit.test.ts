import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { completeInvite, reserveInvite } from '../../../src/ledger/answer-invite.js';
import { type AuditHead, appendAudit, auditHead } from '../../../src/ledger/audit.js';
import { revokeCertificate } from '../../../src/ledger/certificates.js';
import { issueNextCrl } from '../../../src/ledger/crl.js';
import { createInvite } from '../../../src/ledger/invites.js';
import { verifyAudit } from '../../../src/ledger/verify-audit.js';
import { makeCircle } from '../../helpers/certificates.js';
import { dropAuditGuards, makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

describeOnEachDatabase('verifyAudit', (kind) => {
  let test: TestLedger;
  /** bob's is revoked, carol's came of an invite, dave's is as it was issued. */
  let bob: string;

  beforeEach(async () => {
    test = await makeLedger(kind);
    const { ledger, deps, signer, profile } = test;
    const issued = await test.issue({ member: 'bob', names: [{ type: 'dns', value: 'bob.home' }] });
    bob = issued.certificate.serialNumber;
    await revokeCertificate(ledger, bob, 'keyCompromise', deps);
    for (const [id, member] of [
      ['i1', 'carol'],
      ['i2', 'erin'],
    ] as const) {
      const expiresAt = new Date(deps.clock().getTime() + 3_600_000);
      await createInvite(ledger, { id, member, names: [], psk: Buffer.alloc(32, 7), validityDays: 1, expiresAt }, deps);
    }
    const { certificate } = await reserveInvite(ledger, signer, profile, 'i1', makePublicKey(), deps);
    await completeInvite(ledger, 'i1', certificate.serialNumber, deps);
    await issueNextCrl(ledger, signer, { validityDays: 1, by: 'test' }, deps);
    await test.issue({ member: 'dave' });
    await dropAuditGuards(ledger, kind);
  });

  afterEach(() => test.close());

  const verify = (known: readonly AuditHead[] = []) => verifyAudit(test.ledger, test.issuer, known);

  const tamper = async (...statements: string[]): Promise<void> => {
    for (const statement of statements) await sql.raw(statement).execute(test.ledger);
  };

  it('finds nothing in a ledger that nobody touched, and says how far the CA signed it', async () => {
    const head = await auditHead(test.ledger);
    expect(await verify(head && [head])).toEqual({ head, signedTo: (head?.sequence ?? 0) - 1, faults: [] });
  });

  it('finds nothing in an empty ledger', async () => {
    const empty = await makeLedger(kind);
    expect(await verifyAudit(empty.ledger, empty.issuer)).toEqual({ head: undefined, signedTo: 0, faults: [] });
    await empty.close();
  });

  it.each([
    ['a changed entry', "update audit set actor = 'else' where sequence = 3", /^entry 3 was changed or removed/],
    ['a missing entry', 'delete from audit where sequence = 3', /^entry 3 was changed or removed/],
    [
      'an end cut off before the signature',
      'delete from audit where sequence > 5',
      /^the CA signed the log up to entry 8/,
    ],
    ['a log that is gone', 'delete from audit', /^the CA signed the log up to entry 8/],
    [
      'a certificate that was taken out',
      "delete from certificate where member = 'dave'",
      /^the certificate \w+ was removed/,
    ],
    ['other names in a certificate', `update certificate set names = '[]' where member = 'bob'`, /\(bob\) was changed/],
    ['another member of a certificate', "update certificate set member = 'carol' where member = 'dave'", /was changed/],
    [
      'a longer life of a certificate',
      "update certificate set not_after = not_after + 1 where member = 'dave'",
      /was changed/,
    ],
    [
      'another profile of a certificate',
      "update certificate set profile = 'server' where member = 'dave'",
      /was changed/,
    ],
    [
      'a revocation taken back',
      "update certificate set revoked_at = null, revocation_reason = null where member = 'bob'",
      /^the revocation of the certificate \w+ was taken back/,
    ],
    [
      'another reason of a revocation',
      "update certificate set revocation_reason = 'superseded' where member = 'bob'",
      /^the reason for which/,
    ],
    [
      'a revocation that nobody asked for',
      "update certificate set revoked_at = 1, revocation_reason = 'unspecified' where member = 'dave'",
      /was revoked without an entry/,
    ],
    [
      'a certificate put back to its reservation',
      "update certificate set state = 'reserved' where member = 'dave'",
      /reads as if it was not/,
    ],
    ['an invite for somebody else', "update invite set member = 'alice' where id = 'i2'", /i2 \(alice\) was changed/],
    ['an invite that may replace', "update invite set replaces = 1 where id = 'i2'", /i2 \(erin\) was changed/],
    [
      'a spent invite opened again',
      "update invite set state = 'open', psk = (select psk from invite where id = 'i2') where id = 'i1'",
      /^the invite i1 \(carol\) had ended, and was opened again/,
    ],
    [
      'a changed revocation list',
      'update crl set content = sha256 from audit where audit.sequence = 1',
      /list \d+ was changed/,
    ],
    ['a removed revocation list', 'delete from crl', /^the revocation list \d+ was removed/],
  ])('finds %s', async (_title, statement, fault) => {
    await tamper(statement);
    const { faults } = await verify();
    expect(faults).toEqual(expect.arrayContaining([expect.stringMatching(fault)]));
  });

  it('finds an invite that was written past the log', async () => {
    await tamper(
      `insert into invite (id, member, names, psk, state, validity_days, replaces, created_at, expires_at)
        select 'i3', 'root', names, psk, 'open', 825, 0, created_at, expires_at from invite where id = 'i2'`,
    );
    expect((await verify()).faults).toEqual(['the invite i3 (root) has no entry in the log']);
  });

  it('finds a certificate that was written past the log', async () => {
    await tamper(
      `insert into certificate select 'AB', state, member, names, profile, not_before, not_after, spki, spki_sha256,
        content, issued_at, revoked_at, revocation_reason from certificate where member = 'dave'`.replace(
        /^insert into certificate/,
        `insert into certificate (serial_number, state, member, names, profile, not_before, not_after, spki, spki_sha256,
        content, issued_at, revoked_at, revocation_reason)`,
      ),
    );
    expect((await verify()).faults).toEqual(['the certificate AB (dave) has no entry in the log']);
  });

  it('finds entries cut off behind the signature, by what was seen earlier', async () => {
    const head = await auditHead(test.ledger);
    await tamper(
      "delete from certificate where member = 'dave'",
      `delete from audit where sequence = ${head?.sequence}`,
    );
    expect((await verify()).faults).toEqual([]);
    expect((await verify(head && [head])).faults).toEqual([
      expect.stringMatching(/^entry 9 is not the one that was seen/),
    ]);
  });

  it('finds a chain that was computed anew with something else in it', async () => {
    await tamper('delete from audit where sequence >= 8');
    for (let index = 0; index < 3; index += 1) {
      await appendAudit(test.ledger, { actor: 'else', event: 'crl.issued', details: {} }, test.deps);
    }
    const { faults } = await verify();
    expect(faults).toContain('the CA signed the log up to entry 8, which was changed or cut off since');
  });

  it("does not take another CA's signature for this one's", async () => {
    const other = await makeCircle();
    const { faults, signedTo } = await verifyAudit(test.ledger, { chain: [other.certificate] });
    expect(signedTo).toBe(0);
    expect(faults).toEqual(["the signature under the log is not this CA's"]);
  });
});
