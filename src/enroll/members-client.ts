/**
 * A member asks the Auto CA on its port for members: HTTP inside mutual TLS 1.3. The other side must
 * lead to the circle's root and name itself the Auto CA of that very circle; host names play no part.
 */
import { X509Certificate } from 'node:crypto';
import { type RequestOptions, request } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import { isQTChatError, QTChatError, quote, systemErrorCode } from '../errors.js';
import { autoCaUri } from '../pki/circle.js';
import { toPem } from '../pki/pem.js';
import { privateKeyToPem } from '../pki/private-key.js';
import { subjectAltNamesOf } from '../pki/subject-alt-name.js';
import type { AutoCaPlace, Identity } from '../store/identities.js';

/** What is asked. */
export interface MemberQuestion {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Buffer;
  /** The longest answer that is taken, in octets. */
  readonly limitBytes: number;
}

/** What was answered; `status` is one of success. */
export interface MemberReply {
  readonly status: number;
  readonly body: Buffer;
}

/** How long one address may take, and all of them together. */
const addressTimeoutMs = 5_000;
const totalTimeoutMs = 12_000;

/**
 * Asks the Auto CA at its addresses in turn, as `identity`.
 *
 * @throws {QTChatError} `ERR_ENROLL_UNREACHABLE`, `ERR_ENROLL_REFUSED` when it does not accept us, `ERR_ENROLL_BUSY`,
 *   `ERR_ENROLL_TAMPERED` when something else answers, `ERR_PROTOCOL`, `ERR_CANCELLED`
 */
export async function askAutoCa(
  place: AutoCaPlace,
  question: MemberQuestion,
  identity: Identity,
  signal?: AbortSignal,
): Promise<MemberReply> {
  let failure: QTChatError | undefined;
  const inTime = AbortSignal.timeout(totalTimeoutMs);
  const ending = signal === undefined ? inTime : AbortSignal.any([signal, inTime]);
  for (const host of place.addresses) {
    try {
      return await askAt(host, place.port, question, identity, ending);
    } catch (error) {
      if (signal?.aborted) throw new QTChatError('ERR_CANCELLED', 'cancelled', { cause: error });
      if (!isQTChatError(error, 'ERR_ENROLL_UNREACHABLE') && !isQTChatError(error, 'ERR_ENROLL_TAMPERED')) throw error;
      // Another machine may have an old address of the Auto CA; that nobody answers says less.
      if (failure === undefined || error.code === 'ERR_ENROLL_TAMPERED') failure = error;
    }
  }
  throw failure ?? new QTChatError('ERR_ENROLL_UNREACHABLE', 'no address of the Auto CA is known', { hint: reachHint });
}

async function askAt(
  host: string,
  port: number,
  { method, path, body, limitBytes }: MemberQuestion,
  identity: Identity,
  signal: AbortSignal,
): Promise<MemberReply> {
  const server = `${quote(host)} port ${port}`;
  const options: RequestOptions = {
    host,
    port,
    method,
    path,
    agent: false,
    signal: AbortSignal.any([signal, AbortSignal.timeout(addressTimeoutMs)]),
    key: privateKeyToPem(identity.privateKey),
    cert: toPem(...identity.chain),
    ca: [identity.trustAnchor.toString()],
    minVersion: 'TLSv1.3',
    checkServerIdentity: (_host, certificate) => serverFault(certificate, identity.circleId),
    headers: { 'Content-Type': 'application/json', 'Content-Length': String(body?.length ?? 0) },
  };
  try {
    const reply = await exchange(options, body, limitBytes);
    if (reply.status < 200 || reply.status > 299) throw refusalBy(server, reply.status);
    return reply;
  } catch (error) {
    throw explained(error, server);
  }
}

function exchange(options: RequestOptions, body: Buffer | undefined, limitBytes: number): Promise<MemberReply> {
  return new Promise((resolve, reject) => {
    const asking = request(options, (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        sizeBytes += chunk.length;
        if (sizeBytes > limitBytes) asking.destroy(tooLong());
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** Judges the certificate that OpenSSL has found to lead to the root, for a server. */
function serverFault({ raw }: PeerCertificate, circleId: string): Error | undefined {
  const uri = autoCaUri(circleId);
  try {
    const names = subjectAltNamesOf(new X509Certificate(raw));
    if (names.some((name) => name.type === 'uri' && name.value === uri)) return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error('unreadable');
  }
  return new QTChatError('ERR_ENROLL_TAMPERED', `it is not the Auto CA of the circle ${circleId}`);
}

function refusalBy(server: string, status: number): QTChatError {
  if (status === 403) {
    return new QTChatError('ERR_ENROLL_REFUSED', 'the Auto CA does not accept our certificate', {
      hint: 'It may be revoked; the host can see why. A new invite helps: qtchat enroll',
    });
  }
  if (status === 429 || status >= 500) {
    return new QTChatError('ERR_ENROLL_BUSY', `the Auto CA at ${server} cannot answer now (${status})`, {
      hint: 'Try again in a minute',
    });
  }
  return new QTChatError('ERR_PROTOCOL', `the Auto CA at ${server} does not understand us (${status})`, {
    hint: 'Use the same version of qtchat on both sides',
  });
}

function tooLong(): QTChatError {
  return new QTChatError('ERR_PROTOCOL', 'the answer of the Auto CA is longer than any that is expected');
}

const reachHint = 'Check that the host runs qtchat autoca serve and that both of you are on the same network';
const unreachableCodes = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'];
const brokenCodes = ['ECONNRESET', 'EPIPE', 'ABORT_ERR'];

function explained(error: unknown, server: string): QTChatError {
  if (error instanceof QTChatError) return error;
  const code = systemErrorCode(error) ?? '';
  if ([...unreachableCodes, ...brokenCodes].includes(code)) {
    const message = `no Auto CA answers at ${server}`;
    return new QTChatError('ERR_ENROLL_UNREACHABLE', message, { hint: reachHint, cause: error });
  }
  return new QTChatError(
    'ERR_ENROLL_TAMPERED',
    `what answers at ${server} is not the Auto CA of this circle (${code})`,
    {
      hint: 'Something else may have its address now; ask the host where the Auto CA is',
      cause: error,
    },
  );
}
