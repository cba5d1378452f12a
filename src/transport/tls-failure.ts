/**
 * Turns what OpenSSL and the system say about a failed connection into one sentence for people. The
 * side that refuses knows why; the refused side learns at best from an alert.
 */
import { type ErrorCode, QTChatError, systemErrorCode } from '../errors.js';
import { postQuantumGroup } from './key-agreement.js';

const nothingInCommon = `it has no key agreement in common with us (with --require-pq, ${postQuantumGroup} alone will do)`;
const anotherCircle = 'it belongs to another circle';

// X509_V_ERR_* of our own judgement over the peer, as Node names them.
const judgements: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: anotherCircle,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: anotherCircle,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: anotherCircle,
  SELF_SIGNED_CERT_IN_CHAIN: anotherCircle,
  DEPTH_ZERO_SELF_SIGNED_CERT: anotherCircle,
  CERT_SIGNATURE_FAILURE: `${anotherCircle}, or its certificate is forged`,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  INVALID_PURPOSE: 'its certificate lacks the serverAuth or clientAuth usage',
  INVALID_CA: 'its certificate was issued by one that is no CA',
  PATH_LENGTH_EXCEEDED: 'its certificate was issued by one that is no CA',
  // What Node has no name for; of that, this is what one meets.
  UNSPECIFIED: 'its certificate was not accepted: most likely it was issued by one that is no CA',
  CERT_REJECTED: 'its certificate does not fit its purpose',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it does not speak TLS 1.3',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'it does not ask for our protocol (ALPN)',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'it showed no certificate',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_HTTP_REQUEST: 'it does not speak TLS but HTTP',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: nothingInCommon,
  ERR_SSL_NO_SUITABLE_GROUPS: nothingInCommon,
  ERR_TLS_HANDSHAKE_TIMEOUT: 'its handshake took too long',
};

// Alerts: the peer's judgement over us.
const alerts: Readonly<Record<string, string>> = {
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it does not speak TLS 1.3',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'it does not speak our protocol (ALPN)',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: nothingInCommon,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it asks for a certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it belongs to another circle',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'it says that our certificate has expired',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it does not accept our certificate',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'it does not accept the usages of our certificate',
};

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer',
  ENOTFOUND: 'no host has that name',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNRESET: 'it broke the connection off',
};

/**
 * Explains why a peer was not let in, or let us not in.
 *
 * @param error - what the socket reported
 * @param authorizationError - Node's name for the fault of the peer's certificate, where known
 * @returns `ERR_PEER_REFUSED` when somebody refused, `ERR_PEER_UNREACHABLE` when nobody answered
 */
export function explainFailure(error: unknown, authorizationError?: string): QTChatError {
  if (error instanceof QTChatError) return error;
  // The alerts that are as old as SSL 3 have had this other name since OpenSSL 3.2.
  const code = (systemErrorCode(error) ?? '').replace('SSL/TLS_ALERT', 'SSLV3_ALERT');
  const judgement = judgements[authorizationError ?? ''] ?? judgements[code] ?? alerts[code];
  if (judgement !== undefined) return failure('ERR_PEER_REFUSED', `the peer was refused: ${judgement}`, error);
  if (code in unreachable) return failure('ERR_PEER_UNREACHABLE', unreachable[code] ?? code, error);
  // OpenSSL's long text names source files; its code is enough to look up.
  return failure('ERR_PEER_UNREACHABLE', `the connection failed (${code || 'unknown reason'})`, error);
}

function failure(code: ErrorCode, message: string, cause: unknown): QTChatError {
  return new QTChatError(code, message, { cause });
}
