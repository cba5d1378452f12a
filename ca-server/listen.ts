/** Puts the Auto CA on a TCP port, with limits on what any guest can hold, and takes it off again. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { trips } from '../src/enroll/http.js';
import { QTChatError, quote, systemErrorCode } from '../src/errors.js';
import { createApp } from './app.js';
import { type AutoCa, defaultLimits, type Limits } from './auto-ca.js';
import { addressOf } from './routes/enroll.js';

/** A listening Auto CA. */
export interface AutoCaServer {
  readonly port: number;
  /** Stops: no new guests, a moment for those under way, then all is closed. */
  close(): Promise<void>;
}

// A guest's head is about 130 octets.
const headLimitBytes = 2048;
// As many as an enrolment has trips.
const requestsPerConnection = Object.keys(trips).length;

/**
 * Listens.
 *
 * @param options.host - the address to listen on; all of them when left out
 * @param options.port - 0 for any free one
 * @throws {QTChatError} `ERR_PORT_IN_USE`, `ERR_ADDRESS_UNAVAILABLE`
 */
export async function listen(
  autoCa: AutoCa,
  options: { readonly host?: string; readonly port: number },
): Promise<AutoCaServer> {
  const limits = { ...defaultLimits, ...autoCa.limits };
  const app = createApp(autoCa);
  const server = createServer(
    {
      maxHeaderSize: headLimitBytes,
      headersTimeout: limits.headTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.connectionTimeoutMs,
      connectionsCheckingInterval: Math.max(20, Math.min(1000, limits.headTimeoutMs / 4)),
    },
    fewRequests(app.express),
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

/**
 * Ends a connection that asks more often than an enrolment does. Requests may come without waiting for
 * answers, thousands in one piece: each would cost several kilobytes before the first answer closes the connection.
 */
function fewRequests(handle: RequestListener): RequestListener {
  const requests = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    const count = (requests.get(socket) ?? 0) + 1;
    requests.set(socket, count);
    if (count > requestsPerConnection) socket.destroy();
    else handle(request, response);
  };
}

function guard(server: Server, autoCa: AutoCa, limits: Limits): void {
  const open = new Map<string, number>();
  server.maxConnections = limits.connections;
  server.maxHeadersCount = 16;
  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket);
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    const deadline = setTimeout(() => socket.destroy(), limits.connectionTimeoutMs);
    socket.once('close', () => {
      clearTimeout(deadline);
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count > limits.connectionsPerAddress) socket.destroy();
  });
  // Octets that are no HTTP, heads that are too long or too slow.
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    if (error.code !== 'ECONNRESET') {
      autoCa.log({
        event: 'refused',
        address: addressOf(socket),
        reason: `not HTTP as a guest speaks it (${error.code})`,
      });
    }
    if (socket.writable && socket.bytesWritten === 0) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    }
    socket.destroySoon();
  });
}

async function start(server: Server, { host, port }: { host?: string; port: number }): Promise<void> {
  try {
    server.listen(host === undefined ? { port } : { host, port });
    await once(server, 'listening');
  } catch (cause) {
    throw listenError(cause, host, port);
  }
}

function listenError(cause: unknown, host: string | undefined, port: number): unknown {
  const code = systemErrorCode(cause);
  if (code === 'EADDRINUSE') {
    return new QTChatError('ERR_PORT_IN_USE', `port ${port} is in use already`, {
      hint: 'Stop what listens there, or choose another one with --port',
      cause,
    });
  }
  if (code === undefined) return cause;
  const where = host === undefined ? `port ${port}` : `${quote(host)} port ${port}`;
  return new QTChatError('ERR_ADDRESS_UNAVAILABLE', `cannot listen on ${where} (${code})`, {
    hint: code === 'EACCES' ? 'Choose a port above 1023 with --port' : 'Name an address of this machine with --host',
    cause,
  });
}
