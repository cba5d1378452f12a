/** `ca crl`: the next revocation list, in a file. */
import type { X509Certificate } from 'node:crypto';
import { dirname } from 'node:path';
import { isQTChatError } from '../../errors.js';
import { type IssuedCrl, issueNextCrl } from '../../ledger/crl.js';
import { inTransaction, openLedger } from '../../ledger/open.js';
import type { OpenedCa } from '../../ledger/signer.js';
import { circleIdOf } from '../../pki/circle.js';
import { crlToPem } from '../../pki/crl.js';
import { issuingCertificate, rootCertificate } from '../../pki/issuer.js';
import { type Crl, readCrl, verifyCrl } from '../../pki/read-crl.js';
import { keepNewerCrl } from '../../store/crl.js';
import { existsError } from '../../store/file-error.js';
import type { Home } from '../../store/home.js';
import { checkWritableFolder, longListBytes, readBoundedFile, writeFileSafely } from '../../store/private-file.js';
import { type BusyDeps, whileBusy } from '../busy.js';
import type { Deps } from '../deps.js';

/**
 * Issues the next list and writes it to `path`, in PEM.
 *
 * A file that stands there is replaced only if it is an older list of the same CA. One that the
 * ledger does not know proves that the ledger is an old copy, and is refused. A list whose file
 * could not be written has used its number up.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS` when something else stands there, `ERR_STORE_UNWRITABLE`,
 *   what issuing the next list throws
 */
export async function writeNextCrl(
  home: Home,
  ca: OpenedCa,
  request: { path: string; validityDays: number; clockWasAhead: boolean },
  deps: BusyDeps & Pick<Deps, 'clock' | 'signal'>,
): Promise<IssuedCrl> {
  const { path, validityDays, clockWasAhead } = request;
  const issuing = issuingCertificate(ca);
  const standing = await readStanding(path, issuing, deps.signal); // what must not be replaced is refused before a ledger appears
  const ledger = await openLedger(home);
  try {
    await checkWritableFolder(dirname(path));
    const wanted = { validityDays, clockWasAhead, knownNumber: standing?.number, by: 'ca crl' };
    const issued = await whileBusy('Making the revocation list', deps, async () =>
      issueNextCrl(ledger, await ca.signerFor(ledger), wanted, deps),
    );
    // Only now: a list in a file that the ledger does not know would look like a ledger rolled back.
    await inTransaction(ledger, () => placeUnlessOlder(path, issuing, issued, deps.signal));
    // The members of this home should know it too.
    await keepNewerCrl(home, circleIdOf(rootCertificate(ca)), issued.content, issuing);
    return issued;
  } finally {
    await ledger.destroy();
  }
}

/** Writes the list, unless another process has put a newer one there; call it in a transaction, in which others wait. */
export async function placeUnlessOlder(
  path: string,
  issuing: X509Certificate,
  issued: IssuedCrl,
  signal: AbortSignal,
): Promise<void> {
  const standing = await readStanding(path, issuing, signal);
  if (standing?.number !== undefined && standing.number > BigInt(issued.number)) return;
  const existing = standing === undefined ? 'refuse' : 'replace';
  await writeFileSafely(path, crlToPem(issued.content), { mode: 0o644, existing });
}

/**
 * The list that stands at `path`; undefined when nothing does.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS` when it is no list of this CA
 */
export async function readStanding(
  path: string,
  issuing: X509Certificate,
  signal: AbortSignal,
): Promise<Crl | undefined> {
  try {
    const crl = readCrl(await readBoundedFile(path, signal, longListBytes));
    verifyCrl(crl, issuing);
    return crl;
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) return undefined;
    if (isQTChatError(error, 'ERR_PKI_CRL_INVALID')) throw existsError(path);
    throw error;
  }
}
