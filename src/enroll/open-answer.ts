/**
 * The guest's judgement of what the Auto CA issued. The answer is authentic when it comes here; this
 * makes sure that it is also right: our key, one member of the circle that the invite names, a valid
 * path to the pinned root, fit for both ends of a connection.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { basicConstraintsOf, readCertificateFields } from '../pki/certificate-fields.js';
import { circleIdOf, circleNamesOf, spkiDigest } from '../pki/circle.js';
import { parseCertificate } from '../pki/pem.js';
import { readPfx } from '../pki/pfx.js';
import { verifyPath } from '../pki/verify-path.js';
import type { Identity } from '../store/identities.js';
import type { EnrollmentAnswer } from './wire.js';

/** What the guest holds against the answer. */
export interface Expectation {
  /** Undefined where the guest learns its root from the answer, which then is the word of the host. */
  readonly rootSpkiSha256: Buffer | undefined;
  /** The key whose CSR was sent; undefined when the Auto CA was to make the key. */
  readonly localKey: KeyObject | undefined;
  /** Opens the `.pfx`. */
  readonly pfxPassword: string;
  readonly at: Date;
}

/**
 * Turns an answer into an identity.
 *
 * @throws {QTChatError} `ERR_PKI_PATH_INVALID` when anything in it is not as expected; what `readPfx` throws
 */
export async function openAnswer(answer: EnrollmentAnswer, expected: Expectation): Promise<Identity> {
  const { privateKey, certificates } = await credentialOf(answer, expected);
  const trustAnchor = certificates.at(-1);
  const chain = certificates.slice(0, -1);
  const [leaf] = chain;
  if (leaf === undefined || trustAnchor === undefined) throw wrong('without its root');
  if (expected.rootSpkiSha256 !== undefined && !spkiDigest(trustAnchor).equals(expected.rootSpkiSha256)) {
    throw wrong('of another circle than the invite names');
  }
  if (!leaf.checkPrivateKey(privateKey)) throw wrong('for another key');
  if (basicConstraintsOf(readCertificateFields(leaf)).ca) throw wrong('of a CA, not of a member');
  for (const purpose of ['serverAuth', 'clientAuth'] as const) {
    const [fault] = verifyPath(chain, trustAnchor, { at: expected.at, purpose });
    if (fault !== undefined) {
      throw wrong(`that is not valid: ${fault.message}`, 'Check that the clocks of both machines are right');
    }
  }
  const circleId = circleIdOf(trustAnchor);
  const [name, ...others] = circleNamesOf(leaf);
  if (name === undefined || others.length > 0 || name.circleId !== circleId) {
    throw wrong('that does not name one member of this circle');
  }
  const keyOrigin = expected.localKey === undefined ? 'server' : 'local';
  return { member: name.member, circleId, privateKey, chain, trustAnchor, keyOrigin };
}

async function credentialOf(
  answer: EnrollmentAnswer,
  { localKey, pfxPassword }: Expectation,
): Promise<{ privateKey: KeyObject; certificates: X509Certificate[] }> {
  if (localKey === undefined) {
    if (answer.pfx === undefined || answer.chain !== undefined) throw wrong('in another form than asked for');
    const { key, chain } = await readPfx(answer.pfx, pfxPassword);
    return { privateKey: key, certificates: chain };
  }
  if (answer.chain === undefined || answer.pfx !== undefined) throw wrong('in another form than asked for');
  return { privateKey: localKey, certificates: answer.chain.map(parse) };
}

function parse(der: Buffer): X509Certificate {
  try {
    return parseCertificate(der);
  } catch {
    throw wrong('that cannot be read');
  }
}

function wrong(how: string, hint = 'Nothing was kept; tell the host'): QTChatError {
  return new QTChatError('ERR_PKI_PATH_INVALID', `the Auto CA sent a certificate ${how}`, { hint });
}
