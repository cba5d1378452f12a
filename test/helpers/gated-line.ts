/** A line between two conversations of which the test says how much may pass towards the side that listens. */
import { Duplex } from 'node:stream';
import type { PeerAddress } from '../../src/store/contacts.js';
import { type Dialler, tcpDialler } from '../../src/transport/dial.js';

/** Real sockets. The first connection, and the first after a break, passes freely: it is the one for control. */
export class GatedLine implements Dialler {
  #dials = 0;
  #allowedBytes = 0;
  #waiting: (() => void)[] = [];
  #streams: Duplex[] = [];

  /** So many octets more may pass. */
  allow(sizeBytes: number): void {
    this.#allowedBytes += sizeBytes;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Breaks all connections; nothing more may pass over those to come. */
  cut(): void {
    for (const stream of this.#streams.splice(0)) stream.destroy();
    this.#waiting = [];
    this.#allowedBytes = 0;
    this.#dials = 0;
  }

  async dial(address: PeerAddress, signal: AbortSignal): Promise<Duplex> {
    const stream = await tcpDialler.dial(address, signal);
    this.#dials += 1;
    this.#streams.push(stream);
    return this.#dials === 1 ? stream : this.#gated(stream);
  }

  #gated(stream: Duplex): Duplex {
    const write = (octets: Buffer, done: () => void): void => {
      const passed = octets.subarray(0, this.#allowedBytes);
      this.#allowedBytes -= passed.length;
      if (passed.length > 0) stream.write(passed);
      if (passed.length === octets.length) done();
      else this.#waiting.push(() => write(octets.subarray(passed.length), done));
    };
    const gated = new Duplex({
      read: () => void stream.resume(),
      write: (octets: Buffer, _encoding, done) => write(octets, done),
      final: (done) => void stream.end(done),
      destroy: (error, done) => {
        stream.destroy();
        done(error);
      },
    });
    stream.on('data', (octets: Buffer) => {
      if (!gated.push(octets)) stream.pause();
    });
    stream.on('end', () => gated.push(null)).on('error', (error) => gated.destroy(error));
    stream.on('close', () => gated.destroy());
    return gated;
  }
}
