/** `ca crl`: the next revocation list, in a file. */
import type { X509Certificate } from 'node:crypto';
import { dirname } from 'node:path';
import { isQTChatError } from '../../errors.js';
import { type IssuedCrl, issueNextCrl } from '../../ledger/crl.js';
import { inTransaction, openLedger } from '../../ledger/open.js';
import { crlToPem } from '../../pki/crl.js';
import { type Issuer, issuingCertificate } from '../../pki/issuer.js';
import { type Crl, readCrl, verifyCrl } from '../../pki/read-crl.js';
import type { Home } from '../../store/home.js';
import { createFolder, existsError, readBoundedFile, writeFileSafely } from '../../store/private-file.js';

/**
 * Issues the next list and writes it to `path`, in PEM; both or neither.
 *
 * A file that stands there is replaced only if it is an older list of the same CA. One that the
 * ledger does not know proves that the ledger is an old copy, and is refused.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS` when something else stands there, `ERR_STORE_UNWRITABLE`,
 *   what issuing the next list throws
 */
export async function writeNextCrl(
  home: Home,
  issuer: Issuer,
  request: { path: string; validityDays: number },
  deps: { clock: () => Date },
): Promise<IssuedCrl> {
  const { path, validityDays } = request;
  const standing = await readStanding(path, issuingCertificate(issuer));
  const ledger = await openLedger(home);
  try {
    return await inTransaction(ledger, async (transaction) => {
      const wanted = { validityDays, knownNumber: standing?.number, by: 'ca crl' };
      const issued = await issueNextCrl(transaction, issuer, wanted, deps);
      const existing = standing === undefined ? 'refuse' : 'replace';
      await createFolder(dirname(path));
      await writeFileSafely(path, crlToPem(issued.content), { mode: 0o644, existing });
      return issued;
    });
  } finally {
    await ledger.destroy();
  }
}

async function readStanding(path: string, issuing: X509Certificate): Promise<Crl | undefined> {
  try {
    const crl = readCrl(await readBoundedFile(path));
    verifyCrl(crl, issuing);
    return crl;
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) return undefined;
    if (isQTChatError(error, 'ERR_PKI_CRL_INVALID')) throw existsError(path);
    throw error;
  }
}
