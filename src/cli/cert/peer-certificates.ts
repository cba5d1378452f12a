/** The certificates that a TLS server shows to whoever comes; nothing is said to it, and nothing about it is believed. */
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { isQTChatError, QTChatError, quote, systemErrorCode } from '../../errors.js';
import { parseCertificate } from '../../pki/pem.js';

/** What a server showed. */
export interface ShownCertificates {
  /** The server's own first, as many as it sent; unverified. */
  readonly chain: readonly X509Certificate[];
  /** The version that was agreed on, such as `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
}

const timeoutMs = 10_000;

/** More than any server sends. */
const maximumCertificates = 10;

/**
 * Fetches them.
 *
 * @throws {QTChatError} `ERR_PEER_UNREACHABLE` when no TLS server answers within 10 s, `ERR_CANCELLED`,
 *   `ERR_PKI_CERTIFICATE_INVALID` when one of them cannot be read
 */
export async function fetchCertificates(
  host: string,
  port: number,
  { signal }: { signal: AbortSignal },
): Promise<ShownCertificates> {
  // The one place where any certificate will do: it is to be looked at, not trusted.
  const socket = connect({
    host,
    port,
    rejectUnauthorized: false,
    ca: [],
    ...(isIP(host) === 0 && { servername: host }),
  });
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.any([signal, deadline]) });
    const { standardName } = socket.getCipher();
    return {
      chain: shown(socket.getPeerX509Certificate()),
      protocol: socket.getProtocol() ?? '',
      cipher: standardName,
    };
  } catch (error) {
    if (isQTChatError(error)) throw error;
    if (signal.aborted) throw new QTChatError('ERR_CANCELLED', 'cancelled', { cause: error });
    const reason = deadline.aborted ? 'no answer' : (systemErrorCode(error) ?? 'no TLS');
    throw new QTChatError('ERR_PEER_UNREACHABLE', `no TLS server answers at ${quote(`${host}:${port}`)} (${reason})`, {
      hint: 'Check address and port',
      cause: error,
    });
  } finally {
    // A server that asks for our certificate says so only now.
    socket.on('error', () => {});
    socket.destroy();
  }
}

function shown(leaf: X509Certificate | undefined): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = leaf; next !== undefined && chain.length < maximumCertificates; next = next.issuerCertificate) {
    if (chain.at(-1)?.raw.equals(next.raw)) break;
    // In a handshake only the first one's key is used, so the others may hold anything.
    chain.push(parseCertificate(next.raw));
  }
  return chain;
}
