/**
 * Messages over an authenticated connection. Reading is a sequence that the caller consumes at its
 * own pace, so a fast peer waits in its own kernel; writing is bounded, so a slow one costs little.
 */
import type { TLSSocket } from 'node:tls';
import { QTChatError } from '../errors.js';
import { encodeFrame, FrameReader, maximumFrameBytes } from '../protocol/frame.js';
import { encodeMessage, type Message, maximumHelloBytes, parseMessage } from '../protocol/messages.js';
import type { PeerConnection } from './peer-connection.js';

/** What a peer may leave unread before we take it for dead. */
const maximumUnsentBytes = 8 * 1024 * 1024;

/** The control channel of one connection. */
export class ControlChannel {
  readonly #socket: TLSSocket;
  readonly #onOctets: () => void;
  #failure: QTChatError | undefined;

  /** @param onOctets - called whenever anything at all arrives: the peer is alive */
  constructor(connection: PeerConnection, onOctets: () => void) {
    this.#socket = connection.socket;
    this.#onOctets = onOctets;
  }

  /** Whether messages can still be sent. */
  get isOpen(): boolean {
    return this.#socket.writable;
  }

  /** Sends messages, those together that are given together; a closed channel swallows them, as a breaking network would. */
  send(...messages: readonly Message[]): void {
    if (!this.#socket.writable) return;
    const [first, ...others] = messages.map((message) => encodeFrame(encodeMessage(message)));
    if (first === undefined) return;
    this.#socket.write(others.length === 0 ? first : Buffer.concat([first, ...others]));
    if (this.#socket.writableLength > maximumUnsentBytes) {
      this.destroy(new QTChatError('ERR_PROTOCOL', 'the peer does not read what it is sent'));
    }
  }

  /** Sends what is waiting, then closes in order. */
  end(): void {
    this.#socket.end();
  }

  /** Breaks the connection off at once; {@link messages} ends with `failure`, or quietly without one. */
  destroy(failure?: QTChatError): void {
    this.#failure ??= failure;
    this.#socket.destroy();
  }

  /**
   * The messages of the peer, in order, those together that came together, until the connection ends; leaving the
   * loop closes it. The first frame may be no longer than a hello.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` when the peer breaks the rules, `ERR_PEER_UNREACHABLE` when
   *   the connection breaks
   */
  async *batches(): AsyncGenerator<Message[]> {
    const frames = new FrameReader(maximumHelloBytes);
    try {
      for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
        this.#onOctets();
        const { messages, fault } = messagesIn(frames, chunk);
        if (messages.length > 0) yield messages;
        if (fault !== undefined) throw fault;
      }
      if (this.#failure === undefined) frames.end();
    } catch (error) {
      if (this.#failure === undefined) {
        if (error instanceof QTChatError) throw error;
        throw new QTChatError('ERR_PEER_UNREACHABLE', 'the connection broke', { cause: error });
      }
    } finally {
      this.#socket.destroy();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** The messages that `chunk` completes; what is right before a fault is taken all the same. */
function messagesIn(frames: FrameReader, chunk: Buffer): { messages: Message[]; fault?: unknown } {
  const messages: Message[] = [];
  try {
    for (const payload of frames.push(chunk)) {
      frames.setLimit(maximumFrameBytes);
      messages.push(parseMessage(payload));
    }
  } catch (fault) {
    return { messages, fault };
  }
  return { messages };
}
