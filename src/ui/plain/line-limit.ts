/** Bounds the lines of an input: readline keeps a line until it ends, however long it is. */
import type { Readable } from 'node:stream';
import { QTChatError } from '../../errors.js';

// The longest text, each of its octets written as a JSON escape, is less than half of this.
const lineLimitBytes = 1024 * 1024;
const lineFeed = 0x0a;

/**
 * Watches an input that somebody else reads.
 *
 * @param onTooLong - called once, when a line has more than a megabyte, with `ERR_USAGE`; the input must not be read on then
 */
export function limitLines(input: Readable, onTooLong: (error: QTChatError) => void): void {
  let lengthBytes = 0;
  const measure = (chunk: Buffer | string): void => {
    const octets = Buffer.from(chunk);
    const lastEnd = octets.lastIndexOf(lineFeed);
    lengthBytes = lastEnd === -1 ? lengthBytes + octets.length : octets.length - lastEnd - 1;
    if (lengthBytes <= lineLimitBytes) return;
    input.off('data', measure);
    const message = `a line of the input is longer than ${lineLimitBytes} octets`;
    onTooLong(new QTChatError('ERR_USAGE', message, { hint: 'Send what is not text as a file: /send PATH' }));
  };
  // Before readline has it, and without making the input flow.
  input.prependListener('data', measure);
}
