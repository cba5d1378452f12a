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
/** What any message of ours stays far below: an octet on the wire may be a hundred times as much in memory. */
const usualItems = 4_096;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const major = { unsigned: 0, negative: 1, octets: 2, text: 3, list: 4, map: 5, simple: 7 } as const;
const simpleValues = new Map<number, boolean | null>([
  [20, false],
  [21, true],
  [22, null],
]);

interface Key {
  readonly name: string;
  readonly octets: Buffer;
}

/** The keys of maps that were encoded before, as they stood in the map and in order: there are few kinds of messages. */
const knownOrders = new Map<string, { readonly names: readonly string[]; readonly keys: readonly Key[] }>();
const knownOrdersLimit = 256;

/**
 * Encodes a value in its only form.
 *
 * @throws {TypeError} for what the subset lacks: fractions, numbers beyond 2^53, other objects
 */
export function encodeCbor(value: CborValue): Buffer {
  const writer = new CborWriter();
  writer.write(value);
  return writer.octets;
}

class CborWriter {
  #buffer = Buffer.allocUnsafe(512);
  #length = 0;

  get octets(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  write(value: CborValue): void {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) throw new TypeError('only whole numbers up to 2^53 - 1 can be encoded');
      if (value < 0) this.#head(major.negative, -1 - value);
      else this.#head(major.unsigned, value);
    } else if (typeof value === 'string') {
      const sizeBytes = Buffer.byteLength(value, 'utf8');
      this.#head(major.text, sizeBytes);
      this.#reserve(sizeBytes);
      this.#length += this.#buffer.write(value, this.#length, 'utf8');
    } else if (typeof value === 'boolean' || value === null) {
      this.#head(major.simple, value === null ? 22 : value ? 21 : 20);
    } else if (value instanceof Uint8Array) {
      this.#head(major.octets, value.length);
      this.#append(value);
    } else if (isList(value)) {
      this.#head(major.list, value.length);
      for (const item of value) this.write(item);
    } else {
      this.#map(value);
    }
  }

  #map(map: CborMap): void {
    const keys = inOrder(Object.keys(map));
    let count = 0;
    for (const { name } of keys) if (map[name] !== undefined) count += 1;
    this.#head(major.map, count);
    for (const { name, octets } of keys) {
      const value = map[name];
      if (value === undefined) continue;
      this.#append(octets);
      this.write(value);
    }
  }

  #head(type: number, argument: number): void {
    this.#reserve(9);
    const start = type << 5;
    const size = argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x1_0000 ? 2 : argument < 0x1_0000_0000 ? 4 : 8;
    this.#buffer[this.#length] = start | (size === 0 ? argument : 24 + Math.log2(size));
    this.#length += 1;
    if (size === 8) this.#length = this.#buffer.writeUInt32BE(Math.floor(argument / 2 ** 32), this.#length);
    if (size === 8) this.#length = this.#buffer.writeUInt32BE(argument % 2 ** 32, this.#length);
    else if (size > 0) this.#length = this.#buffer.writeUIntBE(argument, this.#length, size);
  }

  #append(octets: Uint8Array): void {
    this.#reserve(octets.length);
    this.#buffer.set(octets, this.#length);
    this.#length += octets.length;
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

function inOrder(names: readonly string[]): readonly Key[] {
  const kind = names.join();
  const known = knownOrders.get(kind);
  // A name may hold a comma itself.
  if (known?.names.length === names.length && names.every((name, index) => name === known.names[index])) {
    return known.keys;
  }
  const keys = names.map((name) => ({ name, octets: encodeCbor(name) }));
  keys.sort((one, other) => one.octets.compare(other.octets));
  if (knownOrders.size < knownOrdersLimit) knownOrders.set(kind, { names, keys });
  return keys;
}

function isList(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}

/**
 * Decodes exactly one value that fills `octets` to the end. Octet strings are views of `octets`.
 *
 * @param maximumItems - how many values and keys there may be, on all levels together
 * @throws {QTChatError} `ERR_PROTOCOL` for anything but the deterministic form of the subset, for more
 *   items, or for lists and maps nested more than 8 deep
 */
export function decodeCbor(octets: Uint8Array, maximumItems = usualItems): CborValue {
  return new CborReader(octets, maximumItems).readOnly();
}

class CborReader {
  readonly #octets: Buffer;
  #offset = 0;
  #itemsLeft: number;

  constructor(octets: Uint8Array, maximumItems: number) {
    this.#itemsLeft = maximumItems;
    this.#octets = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  }

  readOnly(): CborValue {
    const value = this.#read(0);
    if (this.#offset !== this.#octets.length) throw malformed('octets follow the value');
    return value;
  }

  #read(depth: number): CborValue {
    if (depth > maximumDepth) throw malformed(`it is nested more than ${maximumDepth} deep`);
    const first = this.#octets[this.#offset];
    if (first === undefined) throw malformed('it ends too early');
    if (this.#itemsLeft === 0) throw malformed('it holds more values than any message has');
    this.#itemsLeft -= 1;
    this.#offset += 1;
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
        return this.#octets.subarray(this.#skip(argument), this.#offset);
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
    const start = this.#skip(size);
    const value = size === 8 ? Number(this.#octets.readBigUInt64BE(start)) : this.#octets.readUIntBE(start, size);
    if (value > Number.MAX_SAFE_INTEGER) throw malformed('it holds a number beyond 2^53');
    const smallest = size === 1 ? 24 : 2 ** (size * 4);
    if (value < smallest) throw malformed('a number is longer than needed');
    return value;
  }

  #text(sizeBytes: number): string {
    const start = this.#skip(sizeBytes);
    if (isShortAscii(this.#octets, start, this.#offset)) return this.#octets.toString('latin1', start, this.#offset);
    try {
      return decoder.decode(this.#octets.subarray(start, this.#offset));
    } catch {
      throw malformed('its text is not UTF-8');
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
    let [previousStart, previousEnd] = [this.#offset, this.#offset];
    for (let index = 0; index < count; index += 1) {
      const start = this.#offset;
      const key = this.#read(maximumDepth);
      if (typeof key !== 'string') throw malformed('a key is not text');
      const end = this.#offset;
      const order = this.#octets.compare(this.#octets, previousStart, previousEnd, start, end);
      // With nothing before it every key is later.
      if (order <= 0) throw malformed('its keys are not in order');
      [previousStart, previousEnd] = [start, end];
      map[key] = this.#read(depth + 1);
    }
    return map;
  }

  // Every item takes an octet at least: a count beyond what is there is refused before any memory is taken.
  #expect(items: number): void {
    if (items > this.#octets.length - this.#offset) throw malformed('it ends too early');
  }

  /** Passes over octets that must be there, and tells where they begin. */
  #skip(sizeBytes: number): number {
    const start = this.#offset;
    if (sizeBytes > this.#octets.length - start) throw malformed('it ends too early');
    this.#offset += sizeBytes;
    return start;
  }
}

/** Keys and names: quicker to read than text in general. */
function isShortAscii(octets: Buffer, start: number, end: number): boolean {
  if (end - start >= 48) return false;
  let all = 0;
  for (let index = start; index < end; index += 1) all |= octets[index] ?? 0;
  return all < 0x80;
}

function malformed(why: string): QTChatError {
  return new QTChatError('ERR_PROTOCOL', `the peer sent a message that is not well-formed CBOR: ${why}`);
}
