/** Puts the Auto CA on a TCP port, with limits on what any guest can hold, and takes it off again. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Router } from 'express';
import { trips } from '../src/enroll/http.js';
import { createApp } from './app.js';
import { type AutoCa, defaultLimits } from './auto-ca.js';
import { fewRequests, guard, start } from './guard.js';

/** A listening Auto CA. */
export interface AutoCaServer {
  readonly port: number;
  /** Stops: no new guests, a moment for those under way, then all is closed. */
  close(): Promise<void>;
}

// A guest's head is about 130 octets; a browser's that opens a link has up to 1,500, and more with cookies of others
// on the same host.
const headLimitBytes = 4096;
// As many as an enrolment has trips, and one more: a guest may have to ask again, with a key of its own.
const requestsPerConnection = Object.keys(trips).length + 1;

/**
 * Listens.
 *
 * @param options.host - the address to listen on; all of them when left out
 * @param options.port - 0 for any free one
 * @param options.open - what else anybody may ask there
 * @throws {QTChatError} `ERR_PORT_IN_USE`, `ERR_ADDRESS_UNAVAILABLE`
 */
export async function listen(
  autoCa: AutoCa,
  options: { readonly host?: string; readonly port: number; readonly open?: Router },
): Promise<AutoCaServer> {
  const limits = { ...defaultLimits, ...autoCa.limits };
  const app = createApp(autoCa, options.open);
  const server = createServer(
    {
      maxHeaderSize: headLimitBytes,
      headersTimeout: limits.headTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      // Every connection has its deadline; between two requests a guest may have to compare words.
      keepAliveTimeout: 0,
      connectionsCheckingInterval: Math.max(20, Math.min(1000, limits.headTimeoutMs / 4)),
    },
    fewRequests(app.express, requestsPerConnection),
  );
  guard(server, autoCa, limits);
  await start(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      const deadline = setTimeout(() => server.closeAllConnections(), limits.stopTimeoutMs);
      await closed;
      clearTimeout(deadline);
      await app.settled();
    },
  };
}
