/**
 * Holds back what is written to a stream that may be the same terminal: warnings of Node, lines of the program. It comes when the
 * screen is left.
 */
import type { Writable } from 'node:stream';

/** More of it is not kept. */
const mostCharacters = 65_536;

/** Holds a stream back from now on; returns a way to let it go, with what was held. */
export function holdBack(stream: Writable): () => void {
  const write = stream.write;
  let held = '';
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    if (held.length < mostCharacters) held += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const done = rest.findLast((one) => typeof one === 'function');
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  return () => {
    stream.write = write;
    if (held !== '') stream.write(held);
    held = '';
  };
}
