/** `ca crl --root`: the root's next revocation list, in a file. */
import { dirname } from 'node:path';
import { QTChatError, quote } from '../../errors.js';
import type { IssuedCrl } from '../../ledger/crl.js';
import { inTransaction, openLedger } from '../../ledger/open.js';
import { revokeAuthority } from '../../ledger/revoked-authorities.js';
import { checkRootCrlDays, issueNextRootCrl, rootCrlDays } from '../../ledger/root-crl.js';
import { issuingCertificate } from '../../pki/issuer.js';
import type { RevocationReason } from '../../pki/revocation-reason.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { checkWritableFolder } from '../../store/private-file.js';
import type { BusyDeps } from '../busy.js';
import { readCertificateFile } from '../cert/certificate-file.js';
import type { Deps } from '../deps.js';
import type { PasswordRequest } from '../password.js';
import { openRoot, type RootFiles } from './open-root.js';
import { placeUnlessOlder, readStanding } from './write-crl.js';

/** What was typed. */
export interface RootCrlRequest extends RootFiles {
  /** Where the list goes. */
  readonly path: string;
  /** {@link rootCrlDays} when left out. */
  readonly validityDays?: number | undefined;
  readonly clockWasAhead: boolean;
  /** Path of the certificate of a CA below the root, to be revoked first. */
  readonly revoke?: string | undefined;
  readonly reason: RevocationReason;
  /** Asked before it is; what it rejects with ends it. */
  readonly confirm: (question: string) => Promise<void>;
}

/** What came of it. */
export interface WrittenRootCrl extends IssuedCrl {
  /** The CA of this home was revoked: it issues nothing any more that counts. */
  readonly revokedOurs: boolean;
}

/**
 * Issues the root's next list and writes it to `path`, in PEM; a file that stands there is treated as by `writeNextCrl`.
 *
 * @throws {QTChatError} `ERR_USAGE` where the root itself issues, what opening the root and issuing throw
 */
export async function writeRootCrl(
  home: Home,
  request: RootCrlRequest,
  deps: PasswordRequest['deps'] & BusyDeps & Pick<Deps, 'clock'>,
): Promise<WrittenRootCrl> {
  const { path, validityDays = rootCrlDays, clockWasAhead, reason } = request;
  const by = 'ca crl';
  checkRootCrlDays(validityDays);
  const chain = await loadCaChain(home);
  if (chain.length === 1) {
    throw new QTChatError('ERR_USAGE', 'the root of this home issues itself, so its list is that of the members', {
      hint: 'Leave out --root',
    });
  }
  const [revoked] = request.revoke === undefined ? [] : await readCertificateFile(request.revoke, deps.signal);
  if (revoked !== undefined)
    await request.confirm(`Revoke the CA in ${quote(request.revoke ?? '')}? It cannot be taken back`);
  const { issuer } = await openRoot(home, request, deps);
  const root = issuingCertificate(issuer);
  const standing = await readStanding(path, root, deps.signal);
  await checkWritableFolder(dirname(path));
  const ledger = await openLedger(home);
  try {
    if (revoked !== undefined) await revokeAuthority(ledger, root, revoked, { reason, by }, deps);
    const wanted = { validityDays, clockWasAhead, knownNumber: standing?.number, by };
    const issued = await issueNextRootCrl(ledger, issuer, wanted, deps);
    await inTransaction(ledger, () => placeUnlessOlder(path, root, issued, deps.signal));
    return { ...issued, revokedOurs: revoked !== undefined && chain.some(({ raw }) => raw.equals(revoked.raw)) };
  } finally {
    await ledger.destroy();
  }
}
