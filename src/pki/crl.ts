/**
 * Issues certificate revocation lists (RFC 5280 §5): complete ones, of one issuer, in one piece.
 * Which certificates belong on a list, and its number, is for the ledger. Reading is in read-crl.ts.
 */
import { QTChatError } from '../errors.js';
import { keyUsagesOf, readCertificateFields } from './certificate-fields.js';
import {
  derBitString,
  derContext,
  derContextPrimitive,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derTime,
  encodeDer,
} from './der.js';
import { type Issuer, issuingCertificate, issuingKeyId } from './issuer.js';
import { oids } from './oids.js';
import { encodePem } from './pem-block.js';
import { readCrl, verifyCrl } from './read-crl.js';
import { type RevocationReason, revocationReasonCodes } from './revocation-reason.js';
import { type SignatureAlgorithm, signatureAlgorithmOf } from './signature-algorithm.js';

/** One revoked certificate. */
export interface CrlEntry {
  /** Hex. */
  readonly serialNumber: string;
  /** Whole seconds; a fraction is cut off. */
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
}

/** Every field of a list to be issued. */
export interface CrlPlan {
  /** Rises from list to list (RFC 5280 §5.2.3). */
  readonly number: bigint;
  readonly thisUpdate: Date;
  /** When the next list is there at the latest. */
  readonly nextUpdate: Date;
  readonly entries: readonly CrlEntry[];
}

const version2 = 1;
const enumeratedTag = 0x0a;

/**
 * Issues a list of what `issuer` has revoked, and reads it back before it leaves.
 *
 * @returns DER
 * @throws {QTChatError} `ERR_PKI_PLAN_REFUSED` when the issuer's certificate does not let it sign lists or the
 *   plan cannot be a list, `ERR_PKI_CRL_INVALID` when the result does not verify
 */
export async function issueCrl(plan: CrlPlan, issuer: Issuer): Promise<Buffer> {
  checkCrlPlan(plan, issuer);
  const issuing = issuingCertificate(issuer);
  const algorithm = signatureAlgorithmOf(issuing.publicKey);
  const tbs = encodeTbsCertList(plan, issuer, algorithm);
  const crl = derSequence(tbs, algorithm.identifier, derBitString(await issuer.sign(tbs)));
  verifyCrl(readCrl(crl), issuing);
  return crl;
}

function checkCrlPlan(plan: CrlPlan, issuer: Issuer): void {
  const usages = keyUsagesOf(readCertificateFields(issuingCertificate(issuer)));
  if (usages !== undefined && !usages.includes('cRLSign')) throw refused("the CA's certificate does not allow it");
  // 20 octets at most, the sign's among them (RFC 5280 §5.2.3).
  if (plan.number < 0n || plan.number >= 1n << 159n) throw refused('its number is out of range');
  if (!(plan.thisUpdate < plan.nextUpdate)) throw refused('it ends before it begins');
  const serials = new Set(plan.entries.map(({ serialNumber }) => BigInt(`0x${serialNumber}`)));
  if (serials.size !== plan.entries.length) throw refused('a certificate appears twice');
}

function encodeTbsCertList(plan: CrlPlan, issuer: Issuer, algorithm: SignatureAlgorithm): Buffer {
  const parts = [
    derInteger(version2),
    algorithm.identifier,
    readCertificateFields(issuingCertificate(issuer)).subject,
    derTime(plan.thisUpdate),
    derTime(plan.nextUpdate),
  ];
  // An empty list is left out altogether (RFC 5280 §5.1.2.6).
  // In one piece: there may be more entries than a call takes arguments.
  if (plan.entries.length > 0) parts.push(derSequence(Buffer.concat(plan.entries.map(encodeEntry))));
  const extensions = derSequence(
    extension(oids.authorityKeyIdentifier, derSequence(derContextPrimitive(0, issuingKeyId(issuer)))),
    extension(oids.crlNumber, derInteger(plan.number)),
  );
  return derSequence(...parts, derContext(0, extensions));
}

function encodeEntry({ serialNumber, revokedAt, reason }: CrlEntry): Buffer {
  const parts = [derInteger(BigInt(`0x${serialNumber}`)), derTime(revokedAt)];
  // "Unspecified" is said by saying nothing (RFC 5280 §5.3.1).
  if (reason !== 'unspecified') {
    const code = encodeDer(enumeratedTag, Buffer.of(revocationReasonCodes[reason]));
    parts.push(derSequence(extension(oids.reasonCode, code)));
  }
  return derSequence(...parts);
}

function extension(oid: string, value: Buffer): Buffer {
  return derSequence(derOid(oid), derOctetString(value));
}

/** A list in PEM, under the one label that other programs read: `X509 CRL` (RFC 7468 §7). */
export function crlToPem(der: Buffer): string {
  return encodePem('X509 CRL', der);
}

function refused(reason: string): QTChatError {
  return new QTChatError('ERR_PKI_PLAN_REFUSED', `the revocation list is not issued: ${reason}`, {
    hint: "A CA that signs revocation lists has cRLSign among its certificate's usages",
  });
}
