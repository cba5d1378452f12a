/**
 * Writes DER (X.690), as much of it as certificates and key files need. Every function returns one
 * complete encoding: tag, length, content. Reading is in der-reader.ts.
 */

/** Tags of the universal types used here (X.680 §8.4); constructed ones with bit 6 set. */
export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One value with any tag; `content` parts are joined. */
export function encodeDer(tag: number, ...content: readonly Buffer[]): Buffer {
  let size = 0;
  for (const part of content) size += part.length;
  const lengthOctets = size < 0x80 ? 0 : size < 0x100 ? 1 : size < 0x10000 ? 2 : size < 0x1000000 ? 3 : 4;
  const encoding = Buffer.allocUnsafe(2 + lengthOctets + size);
  encoding[0] = tag;
  encoding[1] = lengthOctets === 0 ? size : 0x80 | lengthOctets;
  if (lengthOctets > 0) encoding.writeUIntBE(size, 2, lengthOctets);
  let offset = 2 + lengthOctets;
  for (const part of content) {
    encoding.set(part, offset);
    offset += part.length;
  }
  return encoding;
}

/** SEQUENCE of the given encodings. */
export function derSequence(...items: readonly Buffer[]): Buffer {
  return encodeDer(derTags.sequence, ...items);
}

/** SET OF the given encodings, in DER's ascending order (X.690 §11.6). */
export function derSet(...items: readonly Buffer[]): Buffer {
  return encodeDer(derTags.set, ...[...items].sort(Buffer.compare));
}

/** A constructed context-specific value `[number]`: an EXPLICIT tag, or an IMPLICIT one around a SEQUENCE's content. */
export function derContext(number: number, ...content: readonly Buffer[]): Buffer {
  return encodeDer(0xa0 | number, ...content);
}

/** A primitive context-specific value `[number] IMPLICIT`. */
export function derContextPrimitive(number: number, content: Buffer): Buffer {
  return encodeDer(0x80 | number, content);
}

/** BOOLEAN TRUE; FALSE is never written, being the default wherever we use it. */
export const derTrue: Buffer = encodeDer(derTags.boolean, Buffer.of(0xff));

/** NULL. */
export const derNull: Buffer = encodeDer(derTags.null);

/** INTEGER of a value that is not negative, in the fewest octets (X.690 §8.3). */
export function derInteger(value: number | bigint): Buffer {
  const octets = unsignedOctets(BigInt(value));
  const negativeLooking = ((octets[0] ?? 0) & 0x80) !== 0;
  return encodeDer(derTags.integer, negativeLooking ? Buffer.concat([Buffer.of(0), octets]) : octets);
}

function unsignedOctets(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** OCTET STRING. */
export function derOctetString(...content: readonly Buffer[]): Buffer {
  return encodeDer(derTags.octetString, ...content);
}

/** BIT STRING; `unusedBits` of the last octet do not count. */
export function derBitString(content: Buffer, unusedBits = 0): Buffer {
  return encodeDer(derTags.bitString, Buffer.of(unusedBits), content);
}

/** BIT STRING of a named bit list: no trailing zero bits (X.690 §11.2.2). Bit 0 is the most significant. */
export function derNamedBits(bits: readonly number[]): Buffer {
  if (bits.length === 0) return derBitString(Buffer.alloc(0));
  const last = Math.max(...bits);
  const octets = Buffer.alloc((last >> 3) + 1);
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return derBitString(octets, 7 - (last & 7));
}

/** A program writes few object identifiers, but those again and again. */
const knownOids = new Map<string, Buffer>();

/** OBJECT IDENTIFIER from its dotted form; not to be written to. */
export function derOid(dotted: string): Buffer {
  const known = knownOids.get(dotted);
  if (known !== undefined) return known;
  const encoding = encodeOid(dotted);
  knownOids.set(dotted, encoding);
  return encoding;
}

function encodeOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const group = [arc % 0x80];
    for (let left = Math.floor(arc / 0x80); left > 0; left = Math.floor(left / 0x80))
      group.unshift(0x80 | (left % 0x80));
    octets.push(...group);
  }
  return encodeDer(derTags.oid, Buffer.from(octets));
}

/** UTF8String. */
export function derUtf8String(text: string): Buffer {
  return encodeDer(derTags.utf8String, Buffer.from(text, 'utf8'));
}

/** BMPString: UTF-16, big endian. */
export function derBmpString(text: string): Buffer {
  return encodeDer(derTags.bmpString, Buffer.from(text, 'utf16le').swap16());
}

/** Time as certificates write it: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5); whole seconds. */
export function derTime(date: Date): Buffer {
  const utc = date.getUTCFullYear() >= 1950 && date.getUTCFullYear() < 2050;
  if (!utc) return derGeneralizedTime(date);
  return encodeDer(derTags.utcTime, Buffer.from(`${digitsOf(date).slice(2)}Z`, 'latin1'));
}

/** GeneralizedTime as OCSP writes it for every year (RFC 6960 §4.2.2.1); whole seconds. */
export function derGeneralizedTime(date: Date): Buffer {
  return encodeDer(derTags.generalizedTime, Buffer.from(`${digitsOf(date)}Z`, 'latin1'));
}

function digitsOf(date: Date): string {
  const iso = date.toISOString();
  const [year, month, day] = [iso.slice(0, -20), iso.slice(-19, -17), iso.slice(-16, -14)];
  return `${year}${month}${day}${iso.slice(-13, -11)}${iso.slice(-10, -8)}${iso.slice(-7, -5)}`;
}
