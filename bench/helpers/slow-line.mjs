// A line in user space that all connections through it share: each direction has a rate, a delay, and a buffer in front of it that
// takes whoever comes next, a segment at a time, as a router does. What does not fit waits in the sender's kernel: nothing is lost.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const segmentBytes = 1448;

/** One direction of the line. */
class Direction {
  #rate;
  #delayMs;
  #bufferBytes;
  /** Connections that have something to send, the next one first. */
  #waiting = [];
  /** Segments on their way, and when they have left the buffer. */
  #sent = [];
  #queuedBytes = 0;
  #freeAt = 0;
  #timer;

  constructor({ megabitsPerSecond, delayMs, bufferBytes }) {
    this.#rate = (megabitsPerSecond * 1e6) / 8 / 1000;
    this.#delayMs = delayMs;
    this.#bufferBytes = bufferBytes;
  }

  pass(from, to) {
    from.on('readable', () => this.#want(from, to));
    from.on('end', () => this.#put(undefined, to));
    from.on('close', () => {
      this.#waiting = this.#waiting.filter((one) => one.from !== from);
      if (!from.readableEnded) to.destroy();
    });
    from.on('error', () => to.destroy());
  }

  #want(from, to) {
    if (!this.#waiting.some((one) => one.from === from)) this.#waiting.push({ from, to });
    this.#fill();
  }

  #fill() {
    while (this.#waiting.length > 0 && this.#queuedBytes < this.#bufferBytes) {
      const { from, to } = this.#waiting.shift();
      const octets = from.read(Math.min(from.readableLength, segmentBytes) || undefined);
      if (octets === null) continue;
      this.#put(octets, to);
      this.#waiting.push({ from, to });
    }
  }

  #put(octets, to) {
    const now = performance.now();
    const sizeBytes = octets?.length ?? 0;
    this.#freeAt = Math.max(now, this.#freeAt) + sizeBytes / this.#rate;
    this.#queuedBytes += sizeBytes;
    this.#sent.push({ octets, to, sizeBytes, leavesAt: this.#freeAt, isQueued: true });
    this.#timer ??= setTimeout(() => this.#run(), 1);
  }

  #run() {
    const now = performance.now();
    for (const segment of this.#sent) {
      if (segment.leavesAt > now) break;
      if (segment.isQueued) this.#queuedBytes -= segment.sizeBytes;
      segment.isQueued = false;
    }
    while (this.#sent.length > 0 && this.#sent[0].leavesAt + this.#delayMs <= now) {
      const { octets, to } = this.#sent.shift();
      if (octets === undefined) to.end();
      else if (to.writable) to.write(octets);
    }
    this.#timer = this.#sent.length > 0 ? setTimeout(() => this.#run(), 1) : undefined;
    this.#fill();
  }
}

/** Opens a line to a port of this machine; returns the port of its near end. */
export async function openSlowLine(port, options) {
  const [there, back] = [new Direction(options), new Direction(options)];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    there.pass(near, far);
    back.pass(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return server.address().port;
}
