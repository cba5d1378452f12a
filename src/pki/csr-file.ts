/** Certificate signing requests between their file forms (PEM and DER) and octets. What is inside is for csr.ts. */
import { QTChatError } from '../errors.js';
import { decodePem, encodePem } from './pem-block.js';

/** The label of RFC 7468 §7; `NEW` is what keytool and GnuTLS write. */
const labels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

/**
 * The DER of the one request in a file: PEM, with text around it or not, or DER.
 *
 * @throws {QTChatError} `ERR_PKI_CSR_REFUSED` when there is none, or several
 */
export function csrFromFile(file: Buffer): Buffer {
  if (file[0] === 0x30) return file;
  const [csr, ...others] = decodePem(file, labels);
  if (csr !== undefined && others.length === 0) return csr;
  const found = csr === undefined ? 'none' : 1 + others.length;
  throw new QTChatError(
    'ERR_PKI_CSR_REFUSED',
    `one certificate signing request was expected, in PEM with BEGIN CERTIFICATE REQUEST or in DER; found ${found}`,
  );
}

/** A request as a PEM file. */
export function csrToPem(der: Buffer): string {
  return encodePem('CERTIFICATE REQUEST', der);
}
