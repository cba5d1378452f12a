/**
 * A circle is all who hold a certificate under one root. Its id follows from the root's public key;
 * a member's name in it stands in the certificate as the URI `qtchat://<circle-id>/<member>`.
 */
import { createHash, type X509Certificate } from 'node:crypto';
import { QTChatError, quote } from '../errors.js';
import { readCertificateFields } from './certificate-fields.js';
import { memberNamePattern } from './member-name.js';
import { subjectAltNamesOf } from './subject-alt-name.js';

/** A member's name in its circle, as a certificate states it. */
export interface CircleName {
  circleId: string;
  member: string;
}

const circleIdOctets = 16;
const base32 = 'abcdefghijklmnopqrstuvwxyz234567';
const circleUriPattern = new RegExp(`^qtchat://([a-z2-7]{26})/(${memberNamePattern})$`);

/**
 * The common name of the Auto CA's own certificates, under which the ledger keeps them too. No member's name has
 * spaces or capitals.
 */
export const autoCaName = 'QTChat Auto CA';

/** Every certificate of a circle is issued under the same root. */
const circleIds = new WeakMap<X509Certificate, string>();

/** The circle's id: the first 16 octets of SHA-256 over the root's SPKI, in lower-case base32 (RFC 4648 §6), unpadded. */
export function circleIdOf(root: X509Certificate): string {
  const known = circleIds.get(root);
  if (known !== undefined) return known;
  const id = toBase32(spkiDigest(root).subarray(0, circleIdOctets));
  circleIds.set(root, id);
  return id;
}

function toBase32(octets: Buffer): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const octet of octets) {
    buffer = (buffer << 8) | octet;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += base32[(buffer >> (bits - 5)) & 0x1f];
    buffer &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + base32[(buffer << (5 - bits)) & 0x1f];
}

/** The URI that names `member` in a certificate. */
export function circleUri(circleId: string, member: string): string {
  return `qtchat://${circleId}/${member}`;
}

/** The URI by which the Auto CA of a circle proves itself. */
export function autoCaUri(circleId: string): string {
  return `qtchat-ca://${circleId}`;
}

/** The one URI that says whose a certificate is: a member's, or the Auto CA's own. */
export function holderUri(circleId: string, commonName: string): string {
  return commonName === autoCaName ? autoCaUri(circleId) : circleUri(circleId, commonName);
}

/**
 * Every circle name that a certificate states; whether its issuer may state it is for path validation.
 *
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` when a `qtchat:` URI is not exactly in our form
 */
export function circleNamesOf(certificate: X509Certificate): CircleName[] {
  const uris = subjectAltNamesOf(certificate).filter((name) => name.type === 'uri' && isCircleUri(name.value));
  return uris.map(({ value }) => parseCircleUri(value));
}

/** Tells whether a URI has our scheme, well-formed or not; schemes know no case (RFC 3986 §3.1). */
function isCircleUri(uri: string): boolean {
  return /^qtchat:/i.test(uri);
}

function parseCircleUri(uri: string): CircleName {
  const [, circleId, member] = circleUriPattern.exec(uri) ?? [];
  if (circleId !== undefined && member !== undefined) return { circleId, member };
  throw new QTChatError(
    'ERR_PKI_CERTIFICATE_INVALID',
    `the certificate names a circle as ${quote(uri)}: expected qtchat://<circle-id>/<member>`,
  );
}

/** SHA-256 of a certificate's SPKI as it stands there (32 octets): names the key, whatever certificate carries it. */
export function spkiDigest(certificate: X509Certificate): Buffer {
  return createHash('sha256').update(readCertificateFields(certificate).spki).digest();
}

/** {@link spkiDigest} in lower-case hex. */
export function spkiFingerprint(certificate: X509Certificate): string {
  return spkiDigest(certificate).toString('hex');
}
