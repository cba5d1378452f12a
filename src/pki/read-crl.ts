/**
 * Reads certificate revocation lists (RFC 5280 §5) of ours and of others, and verifies who issued
 * them. Lists that say more than "these are revoked" (deltas, indirect or partial lists: anything in
 * a critical extension) are refused, for whoever passes that over is misled.
 */
import { verify, type X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import {
  type CertificateExtension,
  type Extended,
  keyUsagesOf,
  readCertificateFields,
  readExtensionList,
  readTime,
} from './certificate-fields.js';
import { derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { oids } from './oids.js';
import { type RevocationReason, revocationReasonCodes } from './revocation-reason.js';
import { signatureDigestOf } from './signature-algorithm.js';

/** One certificate that a list names. */
export interface RevokedCertificate {
  /** Upper-case hex, as X509Certificate#serialNumber has it. */
  readonly serialNumber: string;
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
}

/** What a list says, with its extensions (none of them critical); nothing in it is verified yet. */
export interface Crl extends Extended {
  /** The whole TBSCertList: what the signature covers. */
  readonly tbs: Buffer;
  /** Dotted OID. */
  readonly signatureAlgorithm: string;
  readonly signature: Buffer;
  /** The issuer's Name, complete. */
  readonly issuer: Buffer;
  /** Undefined in lists without a number (RFC 5280 asks for one; old programs leave it out). */
  readonly number: bigint | undefined;
  readonly thisUpdate: Date;
  /** Undefined where the issuer promises no next list. */
  readonly nextUpdate: Date | undefined;
  readonly revoked: readonly RevokedCertificate[];
}

const enumeratedTag = 0x0a;
const crlBlock = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/;

/**
 * Reads a list from DER or PEM.
 *
 * @throws {QTChatError} `ERR_PKI_CRL_INVALID`
 */
export function readCrl(file: Buffer): Crl {
  const body = file[0] === derTags.sequence ? undefined : crlBlock.exec(file.toString('latin1'))?.[1];
  if (file[0] !== derTags.sequence && body === undefined) throw invalid('expected PEM with BEGIN X509 CRL, or DER');
  try {
    return read(body === undefined ? file : Buffer.from(body, 'base64'));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw invalid(error.message, error);
  }
}

/**
 * Verifies that `issuer` issued a list.
 *
 * @throws {QTChatError} `ERR_PKI_CRL_INVALID`; then nothing that the list says counts
 */
export function verifyCrl(crl: Crl, issuer: X509Certificate): void {
  const fields = readCertificateFields(issuer);
  if (!crl.issuer.equals(fields.subject)) throw invalid('it is not of this CA');
  if (!(keyUsagesOf(fields)?.includes('cRLSign') ?? true)) throw invalid('its issuer may not sign such lists');
  const digest = signatureDigestOf(crl.signatureAlgorithm, issuer.publicKey);
  if (digest === undefined) throw invalid('its signature is too weak, or not of the kind of the CA key');
  if (!verify(digest, crl.tbs, issuer.publicKey, crl.signature)) throw invalid("its signature is not by the CA's key");
}

function read(der: Buffer): Crl {
  const outer = new DerReader(der);
  const list = outer.enter();
  outer.end();
  const { whole: tbs } = list.readAny();
  const outerAlgorithm = list.readAny().whole;
  const [unusedBits, ...signature] = list.read(derTags.bitString);
  list.end();
  if (unusedBits !== 0) throw new DerError('its signature is not whole octets');
  const reader = new DerReader(tbs).enter();
  if (reader.nextTag === derTags.integer) reader.smallInteger(1);
  const { whole: innerAlgorithm } = reader.readAny();
  if (!innerAlgorithm.equals(outerAlgorithm)) throw new DerError('it names two signature algorithms');
  const signatureAlgorithm = new DerReader(innerAlgorithm).enter().oid();
  const { whole: issuer } = reader.readAny();
  const thisUpdate = readTime(reader);
  const hasNext = reader.nextTag === derTags.utcTime || reader.nextTag === derTags.generalizedTime;
  const nextUpdate = hasNext ? readTime(reader) : undefined;
  const entries = reader.optional(derTags.sequence);
  const extensions = readExtensions(reader.optional(0xa0));
  reader.end();
  const numberOctets = extensions.get(oids.crlNumber)?.value;
  return {
    tbs,
    signatureAlgorithm,
    signature: Buffer.from(signature),
    issuer,
    number: numberOctets === undefined ? undefined : new DerReader(numberOctets).integer(),
    thisUpdate,
    nextUpdate,
    extensions,
    revoked: entries === undefined ? [] : readEntries(new DerReader(entries)),
  };
}

function readEntries(reader: DerReader): RevokedCertificate[] {
  const revoked: RevokedCertificate[] = [];
  while (!reader.done) {
    const entry = reader.enter();
    const serialNumber = serialText(entry.integer());
    const revokedAt = readTime(entry);
    const extensions = entry.done ? undefined : readPlainExtensions(entry.enter());
    entry.end();
    revoked.push({ serialNumber, revokedAt, reason: reasonIn(extensions?.get(oids.reasonCode)?.value) });
  }
  return revoked;
}

function reasonIn(value: Buffer | undefined): RevocationReason {
  if (value === undefined) return 'unspecified';
  const [code] = new DerReader(value).read(enumeratedTag);
  const known = Object.entries(revocationReasonCodes).find(([, number]) => number === code);
  if (known === undefined) throw new DerError('a reason is unknown');
  return known[0] as RevocationReason;
}

function serialText(value: bigint): string {
  const hex = value.toString(16).toUpperCase();
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

function readExtensions(content: Buffer | undefined): ReadonlyMap<string, CertificateExtension> {
  if (content === undefined) return new Map();
  const reader = new DerReader(content);
  const extensions = readPlainExtensions(reader.enter());
  reader.end();
  return extensions;
}

/** None of the extensions that we read is critical, so a critical one is one that we cannot judge. */
function readPlainExtensions(reader: DerReader): ReadonlyMap<string, CertificateExtension> {
  const extensions = readExtensionList(reader);
  for (const [oid, { critical }] of extensions) {
    if (critical) throw new DerError(`the critical extension ${oid} cannot be judged`);
  }
  return extensions;
}

function invalid(reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PKI_CRL_INVALID', `the revocation list is not usable: ${reason}`, { cause });
}
