/**
 * Certificates from the moment that they are reserved until they are issued. A row is written first, and committed
 * where another process signs; the signer signs what stands there, and only when the content has been committed
 * may the certificate leave: so nothing is ever out there that the ledger does not know. What was reserved and
 * not completed holds no name, and stands on the revocation lists as soon as it is given up.
 */
import { createHash } from 'node:crypto';
import { QTChatError, quote } from '../errors.js';
import { parseCertificateFields } from '../pki/certificate-fields.js';
import type { CertificatePlan, ReservedCertificate } from '../pki/plan.js';
import type { SubjectAltName } from '../pki/subject-alt-name.js';
import { SubjectPublicKey } from '../pki/subject-public-key.js';
import { appendAudit } from './audit.js';
import { parseNames } from './names.js';
import { inTransaction, type Ledger } from './open.js';
import { prepared } from './prepared.js';
import { certificateDigest } from './row-digest.js';
import type { LedgerSchema } from './schema.js';

/** How long a reserved certificate may be signed. */
export const signingMs = 10 * 60 * 1000;

/** What was reserved. */
export interface Reservation extends Omit<ReservedCertificate, 'validityCut'> {
  /** The profile to issue it by. */
  readonly profileName: string;
}

/** Reserves the serial number of a plan, with all that its certificate follows from. */
export async function reserveCertificate(
  ledger: Ledger,
  plan: CertificatePlan,
  request: { readonly member: string; readonly names: readonly SubjectAltName[]; readonly profileName: string },
  deps: { clock: () => Date },
): Promise<void> {
  const now = deps.clock().getTime();
  await inTransaction(ledger, async (transaction) => {
    await insertMember(transaction, { name: request.member, now });
    await insertCertificate(transaction, reservedRow(plan, request, now));
  });
}

const insertMember = prepared((ledger, { name, now }: { name: string; now: number }) =>
  ledger
    .insertInto('member')
    .values({ name, created_at: now })
    .onConflict((conflict) => conflict.doNothing()),
);

const insertCertificate = prepared((ledger, row: LedgerSchema['certificate']) => {
  const { serial_number, state, member, names, profile, not_before, not_after } = row;
  const { spki, spki_sha256, content, issued_at, revoked_at, revocation_reason } = row;
  const subject = { serial_number, state, member, names, profile, not_before, not_after, spki, spki_sha256 };
  return ledger.insertInto('certificate').values({ ...subject, content, issued_at, revoked_at, revocation_reason });
});

/** The row of a certificate that is reserved. */
export function reservedRow(
  plan: CertificatePlan,
  request: { readonly member: string; readonly names: readonly SubjectAltName[]; readonly profileName: string },
  nowMs: number,
): LedgerSchema['certificate'] {
  const spki = plan.publicKey.der;
  return {
    serial_number: plan.serialNumber,
    state: 'reserved',
    member: request.member,
    names: JSON.stringify(request.names),
    profile: request.profileName,
    not_before: plan.notBefore.getTime(),
    not_after: plan.notAfter.getTime(),
    spki,
    spki_sha256: createHash('sha256').update(spki).digest('hex'),
    content: Buffer.alloc(0),
    issued_at: nowMs,
    revoked_at: null,
    revocation_reason: null,
  };
}

/**
 * What is to be signed under a serial number.
 *
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND` unless it was reserved, for less than {@link signingMs}, and neither
 *   completed nor given up
 */
export async function findReservation(
  ledger: Ledger,
  serialNumber: string,
  deps: { clock: () => Date },
): Promise<Reservation> {
  const since = deps.clock().getTime() - signingMs;
  const { rows } = await reservedCertificate(ledger, { serialNumber, since });
  const [row] = rows;
  if (row === undefined) throw notReserved(serialNumber);
  return {
    serialNumber: row.serial_number,
    member: row.member,
    names: parseNames(row.names),
    profileName: row.profile,
    notBefore: new Date(row.not_before),
    notAfter: new Date(row.not_after),
    publicKey: SubjectPublicKey.parse(row.spki),
  };
}

const reservedCertificate = prepared((ledger, { serialNumber, since }: { serialNumber: string; since: number }) =>
  ledger
    .selectFrom('certificate')
    .selectAll()
    .where('serial_number', '=', serialNumber)
    .where('state', '=', 'reserved')
    .where('revoked_at', 'is', null)
    .where('issued_at', '>', since),
);

/**
 * Stores a certificate that was reserved and has been signed, with its audit entry: from the commit on it may leave.
 *
 * @param issued.by - who asked, for the audit log
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND` when the reservation was given up meanwhile, or is of another key
 */
export async function completeReservation(
  ledger: Ledger,
  issued: {
    readonly serialNumber: string;
    readonly der: Buffer;
    readonly member: string;
    readonly by: string;
  },
  deps: { clock: () => Date },
): Promise<void> {
  const { serialNumber, der, member, by } = issued;
  await inTransaction(ledger, async (transaction) => {
    const { spki } = parseCertificateFields(der);
    const values = { serialNumber, member, spki, der, now: deps.clock().getTime() };
    const { rows } = await completeCertificate(transaction, values);
    const [row] = rows;
    if (row === undefined) throw notReserved(serialNumber);
    const details = { member, serialNumber, digest: certificateDigest(row) };
    await appendAudit(transaction, { actor: by, event: 'certificate.issued', details }, deps);
  });
}

const completeCertificate = prepared(
  (
    ledger,
    {
      serialNumber,
      member,
      spki,
      der,
      now,
    }: { serialNumber: string; member: string; spki: Buffer; der: Buffer; now: number },
  ) =>
    ledger
      .updateTable('certificate')
      .set({ state: 'issued', content: der, issued_at: now })
      .where('serial_number', '=', serialNumber)
      .where('member', '=', member)
      .where('spki', '=', spki)
      .where('state', '=', 'reserved')
      .where('revoked_at', 'is', null)
      .returningAll(),
);

/** Gives a reservation up: it may have been signed, so it is revoked. One that was completed stays as it is. */
export async function abandonReservation(
  ledger: Ledger,
  serialNumber: string,
  by: string,
  deps: { clock: () => Date },
): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('certificate')
      .set({ revoked_at: deps.clock().getTime(), revocation_reason: 'cessationOfOperation' })
      .where('serial_number', '=', serialNumber)
      .where('state', '=', 'reserved')
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return;
    await appendAudit(transaction, { actor: by, event: 'certificate.abandoned', details: { serialNumber } }, deps);
  });
}

/** Gives up what was reserved so long ago that whoever did it must have ended; call it in a transaction. */
export async function abandonStaleReservations(ledger: Ledger, by: string, deps: { clock: () => Date }): Promise<void> {
  const stale = await ledger
    .selectFrom('certificate')
    .select('serial_number')
    .where('state', '=', 'reserved')
    .where('revoked_at', 'is', null)
    .where('issued_at', '<=', deps.clock().getTime() - signingMs)
    .execute();
  for (const { serial_number } of stale) await abandonReservation(ledger, serial_number, by, deps);
}

/** The error for a serial number under which nothing waits to be signed. */
export function notReserved(serialNumber: string): QTChatError {
  return new QTChatError('ERR_LEDGER_NOT_FOUND', `no certificate is reserved under ${quote(serialNumber)}`, {
    hint: 'Only what was reserved within the last ten minutes is signed; ask for the certificate again',
  });
}
