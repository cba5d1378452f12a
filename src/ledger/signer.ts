/**
 * A signer signs what the ledger holds, and nothing else: it is told a serial number, reads what was
 * reserved under it, plans the certificate by its profile, judges the plan, and issues. Here is the form
 * whose key is in this process; remote-signer.ts asks another process for the same.
 */
import type { X509Certificate } from 'node:crypto';
import { issueCrl } from '../pki/crl.js';
import { issueDer } from '../pki/issue.js';
import type { Issuer } from '../pki/issuer.js';
import { buildReservedPlan } from '../pki/plan.js';
import type { Profile } from '../pki/profile.js';
import type { Home } from '../store/home.js';
import { loadProfile } from '../store/profiles.js';
import { type AuditSigner, type SignedHead, signHeadOf } from './audit-signature.js';
import type { Ledger } from './open.js';
import { findReservation } from './reservations.js';
import { findReservedCrl } from './reserved-crl.js';

/** Signs certificates and revocation lists that the ledger has reserved, and the end of its audit log; it stores nothing. */
export interface Signer extends AuditSigner {
  /** The issuing certificate first, the root last. */
  readonly chain: readonly X509Certificate[];
  /**
   * Issues the certificate reserved under a serial number, in DER.
   *
   * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND` when none is reserved, and what planning and issuing throw
   */
  issue(serialNumber: string): Promise<Buffer>;
  /**
   * The same for what was reserved in a transaction that is still open; only where the key is in this process,
   * since another one reads what is committed.
   *
   * @throws {QTChatError} as {@link issue}
   */
  issueWithin?(transaction: Ledger, serialNumber: string): Promise<Buffer>;
  /**
   * Issues the revocation list reserved under a number, in DER.
   *
   * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND` when none is reserved, and what `issueCrl` throws
   */
  issueCrl(number: number): Promise<Buffer>;
}

/** A CA whose key is at hand, here or in another process; its ledger need not be open yet. */
export interface OpenedCa extends Pick<Signer, 'chain'> {
  /** The key itself, where it is in this process: for so many certificates that one thread is not enough. */
  readonly issuer?: Issuer;
  /** Signs what this ledger, which must be that of the CA's home, has reserved. */
  signerFor(ledger: Ledger): Promise<Signer>;
}

/** A CA whose key is in this process. */
export function caOf(issuer: Issuer, home: Home, deps: { clock: () => Date }): OpenedCa {
  return { chain: issuer.chain, issuer, signerFor: async (ledger) => createSigner(issuer, { ledger, home }, deps) };
}

/**
 * A signer with the key in this process.
 *
 * @param source.home - has the user's own profiles; each is read once
 */
export function createSigner(
  issuer: Issuer,
  source: { readonly ledger: Ledger; readonly home: Home },
  deps: { clock: () => Date },
): Signer {
  const { ledger, home } = source;
  const profiles = new Map<string, Promise<Profile>>();
  const profileOf = (name: string): Promise<Profile> => {
    const known = profiles.get(name) ?? loadProfile(name, home);
    profiles.set(name, known);
    known.catch(() => profiles.delete(name));
    return known;
  };
  let signed: SignedHead | undefined;
  const issueWithin = async (open: Ledger, serialNumber: string): Promise<Buffer> => {
    const reservation = await findReservation(open, serialNumber, deps);
    const plan = buildReservedPlan(reservation, await profileOf(reservation.profileName), issuer);
    return issueDer(plan, issuer);
  };
  return {
    chain: issuer.chain,
    issue: (serialNumber) => issueWithin(ledger, serialNumber),
    issueWithin,
    issueCrl: async (number) => issueCrl(await findReservedCrl(ledger, number), issuer),
    signAuditHead: async () => {
      signed = await signHeadOf(ledger, issuer, signed);
      return signed;
    },
  };
}
