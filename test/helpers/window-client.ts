/** Speaks with the window's server as a page does, by HTTP and a WebSocket of its own: no browser, so that it can also misbehave. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { WebSocket } from 'ws';

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is asked over HTTP. */
export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

type Event = Readonly<Record<string, unknown>>;

/** Asks once; `path` is sent as it is. */
export async function ask(
  origin: string,
  path: string,
  { method = 'GET', headers = {}, body }: Asking = {},
): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const outgoing = request({ hostname, port, path, method, headers, agent: false });
  // A server may answer, and close, before it has read everything.
  const failed = new Promise<never>((_, reject) => outgoing.once('error', reject));
  outgoing.end(body);
  const [incoming] = await Promise.race([once(outgoing, 'response'), failed]);
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return { status: incoming.statusCode, headers: incoming.headers, body: Buffer.concat(pieces) };
}

/** The status of a refused WebSocket, or 101. */
export async function upgradeStatus(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const socket = new WebSocket(url, { headers });
  const status = await new Promise<number>((resolve, reject) => {
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('error', reject);
  });
  socket.on('error', () => {}).terminate();
  return status;
}

/** A browser that was let in, with one tab once it is opened. */
export class WindowClient {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** Below which everything is. */
  readonly base: string;
  readonly cookie: string;
  readonly events: Event[] = [];
  socket: WebSocket | undefined;
  #wake: () => void = () => {};
  #lastRef = 0;

  private constructor(origin: string, base: string, cookie: string) {
    this.origin = origin;
    this.base = base;
    this.cookie = cookie;
  }

  /** Uses a link. */
  static async enter(link: string): Promise<WindowClient> {
    const { origin, pathname, search } = new URL(link);
    const { status, headers } = await ask(origin, `${pathname}${search}`);
    const [cookie = ''] = headers['set-cookie']?.[0]?.split(';') ?? [];
    const base = /url=(\S+)/.exec(String(headers.refresh))?.[1];
    if (status !== 200 || base === undefined) throw new Error(`the link leads nowhere: ${status}`);
    return new WindowClient(origin, base, cookie);
  }

  /** Another tab of the same browser. */
  async anotherTab(): Promise<WindowClient> {
    return new WindowClient(this.origin, this.base, this.cookie).open();
  }

  /** What a page of ours sends with its requests. */
  get headers(): Readonly<Record<string, string>> {
    return { Cookie: this.cookie, Origin: this.origin };
  }

  /** Where the WebSocket is. */
  get eventsUrl(): string {
    return `${this.origin.replace('http', 'ws')}${this.base}events`;
  }

  /** Asks for something below the base. */
  ask(path: string, asking: Asking = {}): Promise<Answer> {
    return ask(this.origin, `${this.base}${path}`, { ...asking, headers: { ...this.headers, ...asking.headers } });
  }

  /** Opens the WebSocket. */
  async open(): Promise<this> {
    this.socket = new WebSocket(this.eventsUrl, { headers: this.headers });
    this.socket.on('message', (data) => {
      this.events.push(JSON.parse(data.toString()) as Event);
      this.#wake();
    });
    await once(this.socket, 'open');
    return this;
  }

  /** The first event of that name that matches, past or to come. */
  async event(name: string, matches: (event: Event) => boolean = () => true): Promise<Event> {
    for (;;) {
      const found = this.events.find((event) => event.event === name && matches(event));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const before = this.#wake;
        this.#wake = () => {
          before();
          resolve();
        };
      });
    }
  }

  /** Sends a command; its answer, done or error. */
  async answer(command: string, fields: object = {}): Promise<Event> {
    const ref = `${++this.#lastRef}`;
    this.socket?.send(JSON.stringify({ command, ref, ...fields }));
    const isAnswer = (event: Event): boolean => event.ref === ref;
    return Promise.race([this.event('done', isAnswer), this.event('error', isAnswer)]);
  }

  /** Sends a command that must be carried out. */
  async done(command: string, fields: object = {}): Promise<Event> {
    const answer = await this.answer(command, fields);
    if (answer.event !== 'done') throw new Error(JSON.stringify(answer));
    return answer;
  }

  /** Leaves. */
  close(): void {
    this.socket?.terminate();
  }
}
