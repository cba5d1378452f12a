/**
 * `cert issue --batch`: many members in one go. The certificates are made first, then recorded and
 * written while one transaction of the ledger is open: all of the batch happens, or nothing does.
 */

import { recordCertificate } from '../../ledger/certificates.js';
import { freeName, type NameClaim } from '../../ledger/issue-member-certificate.js';
import { inTransaction, type Ledger, openLedger } from '../../ledger/open.js';
import type { Issuer } from '../../pki/issuer.js';
import type { KeyType } from '../../pki/key-type.js';
import { toPem } from '../../pki/pem.js';
import type { Home } from '../../store/home.js';
import { type FolderFile, writeFolderSafely } from '../../store/private-folder.js';
import { loadProfile } from '../../store/profiles.js';
import type { Deps } from '../deps.js';
import { certificateOf, type IssuedRow, issueRows } from './issue-rows.js';
import type { BatchRow } from './read-batch.js';

/** What to issue, and where it goes. */
export interface BatchRequest {
  readonly rows: readonly BatchRow[];
  readonly keyType: KeyType;
  readonly profileName: string;
  /** The profile's default when left out. */
  readonly validityDays?: number | undefined;
  /** The folder to make, with NAME.pem and NAME.key of every member. */
  readonly folder: string;
  readonly replace: boolean;
  /** Keep a folder that stands there as `.bak`. */
  readonly force: boolean;
}

/** One certificate of a batch, as printed. */
export interface BatchEntry {
  readonly member: string;
  readonly serialNumber: string;
  readonly notAfter: string;
}

/**
 * Issues a batch.
 *
 * @param progress - told how many certificates are made, whenever one is
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`, `ERR_STORE_EXISTS` unless `force`, what planning
 *   and writing throw; then nothing was issued
 */
export async function issueBatch(
  home: Home,
  request: BatchRequest,
  issuer: Issuer,
  deps: Pick<Deps, 'clock' | 'random'>,
  progress: (done: number) => void,
): Promise<BatchEntry[]> {
  const { rows, keyType, profileName, folder, force } = request;
  const profile = await loadProfile(profileName, home);
  const { validityDays = profile.defaultValidityDays } = request;
  const issued = await issueRows(rows, { profile, keyType, validityDays }, issuer, deps, progress);
  const ledger = await openLedger(home);
  try {
    return await inTransaction(ledger, async (transaction) => {
      const entries: BatchEntry[] = [];
      for (const row of issued) entries.push(await record(transaction, row, request, deps));
      await writeFolderSafely(folder, filesOf(issued, issuer), force ? `${folder}.bak` : undefined);
      return entries.sort((a, b) => (a.member < b.member ? -1 : 1));
    });
  } finally {
    await ledger.destroy();
  }
}

async function record(
  ledger: Ledger,
  row: IssuedRow,
  { profileName, replace }: BatchRequest,
  deps: Pick<Deps, 'clock'>,
): Promise<BatchEntry> {
  const { member, names } = row;
  const certificate = certificateOf(row);
  const by = 'cert issue --batch';
  const claim: NameClaim = { member, replace, by };
  await freeName(ledger, claim, deps);
  await recordCertificate(ledger, { certificate, member, names, profileName, by }, deps);
  return { member, serialNumber: certificate.serialNumber, notAfter: new Date(certificate.validTo).toISOString() };
}

function filesOf(issued: readonly IssuedRow[], issuer: Issuer): FolderFile[] {
  const above = issuer.chain.slice(0, -1);
  return issued.flatMap((row) => [
    { name: `${row.member}.key`, content: row.keyPem, mode: 0o600 },
    { name: `${row.member}.pem`, content: toPem(certificateOf(row), ...above), mode: 0o644 },
  ]);
}
