/** The root that a command trusts: the one it is told, or the one of its home. */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { rootCertificate } from '../../pki/issuer.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { loadPublicIdentity } from '../../store/identities.js';
import { readCertificateFile } from './certificate-file.js';

/**
 * Finds a root: that of `file`, else of the home's CA, else of the identity as which the home speaks.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND` when there is none; what reading throws
 */
export async function findTrustAnchor(
  home: Home,
  file: string | undefined,
  signal: AbortSignal,
): Promise<X509Certificate> {
  if (file !== undefined) return readRootFile(file, signal);
  try {
    return rootCertificate({ chain: await loadCaChain(home) });
  } catch (error) {
    if (!isQTChatError(error, 'ERR_STORE_NO_CA')) throw error;
  }
  try {
    return (await loadPublicIdentity(home)).trustAnchor;
  } catch (error) {
    if (!isQTChatError(error, 'ERR_STORE_NO_IDENTITY')) throw error;
    throw new QTChatError('ERR_STORE_NOT_FOUND', `there is no root certificate in ${quote(home.folder)}`, {
      hint: 'Name one with --root-file FILE',
    });
  }
}

/**
 * Reads a file that holds one root certificate.
 *
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` when it holds several, or one that is no self-issued CA; what reading throws
 */
export async function readRootFile(path: string, signal: AbortSignal): Promise<X509Certificate> {
  const [root, ...others] = await readCertificateFile(path, signal);
  if (root?.ca && others.length === 0 && root.checkIssued(root)) return root;
  throw new QTChatError('ERR_PKI_CERTIFICATE_INVALID', `${quote(path)} is not one root certificate`, {
    hint: 'Name the file that has the root alone',
  });
}
