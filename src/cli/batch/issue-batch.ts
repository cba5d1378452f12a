/**
 * `cert issue --batch`: many members in one go, all of them or none. Keys are made first; then everything
 * is reserved in the ledger with one commit, signed on all cores, written aside and flushed to disk, and
 * stored in the ledger with another commit, just before the folder appears.
 */

import {
  completeMany,
  findReservedMany,
  type PlannedMember,
  refuseTakenNames,
  reserveMany,
  type SignedMember,
  withdrawMany,
} from '../../ledger/issue-many.js';
import { freeName } from '../../ledger/issue-member-certificate.js';
import { inTransaction, type Ledger, openLedger } from '../../ledger/open.js';
import type { OpenedCa } from '../../ledger/signer.js';
import { checkPlan } from '../../pki/check-plan.js';
import type { FreshKey } from '../../pki/fresh-key.js';
import type { KeyType } from '../../pki/key-type.js';
import { encodePem } from '../../pki/pem-block.js';
import { buildCertificatePlan, type CertificatePlan } from '../../pki/plan.js';
import { poolRandom } from '../../pki/pooled-random.js';
import { pkcs8ToPem } from '../../pki/private-key.js';
import type { Profile } from '../../pki/profile.js';
import type { Home } from '../../store/home.js';
import { type FolderFile, writeFolderSafely } from '../../store/private-folder.js';
import { loadProfile } from '../../store/profiles.js';
import type { Deps } from '../deps.js';
import { refuseCancelled } from './cancelled.js';
import { issueRows } from './issue-rows.js';
import { makeKeys } from './make-keys.js';
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

/** A row with its key and plan. */
interface PlannedRow extends PlannedMember {
  readonly pkcs8: Buffer;
}

/** What is being made, and how many of it there are. */
export type Progress = (what: 'keys' | 'certificates', done: number) => void;

const by = 'cert issue --batch';

/**
 * Issues a batch.
 *
 * @param progress - told how many keys and certificates are made
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`, `ERR_STORE_EXISTS` unless `force`, `ERR_CANCELLED`,
 *   what planning and writing throw; then nothing was handed out, and what had been reserved is given up
 */
export async function issueBatch(
  home: Home,
  request: BatchRequest,
  ca: OpenedCa,
  deps: Pick<Deps, 'clock' | 'random' | 'signal'>,
  progress: Progress,
): Promise<BatchEntry[]> {
  const { rows, keyType, profileName, replace } = request;
  const { signal } = deps;
  const profile = await loadProfile(profileName, home);
  const ledger = await openLedger(home);
  try {
    const members = rows.map(({ member }) => member);
    const signer = await ca.signerFor(ledger);
    if (!replace) await refuseTakenNames(ledger, members, deps.clock());
    const keys = await makeKeys(rows.length, keyType, { signal, progress: (done) => progress('keys', done) });
    const planned = planRows(request, keys, profile, ca, deps);
    const serials = planned.map(({ plan }) => plan.serialNumber);
    await reserveMany(ledger, planned, { profileName, replace }, deps);
    try {
      const reserved = await findReservedMany(ledger, serials);
      const made = (done: number): void => progress('certificates', done);
      const issued = await issueRows(reserved, { profile, signer, issuer: ca.issuer, signal, progress: made });
      await save(ledger, request, filesOf(planned, issued, ca, signal), issued, deps);
    } catch (error) {
      // Where this fails too, the reservations end by themselves.
      await withdrawMany(ledger, serials, by, deps).catch(() => {});
      throw error;
    }
    if (replace) await freeNames(ledger, planned, deps);
    return planned.map(toEntry).sort((a, b) => (a.member < b.member ? -1 : 1));
  } finally {
    await ledger.destroy();
  }
}

function planRows(
  { rows, validityDays: days }: BatchRequest,
  keys: readonly FreshKey[],
  profile: Profile,
  ca: Pick<OpenedCa, 'chain'>,
  deps: Pick<Deps, 'clock' | 'random'>,
): PlannedRow[] {
  const planDeps = { clock: deps.clock, random: poolRandom(deps.random) };
  const validityDays = days ?? profile.defaultValidityDays;
  return keys.flatMap(({ publicKey, pkcs8 }, index) => {
    const row = rows[index];
    if (row === undefined) return [];
    const plan = buildCertificatePlan({ ...row, publicKey, validityDays }, profile, ca, planDeps);
    checkPlan(plan, ca);
    return { plan, names: row.names, pkcs8 };
  });
}

async function save(
  ledger: Ledger,
  { folder, replace, force }: BatchRequest,
  files: Iterable<FolderFile>,
  issued: readonly SignedMember[],
  deps: Pick<Deps, 'clock'>,
): Promise<void> {
  const store = (): Promise<void> => completeMany(ledger, issued, { by, replace }, deps);
  await writeFolderSafely(folder, files, force ? `${folder}.bak` : undefined, store);
}

function* filesOf(
  planned: readonly PlannedRow[],
  issued: readonly SignedMember[],
  { chain }: Pick<OpenedCa, 'chain'>,
  signal: AbortSignal,
): Generator<FolderFile> {
  const above = chain.slice(0, -1).map((certificate) => certificate.toString());
  const certificates = new Map(issued.map(({ member, der }) => [member, der]));
  for (const { plan, pkcs8 } of planned) {
    refuseCancelled(signal);
    const pem = encodePem('CERTIFICATE', Buffer.from(certificates.get(plan.commonName) ?? []));
    yield { name: `${plan.commonName}.key`, content: pkcs8ToPem(pkcs8), mode: 0o600 };
    yield { name: `${plan.commonName}.pem`, content: [pem, ...above].join(''), mode: 0o644 };
  }
}

/** Revokes what held the names: only now do their members have something else. */
async function freeNames(ledger: Ledger, planned: readonly PlannedRow[], deps: Pick<Deps, 'clock'>): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    for (const { plan } of planned) {
      const claim = { member: plan.commonName, replace: true, by, besides: plan.serialNumber };
      await freeName(transaction, claim, deps);
    }
  });
}

function toEntry({ plan }: { plan: CertificatePlan }): BatchEntry {
  const { commonName: member, serialNumber, notAfter } = plan;
  return { member, serialNumber, notAfter: notAfter.toISOString() };
}
