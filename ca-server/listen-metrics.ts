/**
 * Puts the metrics on a port of their own, on this machine alone: for a Prometheus that has no certificate. Whoever
 * has an account here may read them; they name nobody.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import { answerError } from './app.js';
import { type AutoCa, defaultLimits } from './auto-ca.js';
import { fewRequests, guard, start } from './guard.js';
import { notFound, sendProblem } from './problem.js';
import { send } from './send.js';

/** Where it listens. */
const loopback = '127.0.0.1';
const headLimitBytes = 4096;
const requestsPerConnection = 1;

/** Metrics on a port. */
export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1.
 *
 * @param port - 0 for any free one
 * @throws {QTChatError} `ERR_PORT_IN_USE`, `ERR_ADDRESS_UNAVAILABLE`
 */
export async function listenForMetrics(autoCa: AutoCa, port: number): Promise<MetricsServer> {
  const limits = { ...defaultLimits, ...autoCa.limits };
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  app.get('/metrics', async (request: Request, response: Response, next: NextFunction) => {
    if (!isForUs(request.headers.host)) {
      next();
      return;
    }
    const { contentType, text } = await autoCa.watch.metrics();
    send(response, contentType, Buffer.from(text));
  });
  app.use((_request: Request, response: Response) => sendProblem(response, notFound()));
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    answerError(autoCa, error, request.socket, response);
  });
  const server = createServer(
    {
      maxHeaderSize: headLimitBytes,
      headersTimeout: limits.headTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.max(20, Math.min(1000, limits.headTimeoutMs / 4)),
    },
    fewRequests(app, requestsPerConnection),
  );
  guard(server, autoCa, limits);
  await start(server, { host: loopback, port, flag: '--metrics-port' });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

// A web page that has its own name lead here must not read it (DNS rebinding): its requests name that host.
function isForUs(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? '');
}
