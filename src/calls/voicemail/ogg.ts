/** Ogg (RFC 3533): packets of one stream as pages, each with its place and a checksum. */

/** The most segments of a page, and octets of a segment. */
const mostSegments = 255;
const segmentBytes = 255;
const headBytes = 27;
const checksumAt = 22;

/** What a page says of itself. */
export interface PageFields {
  /** Where the last packet of it ends: in sound, samples since the beginning. */
  readonly position: number;
  readonly isFirst?: boolean;
  readonly isLast?: boolean;
}

/** One stream of packets. */
export class OggStream {
  readonly #serial: number;
  #sequence = 0;

  /** @param serial - tells streams of one file apart: 32 bits, any */
  constructor(serial: number) {
    this.#serial = serial;
  }

  /**
   * The next page.
   *
   * @param packets - whole ones, which have room on a page: see {@link segmentsOf}
   */
  page(packets: readonly Uint8Array[], { position, isFirst = false, isLast = false }: PageFields): Buffer {
    const lacing = packets.flatMap(({ length }) => [
      ...Array.from({ length: Math.floor(length / segmentBytes) }, () => segmentBytes),
      length % segmentBytes,
    ]);
    if (lacing.length > mostSegments) throw new RangeError('too much for a page of Ogg');
    const head = Buffer.alloc(headBytes);
    head.write('OggS', 0, 'latin1');
    head.writeUInt8((isFirst ? 0x02 : 0) | (isLast ? 0x04 : 0), 5);
    head.writeBigUInt64LE(BigInt(position), 6);
    head.writeUInt32LE(this.#serial, 14);
    head.writeUInt32LE(this.#sequence++, 18);
    head.writeUInt8(lacing.length, 26);
    const page = Buffer.concat([head, Uint8Array.from(lacing), ...packets]);
    // Counted with zeros in its own place.
    page.writeUInt32LE(checksum(page), checksumAt);
    return page;
  }
}

/** How many of the 255 segments of a page a packet takes. */
export function segmentsOf({ length }: Uint8Array): number {
  return Math.floor(length / segmentBytes) + 1;
}

/** CRC-32 with the polynomial 0x04c11db7, neither reflected nor inverted: not that of zlib. */
const remainders = Uint32Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet << 24;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder & 0x80000000 ? 0x04c11db7 : 0);
  return remainder;
});

function checksum(octets: Uint8Array): number {
  let sum = 0;
  for (const octet of octets) sum = (sum << 8) ^ (remainders[(sum >>> 24) ^ octet] ?? 0);
  return sum >>> 0;
}
