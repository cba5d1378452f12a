/** What every port of the Auto CA holds strangers to: how many connect, how long, and how often they ask. */
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { QTChatError, quote, systemErrorCode } from '../src/errors.js';
import type { AutoCa, Limits } from './auto-ca.js';
import { clearDeadline, setDeadline } from './deadline.js';
import { addressOf } from './routes/enroll.js';

/**
 * Ends a connection that asks more than `most` times, and hears its requests one after the other. They may come without
 * waiting for answers, thousands in one piece: each would cost several kilobytes before the first answer closes the
 * connection, and what is asked behind an answer that closes it can't be answered.
 */
export function fewRequests(handle: RequestListener, most: number): RequestListener {
  const asked = new WeakMap<Socket, { count: number; answered: Promise<void> }>();
  return (request, response) => {
    const { socket } = request;
    const { count, answered } = asked.get(socket) ?? { count: 0, answered: Promise.resolve() };
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    asked.set(socket, { count: count + 1, answered: closed });
    if (count === 0) handle(request, response);
    else if (count >= most) socket.destroy();
    else void answered.then(() => socket.writable && handle(request, response));
  };
}

/** Counts and times the connections of a server, and notes who speaks no HTTP. */
export function guard(server: Server | SecureServer, autoCa: Pick<AutoCa, 'log'>, limits: Limits): void {
  const open = new Map<string, number>();
  server.maxConnections = limits.connections;
  server.maxHeadersCount = 16;
  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket);
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    setDeadline(socket, limits.connectionTimeoutMs);
    socket.once('close', () => {
      clearDeadline(socket);
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

/**
 * Begins to listen.
 *
 * @param options.flag - by which people choose another port
 * @throws {QTChatError} `ERR_PORT_IN_USE`, `ERR_ADDRESS_UNAVAILABLE`
 */
export async function start(
  server: Server | SecureServer,
  { host, port, flag = '--port' }: { host?: string; port: number; flag?: string },
): Promise<void> {
  try {
    server.listen(host === undefined ? { port } : { host, port });
    await once(server, 'listening');
  } catch (cause) {
    throw listenError(cause, host, port, flag);
  }
}

function listenError(cause: unknown, host: string | undefined, port: number, flag: string): unknown {
  const code = systemErrorCode(cause);
  if (code === 'EADDRINUSE') {
    return new QTChatError('ERR_PORT_IN_USE', `port ${port} is in use already`, {
      hint: `Stop what listens there, or choose another one with ${flag}`,
      cause,
    });
  }
  if (code === undefined) return cause;
  const where = host === undefined ? `port ${port}` : `${quote(host)} port ${port}`;
  return new QTChatError('ERR_ADDRESS_UNAVAILABLE', `cannot listen on ${where} (${code})`, {
    hint: code === 'EACCES' ? `Choose a port above 1023 with ${flag}` : 'Name an address of this machine with --host',
    cause,
  });
}
