/**
 * Lines between two conversations that a test can cut, stall, tear down for one side alone, and make bad: one of real TCP,
 * through a relay, and one in memory that brings its octets late and in crumbs.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Conversation } from '../../src/conversation/conversation.js';
import type { PeerAddress } from '../../src/store/contacts.js';
import { type Dialler, tcpDialler } from '../../src/transport/dial.js';

/** A line; the side that dials has it as its dialler. */
export interface Line extends Dialler {
  /** How often it was dialled. */
  readonly dials: number;
  /** Leads to that conversation from now on; to nobody without one. */
  leadTo(conversation: Conversation | undefined): void;
  /** Breaks all connections, for both sides. */
  cut(): void;
  /** Nothing passes any more, and nobody is told; connections made later are not concerned. */
  stall(): void;
  /** The side that dialled is gone; the other one is not told. */
  loseDialler(): void;
  stop(): Promise<void>;
}

function nobodyListens(): Error {
  return Object.assign(new Error('nobody listens'), { code: 'ECONNREFUSED' });
}

/** One connection of a {@link TcpLine}. */
interface Relayed {
  readonly near: Socket;
  readonly far: Socket;
}

/** Real sockets, with a relay between them. */
export class TcpLine implements Line {
  dials = 0;
  #target: Conversation | undefined;
  #relayed: Relayed[] = [];
  readonly #server: Server = createServer({ allowHalfOpen: true }, (near) => this.#relay(near));

  static async start(): Promise<TcpLine> {
    const line = new TcpLine();
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  async dial(_address: PeerAddress, signal: AbortSignal): Promise<Duplex> {
    this.dials += 1;
    if (this.#target === undefined) throw nobodyListens();
    return tcpDialler.dial({ host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }, signal);
  }

  leadTo(conversation: Conversation | undefined): void {
    this.#target = conversation;
  }

  cut(): void {
    for (const { near, far } of this.#relayed.splice(0)) {
      near.destroy();
      far.destroy();
    }
  }

  stall(): void {
    for (const { near, far } of this.#relayed) {
      near.unpipe().pause();
      far.unpipe().pause();
    }
  }

  loseDialler(): void {
    this.stall();
    for (const { near } of this.#relayed) near.removeAllListeners('close').destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #relay(near: Socket): void {
    const far = connect({ port: this.#target?.listeningPort ?? 0, host: '127.0.0.1', allowHalfOpen: true });
    this.#relayed.push({ near, far });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {}).pipe(other);
      one.on('close', () => other.destroy());
    }
  }
}

/** One end of a connection of a {@link FakeLine}. */
class End extends Duplex {
  #other: End | undefined;
  #isSilent = false;
  #wake: (() => void) | undefined;

  static pair(): [near: End, far: End] {
    const [near, far] = [new End(), new End()];
    near.#other = far;
    far.#other = near;
    return [near, far];
  }

  /** Swallows what is written, and says nothing of its end. */
  silence(): void {
    this.#isSilent = true;
  }

  override _read(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#bring(chunk, done);
  }

  // Late, and cut anywhere: a stream promises the order of octets and nothing else.
  #bring(octets: Buffer, done: () => void): void {
    const sizeBytes = Math.min(octets.length, 1 + (((octets[octets.length - 1] ?? 0) * 7) % 1400));
    setImmediate(() => {
      const other = this.#other;
      if (this.#isSilent || other === undefined || other.destroyed) return;
      const goOn = (): void => (sizeBytes < octets.length ? this.#bring(octets.subarray(sizeBytes), done) : done());
      if (other.push(octets.subarray(0, sizeBytes))) goOn();
      else other.#wake = goOn;
    });
  }

  override _final(done: () => void): void {
    setImmediate(() => {
      if (!this.#isSilent && this.#other?.destroyed === false) this.#other.push(null);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#isSilent) setImmediate(() => this.#other?.destroy());
    done(error);
  }
}

/** In memory. */
export class FakeLine implements Line {
  dials = 0;
  #target: Conversation | undefined;
  #connections: [near: End, far: End][] = [];

  async dial(_address: PeerAddress, signal: AbortSignal): Promise<Duplex> {
    this.dials += 1;
    signal.throwIfAborted();
    if (this.#target === undefined) throw nobodyListens();
    const [near, far] = End.pair();
    this.#connections.push([near, far]);
    this.#target.accept(far, { host: 'far.example', port: this.dials });
    return near;
  }

  leadTo(conversation: Conversation | undefined): void {
    this.#target = conversation;
  }

  cut(): void {
    for (const [near, far] of this.#connections.splice(0)) {
      near.destroy();
      far.destroy();
    }
  }

  stall(): void {
    for (const end of this.#connections.flat()) end.silence();
  }

  loseDialler(): void {
    this.stall();
    for (const [near] of this.#connections) near.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
  }
}
