/**
 * A line of TCP on which several file connections meet: each of them carries a little, and then waits until so many have carried as
 * much and the test lets them go on. So all of them have a share in a file, whatever the speed of this machine.
 */
import type { Socket } from 'node:net';
import { Duplex, Transform } from 'node:stream';
import type { PeerAddress } from '../../src/store/contacts.js';
import { type Dialler, tcpDialler } from '../../src/transport/dial.js';

/** What each carries before it waits, in octets: more than one chunk. */
const shareBytes = 400_000;

/** The dialler of the side that dials. */
export class MeetingLine implements Dialler {
  /** The file connections, in the order in which they were dialled. */
  readonly connections: Socket[] = [];
  readonly #wanted: number;
  #dials = 0;
  #full = 0;
  #onMet: () => void = () => {};
  #goOn: () => void = () => {};
  readonly #going: Promise<void>;
  /** Resolves when they have met. */
  readonly met: Promise<void>;

  /** @param wanted - how many connections wait for each other */
  constructor(wanted: number) {
    this.#wanted = wanted;
    this.met = new Promise((resolve) => {
      this.#onMet = resolve;
    });
    this.#going = new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  /** Lets them go on, and all that come later. */
  goOn(): void {
    this.#goOn();
  }

  async dial(address: PeerAddress, signal: AbortSignal): Promise<Duplex> {
    const socket = await tcpDialler.dial(address, signal);
    this.#dials += 1;
    // The first is that of the control session.
    if (this.#dials === 1) return socket;
    this.connections.push(socket as Socket);
    return this.#gated(socket as Socket);
  }

  #gated(socket: Socket): Duplex {
    let carried = 0;
    const gate = (): Transform =>
      new Transform({
        transform: (chunk: Buffer, _, done) => {
          const before = carried;
          carried += chunk.length;
          if (before < shareBytes && carried >= shareBytes) this.#noteFull();
          if (carried < shareBytes) done(null, chunk);
          else void this.#going.then(() => done(null, chunk));
        },
      });
    const [up, down] = [gate(), gate()];
    up.pipe(socket);
    socket.pipe(down);
    const stream = Duplex.from({ writable: up, readable: down });
    socket.on('error', () => {}).once('close', () => stream.destroy());
    stream.on('error', () => {}).once('close', () => socket.destroy());
    return stream;
  }

  #noteFull(): void {
    this.#full += 1;
    if (this.#full === this.#wanted) this.#onMet();
  }
}
