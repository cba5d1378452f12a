/** One port in front of a server that dies and comes back on another: what guests know of it stays the same. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes connections on to where the server is now, each from an address of its own where the system has many. */
export class Switchboard {
  /** Told of every piece that has passed, with the number of pieces so far. */
  onPiece: (pieces: number) => void = () => {};
  /** After so many octets in all, connections stall, as when a cable is pulled. */
  stallAfterBytes = Number.POSITIVE_INFINITY;
  #passedBytes = 0;
  #targetPort: number | undefined;
  #pieces = 0;
  #connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer({ allowHalfOpen: true }, (guest) => this.#take(guest));

  static async start(): Promise<Switchboard> {
    const board = new Switchboard();
    board.#server.listen(0, '127.0.0.1');
    await once(board.#server, 'listening');
    return board;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on connections lead to that port of this machine. */
  leadTo(port: number): void {
    this.#targetPort = port;
  }

  /** Nobody is there any more: connections end. */
  leadNowhere(): void {
    this.#targetPort = undefined;
    this.cut();
  }

  /** Connections end. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.leadNowhere();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(guest: Socket): void {
    guest.on('error', () => guest.destroy());
    if (this.#targetPort === undefined) {
      guest.destroy();
      return;
    }
    this.#connections += 1;
    const host = `127.0.${(this.#connections >> 8) % 256}.${this.#connections % 256}`;
    // All of 127.0.0.0/8 is this machine on Linux; so limits for one address are not met.
    const from = process.platform === 'linux' && this.#connections > 1 ? { localAddress: host } : {};
    const target = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true, ...from });
    this.#pass(guest, target);
    this.#pass(target, guest);
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (octets) => {
      if (to.writable) to.write(octets);
      this.#passedBytes += octets.length;
      if (this.#passedBytes >= this.stallAfterBytes) for (const socket of this.#sockets) socket.pause();
      this.#pieces += 1;
      this.onPiece(this.#pieces);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      if (from.destroyed && !from.readableEnded) to.destroy();
    });
  }
}
