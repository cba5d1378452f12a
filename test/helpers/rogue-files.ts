/** A member that breaks the rules about files, on real sockets: says whatever the test wants, on either connection. */
import { randomBytes } from 'node:crypto';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { chunkDigests, layoutOf, rootOf, sha256 } from '../../src/protocol/file-chunks.js';
import { encodeRange, type FileRange, RequestReader } from '../../src/protocol/file-stream.js';
import { encodeFrame, FrameReader } from '../../src/protocol/frame.js';
import { encodeMessage, type Message, type MessageOf, parseMessage } from '../../src/protocol/messages.js';
import type { Identity } from '../../src/store/identities.js';
import { fileToken } from '../../src/transport/exporter.js';
import {
  controlProtocol,
  fileProtocol,
  type PeerProtocol,
  secureContextOptions,
} from '../../src/transport/tls-options.js';

/** What is answered to a request; undefined for nothing. */
export type Answer = (range: FileRange, right: Buffer) => Buffer | undefined;

/** A file that is offered, and its digests. */
export interface RogueFile {
  readonly offer: MessageOf<'file-offer'>;
  readonly content: Buffer;
  readonly digests: Buffer;
}

/** Makes an offer as an honest member would. */
export async function makeOffer(name: string, content: Buffer, resumes?: string): Promise<RogueFile> {
  const digests = chunkDigests(content, layoutOf(content.length).chunkBytes);
  const id = randomBytes(16).toString('hex');
  const offer: MessageOf<'file-offer'> = {
    type: 'file-offer',
    id,
    name,
    sizeBytes: content.length,
    version: sha256(content),
    ...(resumes !== undefined && { resumes }),
  };
  return { offer, content, digests };
}

/** One control session of a member without manners, and its file connections. */
export class RogueMember {
  readonly control: TLSSocket;
  readonly heard: Message[] = [];
  readonly #port: number;
  readonly #identity: Identity;
  readonly #streams: TLSSocket[] = [];
  #wake: () => void = () => {};

  /** @param capabilities - what its hello says that it can */
  constructor(port: number, identity: Identity, capabilities = ['text', 'files', 'file-connections']) {
    this.#port = port;
    this.#identity = identity;
    this.control = this.#dial(controlProtocol);
    const frames = new FrameReader();
    this.control.on('data', (chunk: Buffer) => {
      for (const payload of frames.push(chunk)) this.heard.push(parseMessage(payload));
      this.#wake();
    });
    const session = randomBytes(16).toString('hex');
    this.say({
      type: 'hello',
      version: 1,
      session,
      capabilities,
      keyOrigin: 'local',
      port: 0,
      epoch: session,
      cursors: [],
    });
  }

  say(message: Message): void {
    this.control.write(encodeFrame(encodeMessage(message)));
  }

  /** The first message of that type that matches, past or to come. */
  async hears<Type extends Message['type']>(
    type: Type,
    matches: (message: MessageOf<Type>) => boolean = () => true,
  ): Promise<MessageOf<Type>> {
    for (;;) {
      const found = this.heard.find((one) => one.type === type && matches(one as MessageOf<Type>));
      if (found !== undefined) return found as MessageOf<Type>;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Opens a file connection of a transfer; the first without a number. */
  openStream(id: string, number = 0): TLSSocket {
    const stream = this.#dial(fileProtocol);
    this.#streams.push(stream);
    stream.write(Buffer.concat([fileToken(this.control, id, number), Buffer.from(id, 'hex')]));
    return stream;
  }

  /** Offers a file, waits until it is taken, and serves it: rightly, unless `answer` says otherwise. */
  async serve(file: RogueFile, answer?: Answer): Promise<TLSSocket> {
    this.say(file.offer);
    await this.hears('file-accept', ({ id }) => id === file.offer.id);
    return this.serveOver(file, 0, answer);
  }

  /** Serves a file that was taken over a connection of that number. */
  serveOver({ offer, content, digests }: RogueFile, number: number, answer: Answer = (_, right) => right): TLSSocket {
    const layout = layoutOf(content.length);
    const requests = new RequestReader(layout);
    const stream = this.openStream(offer.id, number);
    stream.on('data', (chunk: Buffer) => {
      for (const range of requests.push(chunk)) {
        const { kind, first, count } = range;
        const chunks = content.subarray(first * layout.chunkBytes, (first + count) * layout.chunkBytes);
        const list = digests.subarray(first * 32, (first + count) * 32);
        const right = { digests: [list], chunks: [chunks, list], root: [rootOf(digests)] }[kind];
        const octets = answer(range, Buffer.concat([encodeRange(range), ...right]));
        if (octets !== undefined) stream.write(octets);
      }
    });
    return stream;
  }

  end(): void {
    this.control.destroy();
    for (const stream of this.#streams) stream.destroy();
  }

  #dial(protocol: PeerProtocol): TLSSocket {
    const socket = connectTls({
      host: '127.0.0.1',
      port: this.#port,
      ...secureContextOptions(this.#identity),
      ALPNProtocols: [protocol],
      checkServerIdentity: () => undefined,
    });
    return socket.on('error', () => {});
  }
}
