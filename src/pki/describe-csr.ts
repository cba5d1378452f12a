/**
 * What a certificate signing request says (PKCS #10, RFC 2986), good or bad, as plain values for
 * people and JSON. Whether it is taken is judged in csr.ts alone.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { type CertificateExtension, readExtensionList } from './certificate-fields.js';
import { derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { describeExtensions, type ExtensionDescription } from './describe-extensions.js';
import { keyTypeOf } from './key-type.js';
import { nameText } from './name-text.js';
import { oids } from './oids.js';
import { signatureDigestOf } from './signature-algorithm.js';
import { spkiOf } from './spki.js';

/** A request's contents. */
export interface CsrDescription {
  /** As `nameText` writes names; nobody checked the text. */
  subject: string;
  /** One of ours, or OpenSSL's name for other kinds. */
  keyType: string;
  /** Whether the key that it presents has signed it; false also for signatures that are not supported. */
  proofOfPossession: boolean;
  /** What it asks for. */
  extensions: ExtensionDescription[];
}

/**
 * Describes a request.
 *
 * @throws {QTChatError} `ERR_PKI_CSR_REFUSED` when it is not PKCS #10 in DER
 */
export function describeCsr(der: Buffer): CsrDescription {
  try {
    return describe(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new QTChatError('ERR_PKI_CSR_REFUSED', `the certificate signing request is malformed: ${error.message}`, {
      cause: error,
    });
  }
}

function describe(der: Buffer): CsrDescription {
  const outer = new DerReader(der);
  const request = outer.enter();
  outer.end();
  const { whole: info } = request.readAny();
  const algorithm = request.enter().oid();
  const signature = request.read(derTags.bitString).subarray(1);
  request.end();
  const reader = new DerReader(info).enter();
  reader.smallInteger(0);
  const { whole: subject } = reader.readAny();
  const key = readKey(reader.readAny().whole);
  const extensions = requestedExtensions(reader.optional(0xa0));
  const digest = key === undefined ? undefined : signatureDigestOf(algorithm, key);
  return {
    subject: nameText(subject),
    keyType: key === undefined ? 'unknown' : (keyTypeOf(key) ?? key.asymmetricKeyType ?? 'unknown'),
    proofOfPossession: key !== undefined && digest !== undefined && verify(digest, info, key, signature),
    extensions: describeExtensions({ extensions }),
  };
}

function readKey(spki: Buffer): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    // A key that is no point of its curve is made all the same, but cannot be written again.
    return spkiOf(key).length > 0 ? key : undefined;
  } catch {
    return undefined;
  }
}

/** The attribute extensionRequest (RFC 2985 §5.4.2); others are passed over. */
function requestedExtensions(attributes: Buffer | undefined): ReadonlyMap<string, CertificateExtension> {
  const reader = new DerReader(attributes ?? Buffer.alloc(0));
  while (!reader.done) {
    const attribute = reader.enter();
    if (attribute.oid() === oids.extensionRequest) return readExtensionList(attribute.enter(derTags.set).enter());
  }
  return new Map();
}
