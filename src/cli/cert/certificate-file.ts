/** Certificates from files that people name on the command line. */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { parseCertificates } from '../../pki/pem.js';
import { pkcs7InFile, readPkcs7 } from '../../pki/pkcs7.js';
import { readBoundedFile } from '../../store/private-file.js';

/**
 * Reads the certificates of a file in PEM, DER or PKCS #7.
 *
 * @param signal - ends the waiting for a pipe
 * @returns at least one
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS`, `ERR_CANCELLED`, and `ERR_PKI_CERTIFICATE_INVALID`
 *   naming the file
 */
export async function readCertificateFile(path: string, signal: AbortSignal): Promise<X509Certificate[]> {
  const content = await readBoundedFile(path, signal);
  try {
    return parseCertificateFile(content);
  } catch (error) {
    if (!isQTChatError(error)) throw error;
    throw new QTChatError('ERR_PKI_CERTIFICATE_INVALID', `${quote(path)}: ${error.message}`, {
      hint: 'A .pfx file is read by qtchat cert import',
      cause: error,
    });
  }
}

/**
 * The certificates in the content of a file: PEM, DER or PKCS #7.
 *
 * @returns at least one, the member's first
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID`
 */
export function parseCertificateFile(content: Buffer): X509Certificate[] {
  const pkcs7 = pkcs7InFile(content);
  return pkcs7 === undefined ? parseCertificates(content) : readPkcs7(pkcs7);
}
