/** Text from standard input that is meant to be short. */
import { QTChatError } from '../errors.js';
import type { Deps } from './deps.js';

const limitBytes = 64 * 1024;

/**
 * Reads standard input to its end, or until a chunk with the end of a line in it. Nothing can be read from it any more.
 *
 * @param until - `line` does not wait for the end: somebody may be typing
 * @throws {QTChatError} `ERR_USAGE` when it is longer than 64 KiB, `ERR_CANCELLED` when the signal comes first
 */
export async function readBoundedInput(deps: Pick<Deps, 'stdin' | 'signal'>, until: 'end' | 'line'): Promise<string> {
  return (await readChunks(deps, { until, destroyOnReturn: true })).toString('utf8');
}

/**
 * Reads the first line of standard input; what comes after it is still to be read. A process that reads no more of it
 * lives until its other end is closed.
 *
 * @throws {QTChatError} as {@link readBoundedInput}
 */
export async function readInputLine(deps: Pick<Deps, 'stdin' | 'signal'>): Promise<string> {
  const octets = await readChunks(deps, { until: 'line', destroyOnReturn: false });
  const end = octets.indexOf('\n');
  const line = end < 0 ? octets : octets.subarray(0, end);
  if (line.length + 1 < octets.length) deps.stdin.unshift(octets.subarray(line.length + 1));
  return line.toString('utf8');
}

async function readChunks(
  { stdin, signal }: Pick<Deps, 'stdin' | 'signal'>,
  { until, destroyOnReturn }: { until: 'end' | 'line'; destroyOnReturn: boolean },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const cancel = (): void => {
    stdin.destroy(new QTChatError('ERR_CANCELLED', 'cancelled'));
  };
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn })) {
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
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  return Buffer.concat(chunks);
}
