/** Text from standard input that is meant to be short. */
import { QTChatError } from '../errors.js';
import type { Input } from './deps.js';

const limitBytes = 64 * 1024;

/**
 * Reads all of standard input.
 *
 * @throws {QTChatError} `ERR_USAGE` when it is longer than 64 KiB
 */
export async function readBoundedInput(stdin: Input): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stdin) {
    const octets = Buffer.from(chunk as Uint8Array);
    sizeBytes += octets.length;
    if (sizeBytes > limitBytes) {
      throw new QTChatError('ERR_USAGE', 'there is more on standard input than an invite: one line was expected');
    }
    chunks.push(octets);
  }
  return Buffer.concat(chunks).toString('utf8');
}
