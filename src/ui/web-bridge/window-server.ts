/**
 * The server of the window, for this computer alone: gives the page to whoever has a link, takes its WebSockets, and hands
 * what else the page asks for to the routes that it is given. Everybody else is told how to get in, and nothing more.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import { Access } from './access.js';
import { answerHeaders } from './answer-headers.js';
import { builtPage, readPageFiles } from './page-files.js';
import { closedPage, enteringPage } from './small-pages.js';

/** What a {@link WindowServer} needs. */
export interface WindowServerOptions {
  readonly random: (size: number) => Buffer;
  /** Where pictures, sound and films of files come from. */
  readonly mediaOrigin: string;
  /** What the page may ask for besides itself; who asks was let in, and what changes something comes from the page. */
  readonly routes: Router;
  /** Whether there is room for another WebSocket. */
  readonly hasRoom: () => boolean;
  /** Takes the WebSocket of a page. */
  readonly onSocket: (socket: WebSocket) => void;
  /** Told that a link was used. */
  readonly onEntered: () => void;
  /** Where the files of the page are; where the build puts them when left out. */
  readonly pageFolder?: string | undefined;
}

const maximumConnections = 128;
const headTimeoutMs = 5_000;
const maximumHeadBytes = 16 * 1024;
/** The longest text, each of its characters escaped, is less than half of this. */
const maximumMessageBytes = 1024 * 1024;
const readingMethods = ['GET', 'HEAD'];

/** A server on a random port of 127.0.0.1. */
export class WindowServer {
  readonly access: Access;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #options: WindowServerOptions;

  private constructor(server: Server, access: Access, options: WindowServerOptions) {
    this.#server = server;
    this.access = access;
    this.#options = options;
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: maximumMessageBytes, perMessageDeflate: false });
  }

  /** Listens on a port of this computer alone that nobody had; the caller closes it. */
  static async start(options: WindowServerOptions): Promise<WindowServer> {
    const files = await readPageFiles(options.pageFolder ?? builtPage());
    const http = createServer({ maxHeaderSize: maximumHeadBytes, connectionsCheckingInterval: 1_000 });
    http.maxConnections = maximumConnections;
    http.headersTimeout = headTimeoutMs;
    // A large file takes as long as it takes; one that stands still is broken off where it is read.
    http.requestTimeout = 0;
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const access = new Access((http.address() as AddressInfo).port, options.random);
    const server = new WindowServer(http, access, options);
    http.on('request', server.#app(files));
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      server.#upgrade(request, socket, head);
    });
    return server;
  }

  /** Ends every connection, and resolves when nothing is open. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #app(files: Awaited<ReturnType<typeof readPageFiles>>): express.Express {
    const { access } = this;
    const { mediaOrigin, routes } = this.#options;
    const headers = answerHeaders(access.origin, mediaOrigin);
    const app = express();
    app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
    app.use((request: Request, response: Response, next: NextFunction) => {
      response.set(headers);
      if (access.isForUs(request.headers)) next();
      else refuse(response, 403);
    });
    app.get('/', (request: Request, response: Response, next: NextFunction) => {
      const { token } = request.query;
      // Whoever only asks what is there (HEAD) does not use it up.
      const isEntering = request.method === 'GET' && typeof token === 'string';
      const cookie = isEntering ? access.enter(token) : undefined;
      if (cookie === undefined) {
        next();
        return;
      }
      this.#options.onEntered();
      // A redirection would still be the request of whatever led here, which gets no strict cookie; a page's own is not.
      response.set({ 'Set-Cookie': cookie, Refresh: `0; url=${access.base}` });
      response.type('html').send(enteringPage(access.base));
    });
    app.use((request: Request, response: Response, next: NextFunction) => {
      if (!access.isKnown(request.headers)) closing(response, 403).type('html').send(closedPage);
      else if (readingMethods.includes(request.method) || access.isFromUs(request.headers)) next();
      else refuse(response, 403);
    });
    for (const [name, { type, content }] of files) {
      app.get(`${access.base}${name}`, (_request: Request, response: Response) => {
        response.set('Content-Type', type).send(content);
      });
    }
    app.use(access.base, routes);
    app.use((_request: Request, response: Response) => refuse(response, 404));
    app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) => refuse(response, 400));
    return app;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { access } = this;
    const { headers, url } = request;
    const isOurs = access.isForUs(headers) && access.isFromUs(headers) && access.isKnown(headers);
    if (!isOurs) refuseUpgrade(socket, '403 Forbidden');
    else if (url !== `${access.base}events`) refuseUpgrade(socket, '404 Not Found');
    else if (!this.#options.hasRoom()) refuseUpgrade(socket, '503 Service Unavailable');
    else this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#options.onSocket(webSocket));
  }
}

function refuse(response: Response, status: number): void {
  if (response.headersSent) response.destroy();
  else closing(response, status).end();
}

// What strangers still send is not waited for: it may never end, and there is room for so many connections alone.
function closing(response: Response, status: number): Response {
  return response.status(status).set('Connection', 'close');
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => {});
  // Who does not close its side would keep it open.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
