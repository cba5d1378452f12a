/**
 * PKCS #12's own key derivation (RFC 7292 appendix B), which Node offers only inside its .pfx
 * reader. It is one hash after the other, in JavaScript: long ones run in a worker, so that the
 * program stays awake.
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What the derived octets are for: the diversifier of appendix B.3. */
const kdfPurposes = { encryptionKey: 1, iv: 2, macKey: 3 } as const;

/** A hash of the derivation, as node:crypto calls it, with the sizes of its input blocks and of its output. */
export interface KdfDigest {
  readonly name: string;
  readonly blockOctets: 64 | 128;
  readonly octets: number;
}

/** Below this a worker takes longer to start than the work takes (about 15 ms). */
const roundsWorthWorker = 16_384;

/** What a worker runs; plain CommonJS, since it has no file of its own in the bundle. */
const repeatedHash = `
  const { hash } = require('node:crypto');
  const { parentPort, workerData } = require('node:worker_threads');
  let octets = workerData.octets;
  for (let round = 0; round < workerData.rounds; round += 1) octets = hash(workerData.name, octets, 'buffer');
  parentPort.postMessage(octets);
`;

/**
 * Derives `size` octets from a password.
 *
 * @param password - taken as UTF-16, big endian, with two octets of zero behind it (appendix B.1)
 * @param iterations - how often each hash is repeated; bounding it is for the caller
 */
export async function deriveFromPassword(
  password: string,
  parameters: { purpose: keyof typeof kdfPurposes; salt: Buffer; iterations: number; digest: KdfDigest; size: number },
): Promise<Buffer> {
  const { purpose, salt, iterations, digest, size } = parameters;
  const { name, blockOctets } = digest;
  const diversifier = Buffer.alloc(blockOctets, kdfPurposes[purpose]);
  const secret = Buffer.from(`${password}\0`, 'utf16le').swap16();
  let input: Buffer = Buffer.concat([filled(salt, blockOctets), filled(secret, blockOctets)]);
  const derived: Buffer[] = [];
  for (let done = 0; done < size; done += digest.octets) {
    const block = await repeat(name, Buffer.concat([diversifier, input]), iterations);
    derived.push(block);
    input = advanced(input, Buffer.alloc(blockOctets, block));
  }
  return Buffer.concat(derived).subarray(0, size);
}

/** `octets` repeated up to the next multiple of `blockOctets`. */
function filled(octets: Buffer, blockOctets: number): Buffer {
  if (octets.length === 0) return octets;
  return Buffer.alloc(Math.ceil(octets.length / blockOctets) * blockOctets, octets);
}

/** The input of the next block: to each of its own blocks `summand` and one are added (appendix B.2, step 6C). */
function advanced(input: Buffer, summand: Buffer): Buffer {
  const next = Buffer.from(input);
  for (let start = 0; start < next.length; start += summand.length) {
    let carry = 1;
    for (let index = summand.length - 1; index >= 0; index -= 1) {
      carry += (next[start + index] ?? 0) + (summand[index] ?? 0);
      next[start + index] = carry & 0xff;
      carry >>= 8;
    }
  }
  return next;
}

async function repeat(name: string, octets: Buffer, rounds: number): Promise<Buffer> {
  if (rounds >= roundsWorthWorker) {
    const worker = new Worker(repeatedHash, { eval: true, workerData: { name, octets, rounds } });
    const [result] = (await once(worker, 'message')) as [Uint8Array];
    return Buffer.from(result);
  }
  let current = octets;
  for (let round = 0; round < rounds; round += 1) current = hash(name, current, 'buffer');
  return current;
}
