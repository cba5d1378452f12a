// A path for UDP between two programs of this machine that loses and delays packets as it is told: it stands at the address
// that each of them takes for the other's.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export class LossyRelay {
  #sides = [];
  #random;
  #settings;

  /**
   * @param settings - lossPercent; delayMs each way, by up to jitterMs more or less, packet by packet (some overtake others)
   * @param random - numbers from 0 to 1
   */
  static async open(settings, random) {
    const relay = new LossyRelay();
    relay.#settings = settings;
    relay.#random = random;
    for (const index of [0, 1]) {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      relay.#sides.push({ socket, port: socket.address().port, peerPort: undefined });
      socket.on('message', (packet) => relay.#pass(packet, index));
    }
    return relay;
  }

  /** Where the peer is to send what is meant for the program behind this side's `port`; `side` is 0 or 1. */
  standFor(side, port) {
    this.#sides[side].peerPort = port;
    return this.#sides[side].port;
  }

  close() {
    for (const { socket } of this.#sides) socket.close();
    this.#sides = [];
  }

  /** What came to the place of one program goes there, from the place of the other. */
  #pass(packet, index) {
    const { lossPercent, delayMs, jitterMs } = this.#settings;
    if (this.#random() * 100 < lossPercent) return;
    const waitMs = delayMs + (2 * this.#random() - 1) * jitterMs;
    const send = () => {
      const [to, from] = [this.#sides[index], this.#sides[1 - index]];
      if (to?.peerPort !== undefined) from.socket.send(packet, to.peerPort, '127.0.0.1');
    };
    if (waitMs <= 0) send();
    else setTimeout(send, waitMs);
  }
}
