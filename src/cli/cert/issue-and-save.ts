/**
 * Issues a certificate and saves what belongs to it. The ledger comes first: files appear only after the
 * certificate is recorded there, and what it replaces is revoked only after they have.
 */
import type { X509Certificate } from 'node:crypto';
import { revokeCertificate } from '../../ledger/certificates.js';
import { freeName, type MemberRequest, reserveAndIssue } from '../../ledger/issue-member-certificate.js';
import { inTransaction, type Ledger, openLedger } from '../../ledger/open.js';
import type { OpenedCa } from '../../ledger/signer.js';
import { circleIdOf } from '../../pki/circle.js';
import { rootCertificate } from '../../pki/issuer.js';
import type { Home } from '../../store/home.js';
import { loadProfile } from '../../store/profiles.js';
import type { Deps } from '../deps.js';

/** Steps that take back what was written; called from the last to the first. */
export type Undo = (() => Promise<void>)[];

/** What came of it. */
export interface IssuedCredential {
  readonly certificate: X509Certificate;
  readonly circleId: string;
  readonly validityCut?: string | undefined;
}

/**
 * Issues a certificate for a member, and saves it.
 *
 * @param wanted - `validityDays` is the profile's default when left out
 * @param save - gets the certificate with its intermediates; adds a step to `undo` for everything it writes
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`, and what planning throws: then nothing was issued.
 *   What `save` rejects with: then the new certificate is revoked, and what it was to replace stays
 */
export async function issueAndSave(
  home: Home,
  ca: OpenedCa,
  wanted: Omit<MemberRequest, 'validityDays'> & { readonly validityDays?: number | undefined },
  save: (chain: X509Certificate[], undo: Undo) => Promise<void>,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<IssuedCredential> {
  const profile = await loadProfile(wanted.profileName, home);
  const { validityDays = profile.defaultValidityDays, replace = false, by } = wanted;
  const request = { ...wanted, validityDays };
  const ledger = await openLedger(home);
  const undo: Undo = [];
  try {
    const signer = await ca.signerFor(ledger);
    const storing = async (open: Ledger, besides: string): Promise<void> => {
      if (!replace) await freeName(open, { ...request, besides }, deps);
    };
    const issued = await reserveAndIssue(ledger, signer, profile, request, storing, deps);
    const { serialNumber } = issued.certificate;
    try {
      await save([issued.certificate, ...signer.chain.slice(0, -1)], undo);
    } catch (error) {
      for (const step of undo.reverse()) await step();
      await revokeCertificate(ledger, serialNumber, 'cessationOfOperation', deps, by);
      throw error;
    }
    if (replace) await inTransaction(ledger, (open) => freeName(open, { ...request, besides: serialNumber }, deps));
    const { certificate, validityCut } = issued;
    return { certificate, validityCut, circleId: circleIdOf(rootCertificate(signer)) };
  } finally {
    await ledger.destroy();
  }
}
