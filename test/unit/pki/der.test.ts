import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { berToDer } from '../../../src/pki/ber.js';
import {
  derBmpString,
  derContext,
  derInteger,
  derNamedBits,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derTime,
  derUtf8String,
  encodeDer,
} from '../../../src/pki/der.js';
import { DerError, DerReader } from '../../../src/pki/der-reader.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('the DER writer', () => {
  it.each([
    ['a small integer', derInteger(5), '02 01 05'],
    ['zero', derInteger(0), '02 01 00'],
    ['an integer whose first bit is set, behind a sign octet', derInteger(0x80), '02 02 00 80'],
    ['a large integer', derInteger(600_000), '02 03 09 27 c0'],
    ['an OID with long arcs', derOid('1.2.840.113549.1.1.11'), '06 09 2a 86 48 86 f7 0d 01 01 0b'],
    ['a named bit list without trailing zeros', derNamedBits([5, 6]), '03 02 01 06'],
    ['a named bit list of the first bit', derNamedBits([0]), '03 02 07 80'],
    ['a named bit list over two octets', derNamedBits([0, 8]), '03 03 07 80 80'],
    ['an empty named bit list', derNamedBits([]), '03 01 00'],
    ['a SET OF in ascending order', derSet(derInteger(2), derInteger(1)), '31 06 02 01 01 02 01 02'],
    ['UTF-8', derUtf8String('ü'), '0c 02 c3 bc'],
    ['UTF-16', derBmpString('aü'), '1e 04 00 61 00 fc'],
    ['an explicit tag', derContext(3, derInteger(1)), 'a3 03 02 01 01'],
    [
      'a time before 2050',
      derTime(new Date('2049-12-31T23:59:59.999Z')),
      '17 0d 34 39 31 32 33 31 32 33 35 39 35 39 5a',
    ],
    [
      'a time from 2050',
      derTime(new Date('2050-01-01T00:00:00Z')),
      '18 0f 32 30 35 30 30 31 30 31 30 30 30 30 30 30 5a',
    ],
  ])('writes %s', (_, encoded, expected) => {
    expect(encoded.toString('hex')).toBe(expected.replaceAll(' ', ''));
  });

  it.each([
    [127, '04 7f'],
    [128, '04 81 80'],
    [256, '04 82 01 00'],
    [65_536, '04 83 01 00 00'],
  ])('writes the length %i in the fewest octets', (size, expected) => {
    const encoded = derOctetString(Buffer.alloc(size));
    expect(encoded.subarray(0, encoded.length - size)).toEqual(hex(expected));
  });
});

describe('the DER reader', () => {
  it.each([
    ['no octets', ''],
    ['a tag alone', '02'],
    ['a value cut short', '02 02 01'],
    ['an indefinite length', '30 80 00 00'],
    ['a length in more octets than needed', '02 81 01 05'],
    ['a length that begins with zero', '02 82 00 81'],
    ['a length of five octets', '02 85 01 00 00 00 00'],
    ['a tag of several octets', '1f 81 01 00'],
    ['an integer without octets', '02 00'],
    ['an integer with a needless zero', '02 02 00 05'],
    ['a negative integer with needless ones', '02 02 ff 80'],
    ['another type', '04 01 05'],
  ])('refuses %s in place of an integer', (_, octets) => {
    expect(() => new DerReader(hex(octets)).integer()).toThrow(DerError);
  });

  it.each([
    ['without octets', '06 00'],
    ['that is cut short', '06 02 2a 86'],
    ['with a padded arc', '06 03 2a 80 01'],
    ['with an arc beyond 2^53', '06 0a 2a ff ff ff ff ff ff ff ff 7f'],
  ])('refuses an OID %s', (_, octets) => {
    expect(() => new DerReader(hex(octets)).oid()).toThrow(DerError);
  });

  it('refuses a boolean that is neither 00 nor ff', () => {
    expect(() => new DerReader(hex('01 01 01')).optionalBoolean()).toThrow(DerError);
  });

  it('refuses left-over octets when asked to', () => {
    const reader = new DerReader(Buffer.concat([derInteger(1), derInteger(2)]));
    reader.integer();
    expect(() => reader.end()).toThrow(DerError);
  });

  it('reads every integer and OID that the writer writes', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 160n }),
        fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 39 })),
        fc.array(fc.nat()),
        (integer, [root, second], arcs) => {
          const oid = [root, second, ...arcs].join('.');
          const reader = new DerReader(derSequence(derInteger(integer), derOid(oid))).enter();
          expect(reader.integer()).toBe(integer);
          expect(reader.oid()).toBe(oid);
          expect(reader.done).toBe(true);
        },
      ),
    );
  });

  it('meets random octets with a DerError or a value that encodes to the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        try {
          const { tag, content, whole } = new DerReader(Buffer.from(octets)).readAny();
          expect(encodeDer(tag, content)).toEqual(whole);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('berToDer', () => {
  it.each([
    ['DER as it is', '30 03 02 01 05', '30 03 02 01 05'],
    ['an indefinite length', '30 80 02 01 05 00 00', '30 03 02 01 05'],
    ['a length with needless octets', '30 82 00 03 02 01 05', '30 03 02 01 05'],
    ['an octet string in pieces', '24 80 04 01 aa 04 02 bb cc 00 00', '04 03 aa bb cc'],
    ['pieces within pieces', '24 06 24 04 04 02 aa bb', '04 02 aa bb'],
  ])('rewrites %s', (_, ber, der) => {
    expect(berToDer(hex(ber))).toEqual(hex(der));
  });

  it.each([
    ['no octets', ''],
    ['an end marker that never comes', '30 80 02 01 05'],
    ['an end marker with a length', '30 80 00 01'],
    ['octets behind the value', '02 01 05 00'],
    ['a primitive value of indefinite length', '04 80 00 00'],
    ['a value that outgrows what holds it', '30 03 02 02 01 01'],
    ['an octet string with pieces of another type', '24 03 02 01 05'],
    ['a nesting of a thousand levels', '3080'.repeat(1000)],
  ])('refuses %s', (_, ber) => {
    expect(() => berToDer(hex(ber))).toThrow(DerError);
  });

  it('meets random octets with a DerError or DER', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        try {
          const der = berToDer(Buffer.from(octets));
          expect(berToDer(der)).toEqual(der);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
