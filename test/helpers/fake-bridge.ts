/**
 * The program's side of the chat window without a program behind it: serves the built page, speaks what `web/wire.ts` says, and
 * does what tests tell it. The page cannot tell it from the real one, so that it can be driven into every corner.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { packageRoot } from '../../src/package-root.js';
import { answerHeaders } from '../../src/ui/web-bridge/answer-headers.js';
import type {
  WireCall,
  WireContact,
  WireEvent,
  WireKnownFile,
  WireMessage,
  WireSelf,
  WireWhois,
} from '../../web/wire.js';

/** What the page is greeted with, and asked for. */
export interface FakeWorld {
  self: WireSelf | null;
  contacts: WireContact[];
  files: WireKnownFile[];
  call: WireCall | null;
  settings: Record<string, string>;
  history: Record<string, WireMessage[]>;
  whois: Record<string, Partial<WireWhois>>;
  /** Content by id of a file: what `media` finds. */
  media: Record<string, { kind: 'picture' | 'audio' | 'video'; type: string; content: Buffer }>;
}

/** A command as it came. */
export type FakeCommand = { readonly command: string; readonly ref?: string } & Readonly<Record<string, unknown>>;

/** What came over HTTP. */
export interface FakeUpload {
  readonly method: string;
  readonly url: string;
  readonly body: Buffer;
}

type Unstamped<Event> = Event extends WireEvent ? Omit<Event, 'at'> & { at?: string } : never;
/** Answers a command: the fields of `done`, or an error that is thrown. */
type Answer = (command: FakeCommand) => object | Promise<object>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** Everything of the page is below it, as with the real one. */
const base = '/label/';

export const now = '2026-11-29T20:00:00.000Z';
export const alice: WireSelf = {
  member: 'alice',
  circleId: 'mfrggzdfmztwq2lknnwg23tpoa',
  notAfter: '2027-11-29T20:00:00.000Z',
  ownKey: '3f9a2c41d05be7788190aa13c2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6',
};

/** A contact who is here and has said nothing. */
export function contact(member: string, changes: Partial<WireContact> = {}): WireContact {
  return { member, isHere: true, standing: 'good', lastSeenAt: null, unread: 0, ...changes };
}

/** A message of the history. */
export function message(id: string, text: string | null, changes: Partial<WireMessage> = {}): WireMessage {
  const direction = changes.direction ?? 'in';
  return {
    id,
    from: direction === 'in' ? 'bob' : 'alice',
    direction,
    sentAt: now,
    state: direction === 'in' ? 'received' : 'read',
    text,
    replyTo: null,
    editedAt: null,
    call: null,
    reactions: [],
    ...changes,
  };
}

export class FakeBridge {
  readonly world: FakeWorld;
  readonly commands: FakeCommand[] = [];
  readonly uploads: FakeUpload[] = [];
  /** What the page asked for that it should not: other paths. */
  readonly strays: string[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #sockets = new Set<WebSocket>();
  readonly #waiting = new Set<() => void>();
  /** Another one is another program. */
  run = 'run';
  #server!: Server;
  #port = 0;
  #mediaPort = 0;
  #media!: Server;
  #wss!: WebSocketServer;

  constructor(world: Partial<FakeWorld> = {}) {
    this.world = {
      self: alice,
      contacts: [contact('bob')],
      files: [],
      call: null,
      settings: {},
      history: {},
      whois: {},
      media: {},
      ...world,
    };
  }

  static async start(world: Partial<FakeWorld> = {}): Promise<FakeBridge> {
    const bridge = new FakeBridge(world);
    await bridge.listen();
    return bridge;
  }

  /** Listens; on the same port again after {@link drop}. */
  async listen(port = 0): Promise<void> {
    this.#media ??= await listening(
      createServer((request, response) => this.#serveMedia(request, response)),
      0,
    );
    this.#mediaPort = (this.#media.address() as AddressInfo).port;
    this.#server = await listening(
      createServer((request, response) => void this.#serve(request, response)),
      port,
    );
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#wss = new WebSocketServer({ server: this.#server, path: `${base}events` });
    this.#wss.on('connection', (socket) => this.#greet(socket));
  }

  get url(): string {
    return `${this.#origin}${base}`;
  }

  get #origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return this.#port;
  }

