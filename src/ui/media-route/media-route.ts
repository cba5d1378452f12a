/**
 * Lets programs on this computer read single files over HTTP: a player shows a film while it still arrives. Only who
 * was told an address knows it, and only pictures, sound and films have one. Shows no lists and takes nothing.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { QTChatError } from '../../errors.js';
import type { ReadableFile } from '../../store/arriving-file.js';
import type { MediaKind } from '../media-kind.js';
import { type Media, mediaOf, serveMedia } from './serve-media.js';

/** Opens the file behind an address: again when its transfer broke off, since it goes on with another. */
export type OpenMedia = () => Promise<ReadableFile | undefined>;

/** An address that a player can be given. */
export interface MediaAddress {
  /** A secret: whoever has it can read the file while this program runs. */
  readonly url: string;
  readonly kind: MediaKind;
}

interface Entry {
  readonly digest: Buffer;
  readonly open: OpenMedia;
  readonly kind: MediaKind;
  readonly sizeBytes: number;
  /** Opened now; undefined where there is nothing that could be. */
  media: Promise<Media | undefined>;
}

const secretBytes = 32;
const maximumConnections = 32;
const maximumReaders = 16;
/** Each holds a file open. */
const maximumFiles = 128;
const headTimeoutMs = 5_000;
const maximumHeadBytes = 8 * 1024;

/** A server for this computer alone, on a port of its own. */
export class MediaRoute {
  readonly #server: Server;
  readonly #closing = new AbortController();
  /** The one that was asked for longest ago first. */
  #entries: Entry[] = [];
  #readers = 0;
  #host = '';

  private constructor() {
    this.#server = createServer(
      { maxHeaderSize: maximumHeadBytes, connectionsCheckingInterval: 1_000 },
      (request, response) => {
        void this.#answer(request, response);
      },
    );
    this.#server.maxConnections = maximumConnections;
    this.#server.headersTimeout = headTimeoutMs;
    // A reader waits for a film as long as the film takes.
    this.#server.requestTimeout = 0;
  }

  /** Listens on a port of this computer alone that nobody had; the caller closes it. */
  static async start(): Promise<MediaRoute> {
    const route = new MediaRoute();
    route.#server.listen(0, '127.0.0.1');
    await once(route.#server, 'listening');
    route.#host = `127.0.0.1:${(route.#server.address() as AddressInfo).port}`;
    return route;
  }

  /** Where all its addresses are. */
  get origin(): string {
    return `http://${this.#host}`;
  }

  /**
   * Gives a file an address, as soon as its beginning is there. Of more than 128 files, the one that was asked for longest
   * ago loses its own.
   *
   * @throws {QTChatError} `ERR_OPEN_FAILED` for what is no picture, sound or film, or is not there any more; as
   *   `ReadableFile.read`
   */
  async add(open: OpenMedia): Promise<MediaAddress> {
    const media = await this.#look(open);
    if (media === undefined) {
      throw new QTChatError('ERR_OPEN_FAILED', 'the file is neither picture nor sound nor film, or is not there');
    }
    const { kind, file } = media;
    const secret = randomBytes(secretBytes).toString('base64url');
    const entry = {
      digest: digestOf(`/${secret}`),
      open,
      kind,
      sizeBytes: file.sizeBytes,
      media: Promise.resolve(media),
    };
    this.#entries.push(entry);
    if (this.#entries.length > maximumFiles) await forget(this.#entries.shift());
    return { url: `${this.origin}/${secret}`, kind };
  }

  /** Whether an address leads to a file still. */
  knows(url: string): boolean {
    return this.#find(new URL(url).pathname) !== undefined;
  }

  /** Ends every reader, and resolves when nothing is open. */
  async close(): Promise<void> {
    this.#closing.abort(new QTChatError('ERR_CANCELLED', 'nothing is shown any more'));
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    for (const entry of this.#entries.splice(0)) await forget(entry);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers, url = '' } = request;
    // Of a page that has its own name lead to this computer, the browser says that name (DNS rebinding).
    if (headers.host !== this.#host) return refuse(response, 403);
    const entry = this.#find(url);
    if (entry === undefined) return refuse(response, 404);
    if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405, { Allow: 'GET, HEAD' });
    if (this.#readers >= maximumReaders) return refuse(response, 503, { 'Retry-After': '1' });
    this.#entries = [...this.#entries.filter((one) => one !== entry), entry];
    this.#readers += 1;
    try {
      const media = await this.#mediaOf(entry);
      if (media === undefined) return refuse(response, 404);
      await serveMedia(request, response, media, this.#closing.signal);
    } catch {
      response.destroy();
    } finally {
      this.#readers -= 1;
    }
  }

  #find(url: string): Entry | undefined {
    const digest = digestOf(url);
    return this.#entries.find((entry) => timingSafeEqual(entry.digest, digest));
  }

  /** What is behind an address now: still the same, if anything. */
  #mediaOf(entry: Entry): Promise<Media | undefined> {
    entry.media = entry.media.then(async (known) => {
      if (known?.file.isEnded === false) return known;
      await known?.file.close();
      const media = await this.#look(entry.open).catch(() => undefined);
      if (media?.kind === entry.kind && media.file.sizeBytes === entry.sizeBytes) return media;
      await media?.file.close();
      return undefined;
    });
    return entry.media;
  }

  async #look(open: OpenMedia): Promise<Media | undefined> {
    const { signal } = this.#closing;
    signal.throwIfAborted();
    const file = await open();
    if (file === undefined) return undefined;
    try {
      const media = await mediaOf(file, signal);
      if (media === undefined) await file.close();
      return media;
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}

async function forget(entry: Entry | undefined): Promise<void> {
  await (await entry?.media)?.file.close();
}

// Equal lengths, and no knowledge of what is compared: where they differ says nothing of the secret.
function digestOf(path: string): Buffer {
  return createHash('sha256').update(path).digest();
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, Connection: 'close', 'Content-Length': 0 }).end();
}
