/** Text from standard input that is meant to be short. */
import { addAbortSignal } from 'node:stream';
import { QTChatError } from '../errors.js';
import type { Deps } from './deps.js';

const limitBytes = 64 * 1024;

/**
 * Reads standard input to its end, or until a chunk with the end of a line in it.
 *
 * @param until - `line` does not wait for the end: somebody may be typing
 * @throws {QTChatError} `ERR_USAGE` when it is longer than 64 KiB, `ERR_CANCELLED` when the signal comes first
 */
export async function readBoundedInput(
  { stdin, signal }: Pick<Deps, 'stdin' | 'signal'>,
  until: 'end' | 'line',
): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of addAbortSignal(signal, stdin)) {
      const octets = Buffer.from(chunk as Uint8Array);
      sizeBytes += octets.length;
      if (sizeBytes > limitBytes) {
        throw new QTChatError('ERR_USAGE', 'there are more than 64 KiB on standard input: one line was expected');
      }
      chunks.push(octets);
      if (until === 'line' && octets.includes('\n')) break;
    }
  } catch (error) {
    throw signal.aborted ? new QTChatError('ERR_CANCELLED', 'cancelled', { cause: error }) : error;
  }
  return Buffer.concat(chunks).toString('utf8');
}
