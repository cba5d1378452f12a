/**
 * Issues a certificate and saves what belongs to it. The files are written while the ledger's
 * transaction is open, so that either all of it happens or nothing does.
 */
import type { X509Certificate } from 'node:crypto';
import { issueMemberCertificate, type MemberRequest } from '../../ledger/issue-member-certificate.js';
import { inTransaction, openLedger } from '../../ledger/open.js';
import { circleIdOf } from '../../pki/circle.js';
import { type Issuer, rootCertificate } from '../../pki/issuer.js';
import type { Home } from '../../store/home.js';
import { loadProfile } from '../../store/profiles.js';
import type { Deps } from '../deps.js';

/** Steps that take back what was written; called from the last to the first. */
export type Undo = (() => Promise<void>)[];

/** What came of it. */
export interface IssuedCredential {
  readonly certificate: X509Certificate;
  readonly circleId: string;
  readonly validityCut?: string;
}

/**
 * Issues a certificate for a member, and saves it.
 *
 * @param wanted - `validityDays` is the profile's default when left out
 * @param save - gets the certificate with its intermediates; adds a step to `undo` for everything it writes
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`, what planning throws, and what `save` rejects
 *   with; then nothing was issued
 */
export async function issueAndSave(
  home: Home,
  issuer: Issuer,
  wanted: Omit<MemberRequest, 'validityDays'> & { readonly validityDays?: number | undefined },
  save: (chain: X509Certificate[], undo: Undo) => Promise<void>,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<IssuedCredential> {
  const profile = await loadProfile(wanted.profileName, home);
  const { validityDays = profile.defaultValidityDays } = wanted;
  const ledger = await openLedger(home);
  const undo: Undo = [];
  try {
    const issued = await inTransaction(ledger, async (transaction) => {
      const result = await issueMemberCertificate(transaction, issuer, profile, { ...wanted, validityDays }, deps);
      await save([result.certificate, ...issuer.chain.slice(0, -1)], undo);
      return result;
    });
    return { ...issued, circleId: circleIdOf(rootCertificate(issuer)) };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  } finally {
    await ledger.destroy();
  }
}
