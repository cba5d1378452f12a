/**
 * Turns BER into DER as far as .pfx files need it: some programs (NSS, older Windows) write them
 * with indefinite lengths and octet strings in pieces. Certificates and keys must be DER already.
 */
import { derTags, encodeDer } from './der.js';
import { DerError } from './der-reader.js';

/** Deeper than any .pfx nests. */
const maximumDepth = 32;

const constructedBit = 0x20;
const constructedOctetString = derTags.octetString | constructedBit;

/**
 * Rewrites one BER value with definite, minimal lengths and octet strings in one piece. The content
 * of octet strings is left as it is, BER or not.
 *
 * @throws {DerError} when it is malformed, too deep, or octets follow it
 */
export function berToDer(octets: Buffer): Buffer {
  const { der, end } = rewrite(octets, 0, maximumDepth);
  if (end !== octets.length) throw new DerError('there is more than expected');
  return der;
}

/** The tag of the first value inside the value that `octets` begin with: by it kinds of files can be told apart. */
export function innerTagOf(octets: Buffer): number | undefined {
  const lengthOctet = octets[1] ?? 0;
  return octets[lengthOctet > 0x80 ? 2 + (lengthOctet & 0x7f) : 2];
}

interface Rewritten {
  tag: number;
  content: Buffer;
  der: Buffer;
  /** Where the next value begins. */
  end: number;
}

function rewrite(octets: Buffer, start: number, depth: number): Rewritten {
  if (depth === 0) throw new DerError('it nests too deeply');
  const tag = octetAt(octets, start);
  if ((tag & 0x1f) === 0x1f) throw new DerError('tags above 30 are not used here');
  const { size, begin } = lengthAt(octets, start + 1);
  if ((tag & constructedBit) === 0) {
    if (size === undefined) throw new DerError('a primitive value has no length');
    const content = octets.subarray(begin, begin + size);
    return { tag, content, der: encodeDer(tag, content), end: begin + size };
  }
  const parts: Rewritten[] = [];
  let offset = begin;
  while (size === undefined ? octetAt(octets, offset) !== 0 : offset < begin + size) {
    const part = rewrite(octets, offset, depth - 1);
    parts.push(part);
    offset = part.end;
  }
  if (size !== undefined && offset !== begin + size) throw new DerError('a value is longer than what holds it');
  if (size === undefined && octetAt(octets, offset + 1) !== 0) throw new DerError('an end marker is malformed');
  const end = size === undefined ? offset + 2 : offset;
  if (tag === constructedOctetString) return { ...joined(parts), end };
  const content = Buffer.concat(parts.map((part) => part.der));
  return { tag, content, der: encodeDer(tag, content), end };
}

function joined(parts: readonly Rewritten[]): { tag: number; content: Buffer; der: Buffer } {
  if (parts.some((part) => part.tag !== derTags.octetString)) throw new DerError('an octet string has odd pieces');
  const content = Buffer.concat(parts.map((part) => part.content));
  return { tag: derTags.octetString, content, der: encodeDer(derTags.octetString, content) };
}

/** `size` is undefined for the indefinite form; `begin` is where the content begins. */
function lengthAt(octets: Buffer, start: number): { size: number | undefined; begin: number } {
  const first = octetAt(octets, start);
  if (first === 0x80) return { size: undefined, begin: start + 1 };
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (count > 4) throw new DerError('a length is too large');
  let size = count === 0 ? first : 0;
  for (let index = 1; index <= count; index += 1) size = size * 0x100 + octetAt(octets, start + index);
  const begin = start + 1 + count;
  if (size > octets.length - begin) throw new DerError('a value is longer than what holds it');
  return { size, begin };
}

function octetAt(octets: Buffer, offset: number): number {
  const octet = octets[offset];
  if (octet === undefined) throw new DerError('the octets end too early');
  return octet;
}
