/**
 * Puts the Auto CA on its port for members: TLS 1.3, its own certificate, and a member's where one is
 * shown. Keeps its own certificates young and ends what was superseded, as long as it runs.
 */
import { constants } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { messageOf } from '../src/errors.js';
import { currentCrl } from '../src/ledger/current-crl.js';
import { supersedeFormer } from '../src/ledger/renewals.js';
import { rootCertificate } from '../src/pki/issuer.js';
import { type AutoCa, defaultLimits } from './auto-ca.js';
import { setDeadline } from './deadline.js';
import { fewRequests, guard, start } from './guard.js';
import { createMembersApp } from './members-app.js';
import type { OwnCredentials } from './own-credentials.js';

/** The Auto CA on its port for members. */
export interface MembersServer {
  readonly port: number;
  /** What it does every minute by itself: renews its certificates when due, ends what was superseded. */
  maintain(): Promise<void>;
  close(): Promise<void>;
}

const headLimitBytes = 4096;
/** One who asks more opens another connection. */
const requestsPerConnection = 20;
const maintenanceMs = 60_000;

/**
 * Listens, and issues the Auto CA's own certificates once it does.
 *
 * @param options.host - the address to listen on; all of them when left out
 * @param options.port - 0 for any free one
 * @param options.onCrl - gets the revocation list in force, every minute
 * @throws {QTChatError} `ERR_PORT_IN_USE`, `ERR_ADDRESS_UNAVAILABLE`, what issuing throws
 */
export async function listenForMembers(
  autoCa: AutoCa,
  own: OwnCredentials,
  options: {
    readonly host?: string;
    readonly port: number;
    readonly onCrl?: (der: Buffer) => Promise<unknown>;
  },
): Promise<MembersServer> {
  const limits = { ...defaultLimits, ...autoCa.limits };
  const server = createServer(
    {
      ALPNProtocols: ['http/1.1'],
      // A stranger may ask for the revocation list, and one whose certificate has expired for the next:
      // each route judges for itself, and lets nobody in whom it does not know (authorize/).
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: limits.headTimeoutMs,
      maxHeaderSize: headLimitBytes,
      headersTimeout: limits.headTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.headTimeoutMs,
      connectionsCheckingInterval: Math.max(20, Math.min(1000, limits.headTimeoutMs / 4)),
    },
    fewRequests(createMembersApp(autoCa, own), requestsPerConnection),
  );
  guard(server, autoCa, limits);
  // Who has its answer and asks nothing more is asked to leave: leaving in order says that it has the answer.
  server.on('timeout', (socket) => {
    socket.end();
    setDeadline(socket, limits.closeTimeoutMs);
  });
  // What failed is of no interest here: whoever it was has gone.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  // A port that is taken must leave no certificate behind.
  await start(server, { ...options, flag: '--tls-port' });
  const report = (error: unknown): void => {
    const reason = messageOf(error);
    autoCa.log({ event: 'failed', address: 'here', reason, requestId: 'maintenance' });
  };
  const maintain = async (): Promise<void> => {
    if (own.isDue) {
      await own.issue();
      server.setSecureContext(secureContext(autoCa, own));
    }
    const { ledger, signer, deps } = autoCa;
    await supersedeFormer(ledger, deps);
    // One that cannot be kept is still handed out; the host sees why.
    if (options.onCrl !== undefined)
      await currentCrl(ledger, signer, deps)
        .then(({ content }) => options.onCrl?.(content))
        .catch(report);
  };
  try {
    await maintain();
  } catch (error) {
    server.close();
    throw error;
  }
  let underWay: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    underWay = maintain().catch(report);
  }, maintenanceMs);
  return {
    port: (server.address() as AddressInfo).port,
    maintain,
    close: async () => {
      clearInterval(timer);
      const closed = once(server, 'close');
      server.close();
      const deadline = setTimeout(() => server.closeAllConnections(), limits.stopTimeoutMs);
      server.closeIdleConnections();
      await closed;
      clearTimeout(deadline);
      await underWay;
    },
  };
}

function secureContext({ signer }: AutoCa, { tls }: OwnCredentials): SecureContextOptions {
  return {
    key: tls?.key.export({ type: 'pkcs8', format: 'pem' }),
    cert: tls?.chain.map((certificate) => certificate.toString()).join(''),
    ca: [rootCertificate(signer).toString()],
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    // No resumption: every handshake proves the key anew.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
