/** What a client of EST sends: a certificate request, in base64, that asks for no name but its own. */
import type { Request } from 'express';
import { QTChatError, quote } from '../../src/errors.js';
import type { RequestWishes } from '../../src/pki/csr.js';
import type { SubjectAltName } from '../../src/pki/subject-alt-name.js';
import { estTypes } from './send-est.js';

/** The longest body that is read, in octets: a request of 16 KiB, in lines of base64. */
export const estRequestLimitBytes = 24 * 1024;

/** Who the ledger says it is. */
export interface Owner {
  readonly member: string;
  readonly names: readonly SubjectAltName[];
}

/** Attributes by which a client asks that its key be encrypted once more, under another one (RFC 7030 §4.4.1). */
const keyEncryptionAttributes = ['1.2.840.113549.1.9.16.2.37', '1.2.840.113549.1.9.16.2.54'];

/** Tells whether the body says to be a certificate request; parameters of the type are passed over. */
export function isCertificateRequest({ headers }: Request): boolean {
  return /^application\/pkcs10 *(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * The request in a body: base64 with white space anywhere (RFC 8951 §3.1).
 *
 * @throws {QTChatError} `ERR_PKI_CSR_REFUSED` for what is no base64
 */
export function readRequestBody(body: unknown): Buffer {
  const text = Buffer.isBuffer(body) ? body.toString('latin1').replace(/\s+/g, '') : '';
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) return Buffer.from(text, 'base64');
  throw refused(`the body is no ${estTypes.request} in base64, without lines that begin or end it`);
}

/**
 * Refuses what asks for a name that is not its owner's. None need be asked for: all of them come from the ledger.
 *
 * @throws {QTChatError} `ERR_PKI_CSR_REFUSED`
 */
export function requireOwnNames(wishes: RequestWishes, { member, names }: Owner): void {
  const { commonName = '', names: asked, otherNames } = wishes;
  const isOwn = (one: SubjectAltName): boolean =>
    names.some(
      ({ type, value }) => type === one.type && value === (type === 'dns' ? one.value.toLowerCase() : one.value),
    );
  const odd = asked.find((name) => !isOwn(name));
  if (odd !== undefined) throw refused(`it asks for the name ${quote(odd.value)}, which was not given to ${member}`);
  if (otherNames > 0) throw refused('it asks for a name of a kind that no member has');
  const subjects = ['', member, ...names.map(({ value }) => value)];
  if (!subjects.includes(commonName)) {
    throw refused(`it asks for the subject ${quote(commonName)}: expected ${member}, or none`);
  }
}

/**
 * Refuses a wish for a key that is encrypted once more: it would have to be answered so, or not at all.
 *
 * @throws {QTChatError} `ERR_PKI_CSR_REFUSED`
 */
export function requirePlainKey({ attributes }: RequestWishes): void {
  if (!attributes.some((type) => keyEncryptionAttributes.includes(type))) return;
  throw refused('it asks for a key that is encrypted once more inside TLS, which is not done here');
}

function refused(reason: string): QTChatError {
  return new QTChatError('ERR_PKI_CSR_REFUSED', `the certificate signing request is refused: ${reason}`);
}
