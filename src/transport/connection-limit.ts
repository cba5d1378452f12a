/**
 * Bounds the connections that come in, before anybody has proven anything. One host may have few of them. Where all
 * together are too many, the oldest that has proven nothing makes room: strangers who connect and wait keep nobody out.
 */
import type { Duplex } from 'node:stream';

/** How many connections there may be at once. */
export interface ConnectionLimits {
  readonly total: number;
  readonly perHost: number;
}

interface Counted {
  readonly socket: Duplex;
  readonly host: string;
}

/** The connections of one listener. */
export class ConnectionLimit {
  readonly #limits: ConnectionLimits;
  readonly #onRefused: (host: string) => void;
  readonly #all = new Set<Counted>();
  /** Those that have proven nothing, by where they lead, the oldest first. */
  readonly #unproven = new Map<string, Counted>();

  /** @param onRefused - called with the host of a connection that was closed */
  constructor(limits: ConnectionLimits, onRefused: (host: string) => void) {
    this.#limits = limits;
    this.#onRefused = onRefused;
  }

  /**
   * Takes a connection, or closes it.
   *
   * @param place - names it, from its beginning to its end
   */
  admit(socket: Duplex, place: string, host: string): void {
    const counted = { socket, host };
    if (this.#countOf(host) >= this.#limits.perHost || !this.#makeRoom()) {
      this.#refuse(counted);
      return;
    }
    this.#all.add(counted);
    this.#unproven.set(place, counted);
    socket.once('close', () => {
      this.#all.delete(counted);
      if (this.#unproven.get(place) === counted) this.#unproven.delete(place);
    });
  }

  /** Notes that a member is behind a connection: it stays. */
  prove(place: string): void {
    this.#unproven.delete(place);
  }

  /** Breaks all of them off. */
  end(): void {
    for (const { socket } of this.#all) socket.destroy();
  }

  #countOf(host: string): number {
    let count = 0;
    for (const one of this.#all) if (one.host === host) count += 1;
    return count;
  }

  #makeRoom(): boolean {
    if (this.#all.size < this.#limits.total) return true;
    const [oldest] = this.#unproven;
    if (oldest === undefined) return false;
    const [place, counted] = oldest;
    this.#unproven.delete(place);
    this.#all.delete(counted);
    this.#refuse(counted);
    return true;
  }

  #refuse({ socket, host }: Counted): void {
    socket.destroy();
    this.#onRefused(host);
  }
}
