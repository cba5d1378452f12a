/** A member with a certificate and no manners: a bare TLS connection that says whatever the test wants. */
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { encodeFrame, FrameReader } from '../../src/protocol/frame.js';
import { encodeMessage, type Hello, type Message, parseMessage } from '../../src/protocol/messages.js';
import type { Identity } from '../../src/store/identities.js';
import { controlProtocol, secureContextOptions } from '../../src/transport/tls-options.js';

/** A hello against which nobody has anything. */
export const goodHello: Hello = {
  type: 'hello',
  version: 1,
  session: 'ab'.repeat(16),
  capabilities: ['text', 'files'],
  keyOrigin: 'local',
  port: 0,
  epoch: 'cd'.repeat(16),
  cursors: [],
};

/** The frame of a message. */
export function frameOf(message: Message): Buffer {
  return encodeFrame(encodeMessage(message));
}

/** The head of a frame, with a length of the test's choice. */
export function frameHeader(sizeBytes: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(sizeBytes);
  return octets;
}

/** Of TLS, and from which address of this machine. */
export type BareOptions = ConnectionOptions & { readonly localAddress?: string };

/** Dials a listener on this machine without judging whoever answers; errors are silent. */
export function dialBare(port: number, identity: Identity, tls: BareOptions = {}): TLSSocket {
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    ...secureContextOptions(identity),
    ALPNProtocols: [controlProtocol],
    checkServerIdentity: () => undefined,
    ...tls,
  });
  return socket.on('error', () => {});
}

/** Resolves when a connection has ended, however it did. */
export async function closeOf(socket: TLSSocket): Promise<void> {
  // Not once(): that fails with the error that came before.
  if (!socket.closed) await new Promise((resolve) => socket.on('close', resolve));
}

/** The rogue's end of a control connection. */
export class Rogue {
  readonly socket: TLSSocket;
  readonly identity: Identity;
  readonly heard: Message[] = [];
  #wake: () => void = () => {};

  /**
   * @param socket - dialled as `identity`
   * @param answers - what it says to whatever it hears
   */
  constructor(socket: TLSSocket, identity: Identity, answers: (message: Message) => Message[] = () => []) {
    this.socket = socket;
    this.identity = identity;
    const frames = new FrameReader();
    socket.on('data', (chunk: Buffer) => {
      for (const payload of frames.push(chunk)) {
        const message = parseMessage(payload);
        this.heard.push(message);
        this.say(...answers(message));
      }
      this.#wake();
    });
  }

  /** Says messages, well-formed ones. */
  say(...messages: Message[]): void {
    for (const message of messages) this.write(frameOf(message));
  }

  /** Says any octets. */
  write(octets: Buffer): void {
    if (this.socket.writable) this.socket.write(octets);
  }

  /** Resolves when it has heard so many messages of a type, with the last of them. */
  async hears<Type extends Message['type']>(type: Type, times = 1): Promise<Extract<Message, { type: Type }>> {
    for (;;) {
      const found = this.heard.filter((message) => message.type === type);
      if (found.length >= times) return found[times - 1] as Extract<Message, { type: Type }>;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
