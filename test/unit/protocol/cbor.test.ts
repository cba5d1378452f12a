import { describe, expect, it } from '@jest/globals';
import { Decoder, Encoder } from 'cbor-x';
import fc from 'fast-check';
import { isQTChatError } from '../../../src/errors.js';
import { type CborValue, decodeCbor, encodeCbor } from '../../../src/protocol/cbor.js';

function refusal(octets: Uint8Array): string {
  try {
    decodeCbor(octets);
    return 'accepted';
  } catch (error) {
    return isQTChatError(error, 'ERR_PROTOCOL') ? error.message : `unforeseen: ${String(error)}`;
  }
}

const key = fc.string({ maxLength: 12, unit: 'grapheme' }).filter((text) => text !== '__proto__');
const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array().map((octets) => Buffer.from(octets)),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
})).value;

// The other decoder gives numbers beyond 2^32 as BigInt.
function numbers(_key: string, one: unknown): unknown {
  return typeof one === 'bigint' ? Number(one) : one;
}

describe('CBOR', () => {
  it('takes no map for one with other keys that read the same in a row', () => {
    const maps = [
      { 'a,b': 1, c: 2 },
      { a: 1, 'b,c': 2 },
      { c: 2, 'a,b': 1 },
    ];
    expect(maps.map((map) => ({ ...(decodeCbor(encodeCbor(map)) as object) }))).toEqual(maps);
  });

  it('reads what it wrote, and writes what it read, octet by octet', () => {
    fc.assert(
      fc.property(value, (one) => {
        const octets = encodeCbor(one);
        expect(encodeCbor(decodeCbor(octets))).toEqual(octets);
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with an independent decoder', () => {
    const other = new Decoder({ useRecords: false, mapsAsObjects: true });
    fc.assert(
      fc.property(value, (one) => {
        const octets = encodeCbor(one);
        expect(JSON.stringify(decodeCbor(octets))).toBe(JSON.stringify(other.decode(octets), numbers));
      }),
      { numRuns: 300 },
    );
  });

  it('answers any octets with a value that re-encodes identically, or with our own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        if (refusal(octets) === 'accepted') expect(encodeCbor(decodeCbor(octets))).toEqual(Buffer.from(octets));
        else expect(refusal(octets)).toMatch(/^the peer sent a message that is not well-formed CBOR/);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a generic object, which other decoders turn into a call', 'd81b82646576616c6131', 'a tag'],
    ['a date', 'c074323032362d31312d32335430303a30303a30305a', 'a tag'],
    ['a float', 'f93c00', 'a float'],
    ['undefined', 'f7', 'a float or an unknown simple value'],
    ['an indefinite list', '9f01ff', 'indefinite'],
    ['a number that is longer than needed', '1817', 'longer than needed'],
    ['a number beyond 2^53', '1b0020000000000000', 'beyond 2^53'],
    ['keys out of order', 'a2616201616102', 'not in order'],
    ['the same key twice', 'a2616101616102', 'not in order'],
    ['a key that is no text', 'a10102', 'not text'],
    ['text that is not UTF-8', '61ff', 'not UTF-8'],
    ['more values than any message has', `991001${'00'.repeat(4_097)}`, 'more values'],
    ['a list longer than the message', '9affffffff', 'too early'],
    ['text longer than the message', '7affffffff61', 'too early'],
    ['octets after the value', '0000', 'octets follow'],
    ['nothing', '', 'too early'],
    ['a reserved length', '1c', 'indefinite or reserved'],
  ])('refuses %s', (_, hex, why) => {
    expect(refusal(Buffer.from(hex, 'hex'))).toContain(why);
  });

  it('refuses a hundred thousand nested lists without touching the stack', () => {
    expect(refusal(Buffer.alloc(100_000, 0x81))).toContain('nested');
  });

  it('gives maps no prototype, so that no key means more than itself', () => {
    const map = decodeCbor(encodeCbor(JSON.parse('{"__proto__": 1, "constructor": 2}')));
    expect(Object.getPrototypeOf(map)).toBeNull();
    expect(Object.keys(map as object).sort()).toEqual(['__proto__', 'constructor']);
  });

  it('refuses to encode fractions and numbers beyond 2^53', () => {
    expect(() => encodeCbor(0.5)).toThrow(TypeError);
    expect(() => encodeCbor(2 ** 53)).toThrow(TypeError);
  });

  it('reads what another encoder writes in its shortest form', () => {
    const octets = new Encoder({ useRecords: false, tagUint8Array: false }).encode([1, 'ä', true, null, 70_000]);
    expect(decodeCbor(octets)).toEqual([1, 'ä', true, null, 70_000]);
  });
});
