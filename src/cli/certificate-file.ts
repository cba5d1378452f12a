/** Certificates from files that people name on the command line. */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { parseCertificates } from '../pki/pem.js';
import { readBoundedFile } from '../store/private-file.js';

/**
 * Reads the certificates of a PEM or DER file.
 *
 * @returns at least one
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS`, and `ERR_PKI_CERTIFICATE_INVALID`
 *   naming the file
 */
export async function readCertificateFile(path: string): Promise<X509Certificate[]> {
  const content = await readBoundedFile(path);
  try {
    return parseCertificates(content);
  } catch (error) {
    if (!isQTChatError(error)) throw error;
    throw new QTChatError('ERR_PKI_CERTIFICATE_INVALID', `${quote(path)}: ${error.message}`, {
      hint: 'A .pfx file is read by qtchat cert import',
      cause: error,
    });
  }
}
