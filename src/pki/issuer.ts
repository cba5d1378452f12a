/**
 * An issuer signs certificates with a CA's key. It is the only door to that key: what is signed is
 * decided by plans, never here.
 */
import { type KeyObject, sign, type X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { QTChatError } from '../errors.js';
import { basicConstraintsOf, readCertificateFields, subjectKeyIdOf } from './certificate-fields.js';
import { signatureAlgorithmOf } from './signature-algorithm.js';
import { keyIdentifier } from './spki.js';

/** What issues certificates; a hardware token could stand behind it as well as a key in memory. */
export interface Issuer {
  /** The issuer's own certificate first, the root last; at least one. */
  readonly chain: readonly X509Certificate[];
  /** Signs a TBSCertificate with the algorithm of the issuer's kind of key. */
  sign(tbs: Buffer): Promise<Buffer>;
}

const signAsync = promisify<string | null, Buffer, KeyObject, Buffer>(sign);

/**
 * An issuer whose key is in memory.
 *
 * @param chain - the certificate of `key` first, the self-signed root last
 * @throws {QTChatError} `ERR_PKI_KEY_INVALID` when the key is not that of the first certificate,
 *   `ERR_PKI_KEY_TYPE` for a key we do not sign with, `ERR_PKI_CERTIFICATE_INVALID` when the chain is no chain of CAs
 */
export function createIssuer(key: KeyObject, chain: readonly X509Certificate[]): Issuer {
  const issuing = issuingCertificate({ chain });
  if (!issuing.checkPrivateKey(key)) {
    throw new QTChatError('ERR_PKI_KEY_INVALID', 'the CA key does not belong to the CA certificate', {
      hint: 'Put back the two files that were made together',
    });
  }
  for (const [index, certificate] of chain.entries()) {
    const parent = chain[index + 1] ?? certificate;
    if (!basicConstraintsOf(readCertificateFields(certificate)).ca) throw notAChain('one of them is not a CA');
    if (!certificate.checkIssued(parent) || !certificate.verify(parent.publicKey)) {
      throw notAChain('one of them was not issued by the next');
    }
  }
  const { digest } = signatureAlgorithmOf(issuing.publicKey);
  signatureAlgorithmOf(key); // refuses a curve described by its parameters there, too
  // RSA takes a hundred times as long as the others, for which the way to the thread pool is longer than the signature.
  const isSlow = key.asymmetricKeyType === 'rsa';
  return {
    chain: [...chain],
    sign: async (tbs) => (isSlow ? signAsync(digest, tbs, key) : sign(digest, tbs, key)),
  };
}

/** The certificate whose key signs. */
export function issuingCertificate(issuer: Pick<Issuer, 'chain'>): X509Certificate {
  const [first] = issuer.chain;
  if (first === undefined) throw notAChain('there is none');
  return first;
}

const keyIds = new WeakMap<X509Certificate, Buffer>();

/** How certificates below refer to the key that signs (RFC 5280 §4.2.1.1): as the issuer's own certificate does. Not to be written to. */
export function issuingKeyId(issuer: Pick<Issuer, 'chain'>): Buffer {
  const issuing = issuingCertificate(issuer);
  const known = keyIds.get(issuing);
  if (known !== undefined) return known;
  const keyId = subjectKeyIdOf(readCertificateFields(issuing)) ?? keyIdentifier(issuing.publicKey);
  keyIds.set(issuing, keyId);
  return keyId;
}

/** The root of the circle that the issuer serves. */
export function rootCertificate(issuer: Pick<Issuer, 'chain'>): X509Certificate {
  return issuer.chain.at(-1) ?? issuingCertificate(issuer);
}

function notAChain(reason: string): QTChatError {
  return new QTChatError(
    'ERR_PKI_CERTIFICATE_INVALID',
    `the CA certificates do not lead from issuer to root: ${reason}`,
  );
}
