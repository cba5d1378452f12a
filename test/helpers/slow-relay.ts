/** A relay in front of a chat that lets so many octets a second through in each direction, over all connections together. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const segmentBytes = 1_448;
/** What is due is passed on so often. */
const tickMs = 4;

interface Way {
  readonly from: Socket;
  readonly to: Socket;
}

export class SlowRelay {
  readonly #bytesPerMs: number;
  readonly #server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#take(near));
  readonly #sockets = new Set<Socket>();
  /** Of each direction; those that come first go on at the end. */
  readonly #ways: [there: Way[], back: Way[]] = [[], []];
  readonly #owedBytes: [number, number] = [0, 0];
  #target: number;
  #lastMs = performance.now();
  readonly #timer = setInterval(() => this.#pass(), tickMs);

  private constructor(target: number, bytesPerSecond: number) {
    this.#target = target;
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** Starts one that leads to a port of this machine. */
  static async start(target: number, bytesPerSecond: number): Promise<SlowRelay> {
    const relay = new SlowRelay(target, bytesPerSecond);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on connections lead there. */
  leadTo(port: number): void {
    this.#target = port;
  }

  /** Breaks all connections; new ones may come. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(near: Socket): void {
    const far = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [index, from, to] of [
      [0, near, far],
      [1, far, near],
    ] as const) {
      this.#sockets.add(from);
      const way = { from, to };
      this.#ways[index].push(way);
      from.on('error', () => to.destroy());
      from.on('end', () => to.end());
      from.on('close', () => {
        this.#sockets.delete(from);
        this.#ways[index] = this.#ways[index].filter((one) => one !== way);
        if (!from.readableEnded) to.destroy();
      });
      // In paused mode it is read from when it is due.
      from.on('readable', () => {});
    }
  }

  #pass(): void {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    for (const index of [0, 1] as const) {
      const ways = this.#ways[index];
      // A line that was idle does not catch up.
      const most = this.#bytesPerMs * Math.max(4 * tickMs, elapsedMs);
      this.#owedBytes[index] = Math.min(this.#owedBytes[index] + this.#bytesPerMs * elapsedMs, most);
      for (let idle = 0; this.#owedBytes[index] >= segmentBytes && idle < ways.length; ) {
        const way = ways.shift();
        if (way === undefined) break;
        ways.push(way);
        const octets: Buffer | null = way.from.read(Math.min(way.from.readableLength, segmentBytes) || undefined);
        idle = octets === null ? idle + 1 : 0;
        if (octets === null) continue;
        this.#owedBytes[index] -= octets.length;
        if (way.to.writable) way.to.write(octets);
      }
    }
  }
}
