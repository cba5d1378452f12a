/**
 * The part of CBOR that peers speak: whole numbers, octets, text, lists, maps with text keys, true,
 * false and null, in the one deterministic form of RFC 8949 §4.2.1. Anything else is refused: tags,
 * floats, indefinite lengths, other orders. General decoders give tags to a peer, and with them
 * classes to construct; this one can only ever produce plain values.
 */
import { QTChatError } from '../errors.js';

/** What can be encoded; what decoding yields. Maps have no prototype. */
export type CborValue = number | string | boolean | null | Uint8Array | readonly CborValue[] | CborMap;
/** A map with text keys. Entries that are `undefined` are left out. */
export interface CborMap {
  readonly [key: string]: CborValue | undefined;
}

const maximumDepth = 8;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const major = { unsigned: 0, negative: 1, octets: 2, text: 3, list: 4, map: 5, simple: 7 } as const;
const simpleValues = new Map<number, boolean | null>([
  [20, false],
  [21, true],
  [22, null],
]);

/**
 * Encodes a value in its only form.
 *
 * @throws {TypeError} for what the subset lacks: fractions, numbers beyond 2^53, other objects
 */
export function encodeCbor(value: CborValue): Buffer {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value: CborValue, parts: Uint8Array[]): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('only whole numbers up to 2^53 - 1 can be encoded');
    parts.push(value < 0 ? head(major.negative, -1 - value) : head(major.unsigned, value));
  } else if (typeof value === 'string') {
    const octets = Buffer.from(value, 'utf8');
    parts.push(head(major.text, octets.length), octets);
  } else if (typeof value === 'boolean' || value === null) {
    parts.push(head(major.simple, value === null ? 22 : value ? 21 : 20));
  } else if (value instanceof Uint8Array) {
    parts.push(head(major.octets, value.length), value);
  } else if (isList(value)) {
    parts.push(head(major.list, value.length));
    for (const item of value) write(item, parts);
  } else {
    writeMap(value, parts);
  }
}

function isList(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}

function writeMap(map: CborMap, parts: Uint8Array[]): void {
  const entries: [Buffer, CborValue][] = [];
  for (const [key, value] of Object.entries(map)) {
    if (value !== undefined) entries.push([encodeCbor(key), value]);
  }
  entries.sort(([one], [other]) => one.compare(other));
  parts.push(head(major.map, entries.length));
  for (const [key, value] of entries) {
    parts.push(key);
    write(value, parts);
  }
}

function head(type: number, argument: number): Buffer {
  const start = type << 5;
  if (argument < 24) return Buffer.from([start | argument]);
  if (argument < 0x100) return Buffer.from([start | 24, argument]);
  const size = argument < 0x1_0000 ? 2 : argument < 0x1_0000_0000 ? 4 : 8;
  const octets = Buffer.alloc(1 + size);
  octets[0] = start | (size === 2 ? 25 : size === 4 ? 26 : 27);
  if (size === 8) octets.writeBigUInt64BE(BigInt(argument), 1);
  else octets.writeUIntBE(argument, 1, size);
  return octets;
}

/**
 * Decodes exactly one value that fills `octets` to the end. Octet strings are views of `octets`.
 *
 * @throws {QTChatError} `ERR_PROTOCOL` for anything but the deterministic form of the subset, or
 *   lists and maps nested more than 8 deep
 */
export function decodeCbor(octets: Uint8Array): CborValue {
  return new CborReader(octets).readOnly();
}

class CborReader {
  readonly #octets: Buffer;
  #offset = 0;

  constructor(octets: Uint8Array) {
    this.#octets = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  }

  readOnly(): CborValue {
    const value = this.#read(0);
    if (this.#offset !== this.#octets.length) throw malformed('octets follow the value');
    return value;
  }

  #read(depth: number): CborValue {
    if (depth > maximumDepth) throw malformed(`it is nested more than ${maximumDepth} deep`);
    const first = this.#take(1)[0] ?? 0;
    const type = first >> 5;
    if (type === major.simple) {
      const value = simpleValues.get(first & 31);
      if (value === undefined) throw malformed('it holds a float or an unknown simple value');
      return value;
    }
    const argument = this.#argument(first & 31);
    switch (type) {
      case major.unsigned:
        return argument;
      case major.negative:
        if (argument === Number.MAX_SAFE_INTEGER) throw malformed('it holds a number beyond 2^53');
        return -1 - argument;
      case major.octets:
        return this.#take(argument);
      case major.text:
        return this.#text(argument);
      case major.list:
        return this.#list(argument, depth);
      case major.map:
        return this.#map(argument, depth);
      default:
        throw malformed('it holds a tag');
    }
  }

  #argument(low: number): number {
    if (low < 24) return low;
    if (low > 27) throw malformed('it has an indefinite or reserved length');
    const size = 2 ** (low - 24);
    const octets = this.#take(size);
    const wide = size === 8 ? octets.readBigUInt64BE() : BigInt(octets.readUIntBE(0, size));
    if (wide > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('it holds a number beyond 2^53');
    const value = Number(wide);
    const smallest = size === 1 ? 24 : 2 ** (size * 4);
    if (value < smallest) throw malformed('a number is longer than needed');
    return value;
  }

  #text(sizeBytes: number): string {
    try {
      return decoder.decode(this.#take(sizeBytes));
    } catch (error) {
      throw error instanceof QTChatError ? error : malformed('its text is not UTF-8');
    }
  }

  #list(count: number, depth: number): CborValue[] {
    this.#expect(count);
    const items: CborValue[] = [];
    for (let index = 0; index < count; index += 1) items.push(this.#read(depth + 1));
    return items;
  }

  #map(count: number, depth: number): CborMap {
    this.#expect(count * 2);
    const map = Object.create(null) as Record<string, CborValue>;
    let previous: Buffer | undefined;
    for (let index = 0; index < count; index += 1) {
      const start = this.#offset;
      const key = this.#read(maximumDepth);
      if (typeof key !== 'string') throw malformed('a key is not text');
      const encoded = this.#octets.subarray(start, this.#offset);
      if (previous !== undefined && previous.compare(encoded) >= 0) throw malformed('its keys are not in order');
      previous = encoded;
      map[key] = this.#read(depth + 1);
    }
    return map;
  }

  // Every item takes an octet at least: a count beyond what is there is refused before any memory is taken.
  #expect(items: number): void {
    if (items > this.#octets.length - this.#offset) throw malformed('it ends too early');
  }

  #take(sizeBytes: number): Buffer {
    if (sizeBytes > this.#octets.length - this.#offset) throw malformed('it ends too early');
    this.#offset += sizeBytes;
    return this.#octets.subarray(this.#offset - sizeBytes, this.#offset);
  }
}

function malformed(why: string): QTChatError {
  return new QTChatError('ERR_PROTOCOL', `the peer sent a message that is not well-formed CBOR: ${why}`);
}
