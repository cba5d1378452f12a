/**
 * Reads a stream as cheaply as this Node allows. By `data` events every TLS record of 16 KiB becomes an object of its
 * own, for a gigabyte 65,536 of them, which cost a fifth of a transfer and 30 MB of memory. Node has a better
 * way, one buffer for all (`onread` of net.connect), but offers it for outgoing sockets only; the sockets of a
 * server have it too, out of sight. Where it is not found as expected, `data` events do.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

// Four TLS records.
const bufferBytes = 64 * 1024;

/** The reader of a stream. */
export interface OctetReading {
  /** Octets stay where they are. */
  pause(): void;
  resume(): void;
  /** Ends the reading: nothing is handed over any more. */
  stop(): void;
}

/**
 * Hands over whatever comes on a stream, from now on, once for the lifetime of the stream; ends and errors are the
 * stream's as ever.
 *
 * @param onOctets - may use them only until it returns
 */
export function readOctets(stream: Duplex, onOctets: (octets: Buffer) => void): OctetReading {
  let isStopped = false;
  const take = (octets: Buffer): void => {
    if (!isStopped) onOctets(octets);
  };
  const isDone = stream instanceof Socket && readIntoOneBuffer(stream, take);
  // Also for what was there before, and to let the stream see its end.
  stream.on('data', take);
  return {
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    stop: () => {
      isStopped = true;
      if (!isDone) stream.off('data', take);
    },
  };
}

interface Handle {
  useUserBuffer?: (buffer: Buffer) => void;
}

function readIntoOneBuffer(socket: Socket, take: (octets: Buffer) => void): boolean {
  const inside = socket as unknown as Record<symbol, unknown> & { _handle?: Handle | null };
  const [buffer, callback] = ['kBuffer', 'kBufferCb'].map((name) =>
    Object.getOwnPropertySymbols(socket).find(({ description }) => description === name),
  );
  const handle = inside._handle;
  if (buffer === undefined || callback === undefined || typeof handle?.useUserBuffer !== 'function') return false;
  // One that has a buffer was made to be read so by somebody else.
  if (inside[buffer] !== null || inside[callback] !== null) return false;
  const octets = Buffer.allocUnsafeSlow(bufferBytes);
  inside[buffer] = octets;
  inside[callback] = (length: number): boolean => {
    take(octets.subarray(0, length));
    return true;
  };
  handle.useUserBuffer(octets);
  return true;
}
