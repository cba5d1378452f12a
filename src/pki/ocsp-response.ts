/**
 * Writes answers about the state of certificates (OCSP, RFC 6960 §4.2): basic ones, signed by a
 * delegated responder (§4.2.2.2), and the unsigned ones that say why there is none. Decides nothing.
 */
import { type KeyObject, sign, type X509Certificate } from 'node:crypto';
import {
  derBitString,
  derContext,
  derContextPrimitive,
  derGeneralizedTime,
  derOctetString,
  derOid,
  derSequence,
  derTags,
  encodeDer,
} from './der.js';
import type { OcspCertId } from './ocsp-request.js';
import { oids } from './oids.js';
import { type RevocationReason, revocationReasonCodes } from './revocation-reason.js';
import { signatureAlgorithmOf } from './signature-algorithm.js';
import { keyIdentifier } from './spki.js';

/** Who signs answers: a certificate of the CA that is asked about, with the usage OCSPSigning, and its key. */
export interface OcspResponderCredential {
  readonly key: KeyObject;
  /** The responder's certificate first, then any intermediates; the root is left out. */
  readonly chain: readonly X509Certificate[];
}

/** The state of one certificate (RFC 6960 §2.2). */
export type OcspStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly revokedAt: Date; readonly reason: RevocationReason }
  | { readonly status: 'unknown' };

/** Everything that an answer says. Times are cut to whole seconds. */
export interface OcspAnswer {
  readonly producedAt: Date;
  /** Until when the states may be taken for true. */
  readonly nextUpdate: Date;
  readonly certificates: readonly (OcspStatus & { readonly certId: OcspCertId })[];
  /** The extension value of the question's nonce. */
  readonly nonce?: Buffer | undefined;
}

/** Why there is no answer, by name and number (RFC 6960 §4.2.1). */
const ocspFailureCodes = { malformedRequest: 1, internalError: 2, tryLater: 3 } as const;

/** The DER of a signed answer. */
export function encodeOcspAnswer(answer: OcspAnswer, responder: OcspResponderCredential): Buffer {
  const algorithm = signatureAlgorithmOf(responder.key);
  const tbs = encodeResponseData(answer, responder.key);
  const signature = derBitString(sign(algorithm.digest, tbs, responder.key));
  const certificates = derContext(0, derSequence(...responder.chain.map(({ raw }) => raw)));
  const basic = derSequence(tbs, algorithm.identifier, signature, certificates);
  return derSequence(enumerated(0), derContext(0, derSequence(derOid(oids.ocspBasic), derOctetString(basic))));
}

/** The DER of an answer that only says why there is none; nobody signs those. */
export function encodeOcspFailure(reason: keyof typeof ocspFailureCodes): Buffer {
  return derSequence(enumerated(ocspFailureCodes[reason]));
}

function encodeResponseData({ producedAt, nextUpdate, certificates, nonce }: OcspAnswer, key: KeyObject): Buffer {
  const states = certificates.map((state) =>
    derSequence(
      state.certId.encoding,
      encodeStatus(state),
      derGeneralizedTime(producedAt),
      derContext(0, derGeneralizedTime(nextUpdate)),
    ),
  );
  const parts = [
    derContext(2, derOctetString(keyIdentifier(key))), // the responder, by its key
    derGeneralizedTime(producedAt),
    derSequence(...states),
  ];
  if (nonce !== undefined) {
    parts.push(derContext(1, derSequence(derSequence(derOid(oids.ocspNonce), derOctetString(nonce)))));
  }
  return derSequence(...parts);
}

function encodeStatus(state: OcspStatus): Buffer {
  switch (state.status) {
    case 'good':
      return derContextPrimitive(0, Buffer.alloc(0));
    case 'unknown':
      return derContextPrimitive(2, Buffer.alloc(0));
    case 'revoked': {
      const parts = [derGeneralizedTime(state.revokedAt)];
      // "Unspecified" is said by saying nothing, as in revocation lists (RFC 5280 §5.3.1).
      if (state.reason !== 'unspecified') parts.push(derContext(0, enumerated(revocationReasonCodes[state.reason])));
      return derContext(1, ...parts);
    }
  }
}

function enumerated(value: number): Buffer {
  return encodeDer(derTags.enumerated, Buffer.of(value));
}