  get #mediaOrigin(): string {
    return `http://127.0.0.1:${this.#mediaPort}`;
  }

  /** Something happens. */
  emit(event: Unstamped<WireEvent>): void {
    this.#send({ at: now, ...event });
  }

  /** Answers a command so from now on. */
  answer(command: string, answer: Answer): void {
    this.#answers.set(command, answer);
  }

  /** Resolves with the first command of that name that fits, once it comes. */
  async command(name: string, fits: (command: FakeCommand) => boolean = () => true): Promise<FakeCommand> {
    return this.until(() => this.commands.find((one) => one.command === name && fits(one)));
  }

  /** Resolves as soon as something came that `look` finds. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Greets every page again. */
  greetAgain(): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify(this.#hello()));
  }

  /** Says that it ends, as the program does that is ended in order. */
  sayGoodbye(): void {
    for (const socket of this.#sockets) socket.close(1001);
  }

  /** Ends, as a program that is killed does; the media stay. */
  async drop(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    this.#wss.close();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.drop();
    this.#media.closeAllConnections();
    this.#media.close();
  }

  #hello(): WireEvent {
    const { self, contacts, files, call, settings } = this.world;
    return { event: 'hello', at: now, run: this.run, self, contacts, files, call, settings };
  }

  #greet(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('message', (frame) => void this.#take(socket, JSON.parse(String(frame)) as FakeCommand));
    socket.send(JSON.stringify(this.#hello()));
  }

  async #take(socket: WebSocket, command: FakeCommand): Promise<void> {
    this.commands.push(command);
    this.#wake();
    const asked = { command: command.command, ref: command.ref ?? null };
    try {
      const fields = await (this.#answers.get(command.command) ?? ((one) => this.#carryOut(one)))(command);
      socket.send(JSON.stringify({ event: 'done', at: now, ...fields, ...asked }));
    } catch (error) {
      const { code = 'ERR_USAGE', message, hint = null } = error as { code?: string; message: string; hint?: string };
      socket.send(JSON.stringify({ event: 'error', at: now, ...asked, code, message, hint }));
    }
  }

  /** What the real program would do, as far as the page sees it. */
  #carryOut(command: FakeCommand): object {
    const member = String(command.member ?? '');
    const { history, contacts, whois, media } = this.world;
    switch (command.command) {
      case 'send': {
        const id = randomUUID();
        const replyTo = command.replyTo as string | undefined;
        const text = String(command.text);
        this.emit({ event: 'outgoing', member, id, text, sentAt: now, ...(replyTo !== undefined && { replyTo }) });
        return { member, id };
      }
      case 'edit':
        this.emit({
          event: 'outgoingChange',
          member,
          id: String(command.id),
          kind: 'edit',
          text: String(command.text),
        });
        return { member };
      case 'delete':
        this.emit({ event: 'outgoingChange', member, id: String(command.id), kind: 'delete' });
        return { member };
      case 'react': {
        const emoji = String(command.emoji);
        this.emit({ event: 'outgoingChange', member, id: String(command.id), kind: 'reaction', emoji });
        return { member };
      }
      case 'history': {
        const all = history[member] ?? [];
        const end = command.before === undefined ? all.length : all.findIndex(({ id }) => id === command.before);
        return { member, messages: all.slice(Math.max(0, end - Number(command.limit)), Math.max(0, end)) };
      }
      case 'search': {
        const wanted = String(command.text).toLowerCase();
        const found = (history[member] ?? []).filter(({ text }) => text?.toLowerCase().includes(wanted));
        return { member, messages: found.slice(-Number(command.limit)) };
      }
      case 'contacts':
        return { contacts };
      case 'whois':
        return {
          member,
          circleId: alice.circleId,
          addresses: [{ host: '192.168.1.101', port: 17590 }],
          spkiSha256: 'b07f5e11c2d34a9688f0e1d2c3b4a5968778695a4b3c2d1e0ffeeddccbbaa998',
          ownKey: alice.ownKey,
          blocked: false,
          otherKeys: [],
          ...whois[member],
        };
      case 'media': {
        const found = media[String(command.id)];
        if (found === undefined) throw new Error('the file is neither picture nor sound nor film, or is not there');
        return { url: `${this.#mediaOrigin}/${String(command.id)}`, kind: found.kind, mediaType: found.type };
      }
      default:
        return { member };
    }
  }

  #send(event: object): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify(event));
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/' } = request;
    if (method !== 'GET') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      this.uploads.push({ method, url: url.slice(base.length), body: Buffer.concat(chunks) });
      response.setHeader('Content-Type', 'application/json');
      response.end('{"name":"x"}');
      this.#wake();
      return;
    }
    const name = url === base ? 'index.html' : url.startsWith(base) ? url.slice(base.length) : '';
    const type = types[extname(name)];
    const content =
      /^[\w.]+$/.test(name) && type
        ? await readFile(join(packageRoot(), 'dist/web', name)).catch(() => undefined)
        : undefined;
    if (content === undefined || type === undefined) {
      this.strays.push(url);
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { ...answerHeaders(this.#origin, this.#mediaOrigin), 'Content-Type': type });
    response.end(content);
  }

  #serveMedia({ url = '' }: IncomingMessage, response: ServerResponse): void {
    const found = this.world.media[url.slice(1)];
    if (found === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': found.type, 'Content-Security-Policy': 'sandbox' });
    response.end(found.content);
  }
}

async function listening(server: Server, port: number): Promise<Server> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
