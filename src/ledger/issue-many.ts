/**
 * Certificates for many members at once, in the steps of issue-member-certificate.ts: reserved in one
 * commit, read back to be signed, stored in one commit. All of them are, or none.
 */
import { parseCertificateFields } from '../pki/certificate-fields.js';
import type { CertificatePlan, ReservedCertificate } from '../pki/plan.js';
import type { SubjectAltName } from '../pki/subject-alt-name.js';
import { appendEntries } from './append-entries.js';
import { revokeCertificate } from './certificates.js';
import { nameHoldersAmong, nameTaken } from './members.js';
import { parseNames } from './names.js';
import { inTransaction, type Ledger } from './open.js';
import { abandonReservation, notReserved, reservedRow } from './reservations.js';
import { certificateDigest } from './row-digest.js';
import { writeRows } from './tables.js';

/** A plan, and the names that its member asked for. */
export interface PlannedMember {
  readonly plan: CertificatePlan;
  readonly names: readonly SubjectAltName[];
}

/** What was reserved, its public key in DER. */
export interface ReservedRow extends Omit<ReservedCertificate, 'publicKey' | 'validityCut'> {
  readonly spki: Uint8Array;
}

/** A certificate that was signed, in DER. */
export interface SignedMember {
  readonly member: string;
  readonly serialNumber: string;
  readonly der: Uint8Array;
}

/** So many values in one query: far below what databases take. */
const pageSize = 500;

/**
 * Reserves a serial number for each plan.
 *
 * @param terms.replace - names may be taken
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN`; then none is reserved
 */
export async function reserveMany(
  ledger: Ledger,
  planned: readonly PlannedMember[],
  terms: { readonly profileName: string; readonly replace: boolean },
  deps: { clock: () => Date },
): Promise<void> {
  const { profileName, replace } = terms;
  await inTransaction(ledger, async (transaction) => {
    const members = planned.map(({ plan }) => plan.commonName);
    if (!replace) await refuseTakenNames(transaction, members, deps.clock());
    const now = deps.clock().getTime();
    for (const page of pagesOf(members)) {
      await transaction
        .insertInto('member')
        .values(page.map((name) => ({ name, created_at: now })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    const rows = planned.map(({ plan, names }) =>
      reservedRow(plan, { member: plan.commonName, names, profileName }, now),
    );
    await writeRows(
      transaction,
      'certificate',
      rows.map((row) => ({ ...row })),
    );
  });
}

/** What was reserved under these serial numbers, in any order; what was given up is left out. */
export async function findReservedMany(ledger: Ledger, serialNumbers: readonly string[]): Promise<ReservedRow[]> {
  const found: ReservedRow[] = [];
  for (const page of pagesOf(serialNumbers)) {
    const rows = await ledger
      .selectFrom('certificate')
      .select(['serial_number', 'member', 'names', 'spki', 'not_before', 'not_after'])
      .where('serial_number', 'in', page)
      .where('state', '=', 'reserved')
      .where('revoked_at', 'is', null)
      .execute();
    for (const { serial_number: serialNumber, member, names, spki, not_before, not_after } of rows) {
      const dates = { notBefore: new Date(not_before), notAfter: new Date(not_after) };
      found.push({ serialNumber, member, names: parseNames(names), spki, ...dates });
    }
  }
  return found;
}

/**
 * Refuses when a valid certificate or an open invite holds one of the names.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN`
 */
export async function refuseTakenNames(ledger: Ledger, members: readonly string[], now: Date): Promise<void> {
  for (const page of pagesOf(members)) {
    const [holder] = await nameHoldersAmong(ledger, page, now);
    if (holder !== undefined) throw nameTaken(holder);
  }
}

/**
 * Stores certificates that were reserved and have been signed: from the commit on they may leave.
 *
 * @param options.by - who asked, for the audit log
 * @param options.replace - names may be taken by now
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN`, `ERR_LEDGER_NOT_FOUND` when a reservation was given up meanwhile;
 *   then none is stored
 */
export async function completeMany(
  ledger: Ledger,
  signed: readonly SignedMember[],
  options: { readonly by: string; readonly replace: boolean },
  deps: { clock: () => Date },
): Promise<void> {
  const { by, replace } = options;
  await inTransaction(ledger, async (transaction) => {
    const members = signed.map(({ member }) => member);
    if (!replace) await refuseTakenNames(transaction, members, deps.clock());
    const digests = new Map<string, string>();
    for (const page of pagesOf(signed)) await storePage(transaction, page, digests, deps);
    const entries = signed.map(({ member, serialNumber }) => {
      const details = { member, serialNumber, digest: digests.get(serialNumber) ?? '' };
      return { actor: by, event: 'certificate.issued', details } as const;
    });
    await appendEntries(transaction, entries, deps);
  });
}

async function storePage(
  ledger: Ledger,
  signed: readonly SignedMember[],
  digests: Map<string, string>,
  deps: { clock: () => Date },
): Promise<void> {
  const serials = signed.map(({ serialNumber }) => serialNumber);
  const reserved = await ledger.selectFrom('certificate').selectAll().where('serial_number', 'in', serials).execute();
  const rows = new Map(reserved.map((row) => [row.serial_number, row]));
  const stored = signed.map(({ serialNumber, der }) => {
    const row = rows.get(serialNumber);
    const content = Buffer.from(der);
    const { spki } = parseCertificateFields(content);
    if (row?.state !== 'reserved' || row.revoked_at !== null || !row.spki.equals(spki)) throw notReserved(serialNumber);
    return { ...row, state: 'issued' as const, content, issued_at: deps.clock().getTime() };
  });
  // They all exist: nothing is inserted, and one statement changes many rows.
  const changed = await ledger
    .insertInto('certificate')
    .values(stored)
    .onConflict((conflict) =>
      conflict
        .column('serial_number')
        .doUpdateSet((row) => ({
          state: row.ref('excluded.state'),
          content: row.ref('excluded.content'),
          issued_at: row.ref('excluded.issued_at'),
        }))
        .where('certificate.state', '=', 'reserved')
        .where('certificate.revoked_at', 'is', null),
    )
    .returning('serial_number')
    .execute();
  if (changed.length !== stored.length) throw notReserved(serials[0] ?? '');
  for (const row of stored) digests.set(row.serial_number, certificateDigest(row));
}

/** Gives up what was reserved and not stored, and revokes what was, with one commit. */
export async function withdrawMany(
  ledger: Ledger,
  serialNumbers: readonly string[],
  by: string,
  deps: { clock: () => Date },
): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    for (const page of pagesOf(serialNumbers)) {
      const rows = await transaction
        .selectFrom('certificate')
        .select(['serial_number', 'state'])
        .where('serial_number', 'in', page)
        .execute();
      for (const { serial_number, state } of rows) {
        if (state === 'reserved') await abandonReservation(transaction, serial_number, by, deps);
        else await revokeCertificate(transaction, serial_number, 'cessationOfOperation', deps, by);
      }
    }
  });
}

function* pagesOf<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += pageSize) yield items.slice(start, start + pageSize);
}
