/**
 * Finds and reads a CA that another program made: openssl's own layout, easy-rsa's `pki/`, mkcert's
 * folder, or files named one by one. Changes nothing there.
 */
import type { X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { type IndexEntry, parseIndex } from '../../pki/index-txt.js';
import { parseCertificates } from '../../pki/pem.js';
import { exists, longListBytes, readBoundedFile } from '../../store/private-file.js';
import { readCertificateFile } from '../cert/certificate-file.js';

/** Where the parts of a CA are. */
export interface ForeignCaPaths {
  readonly certFile: string;
  readonly keyFile: string;
  /** Certificates above that of `certFile`, the root last; none where that is the root, or all are in `certFile`. */
  readonly chainFile?: string | undefined;
  readonly index?: string | undefined;
}

/** What was issued, and the certificate itself where it is kept. */
export interface ForeignEntry extends IndexEntry {
  readonly certificate?: X509Certificate;
}

/** A CA as read; nothing of it is judged yet. */
export interface ForeignCa {
  /** Octets of the key's file. */
  readonly key: Buffer;
  readonly chain: readonly X509Certificate[];
  readonly issued: readonly ForeignEntry[];
}

/** Certificate, key and index of each layout, below the folder. */
const layouts: readonly (readonly [string, string, string?])[] = [
  ['ca.crt', 'private/ca.key', 'index.txt'], // easy-rsa's pki/
  ['pki/ca.crt', 'pki/private/ca.key', 'pki/index.txt'], // the folder above it
  ['rootCA.pem', 'rootCA-key.pem'], // mkcert -CAROOT
  ['cacert.pem', 'private/cakey.pem', 'index.txt'], // openssl ca: demoCA
];

/** Where each program keeps what it issued, beside index.txt. */
const certificatePlaces = [
  ['newcerts', 'pem'],
  ['certs_by_serial', 'pem'],
  ['revoked/certs_by_serial', 'crt'],
] as const;

/**
 * Finds a CA in a folder.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`
 */
export async function findForeignCa(folder: string): Promise<ForeignCaPaths> {
  for (const [certificate, key, index] of layouts) {
    const [certFile, keyFile] = [join(folder, certificate), join(folder, key)];
    if (!(await exists(certFile)) || !(await exists(keyFile))) continue;
    const indexPath = index === undefined ? undefined : join(folder, index);
    return { certFile, keyFile, ...(indexPath && (await exists(indexPath)) && { index: indexPath }) };
  }
  throw new QTChatError('ERR_STORE_NOT_FOUND', `there is no CA of easy-rsa, mkcert or openssl in ${quote(folder)}`, {
    hint: 'Name its files: qtchat ca import --cert-file FILE --key-file FILE',
  });
}

/**
 * Reads all parts of a CA.
 *
 * @param signal - ends the waiting for a pipe
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_PKI_CERTIFICATE_INVALID`, `ERR_STORE_DAMAGED` for the index,
 *   `ERR_CANCELLED`
 */
export async function readForeignCa(
  { certFile, keyFile, chainFile, index }: ForeignCaPaths,
  signal: AbortSignal,
): Promise<ForeignCa> {
  const chain = await readCertificateFile(certFile, signal);
  if (chainFile !== undefined) chain.push(...(await readCertificateFile(chainFile, signal)));
  const key = await readBoundedFile(keyFile, signal);
  if (index === undefined) return { key, chain, issued: [] };
  const entries = parseIndex((await readBoundedFile(index, signal, longListBytes)).toString('utf8'));
  const issued: ForeignEntry[] = [];
  for (const entry of entries) {
    const certificate = await findCertificateFile(dirname(index), entry.serialNumber, signal);
    issued.push({ ...entry, ...(certificate && { certificate }) });
  }
  return { key, chain, issued };
}

async function findCertificateFile(
  folder: string,
  serialNumber: string,
  signal: AbortSignal,
): Promise<X509Certificate | undefined> {
  for (const [place, ending] of certificatePlaces) {
    try {
      const content = await readBoundedFile(join(folder, place, `${serialNumber}.${ending}`), signal);
      const [certificate] = parseCertificates(content);
      if (certificate?.serialNumber === serialNumber) return certificate;
    } catch (error) {
      if (!isQTChatError(error, 'ERR_STORE_NOT_FOUND')) throw error;
    }
  }
  return undefined;
}
