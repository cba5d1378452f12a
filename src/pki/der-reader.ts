/**
 * Reads DER (X.690) from hostile octets: strict about lengths and left-overs, without recursion, so
 * nothing deep or long can exhaust memory. What the values mean is for the callers.
 */
import { derTags } from './der.js';

/** Malformed DER; callers turn it into their own error code. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Well-formed, but more than we take on for a stranger's file. */
export class DerLimitError extends DerError {}

/** Reads one value after another from a run of DER encodings. */
export class DerReader {
  readonly #octets: Buffer;
  #offset: number;
  readonly #end: number;

  /** Reads `octets` from `start` up to `end`. */
  constructor(octets: Buffer, start = 0, end = octets.length) {
    this.#octets = octets;
    this.#offset = start;
    this.#end = end;
  }

  /** True when every octet was read. */
  get done(): boolean {
    return this.#offset === this.#end;
  }

  /** The next value's tag, undefined at the end. */
  get nextTag(): number | undefined {
    return this.#offset < this.#end ? this.#octets[this.#offset] : undefined;
  }

  /** Reads one value, which must have `tag`; its content. */
  read(tag: number): Buffer {
    const size = this.#header(tag);
    return this.#octets.subarray(this.#offset - size, this.#offset);
  }

  /** Reads one value of any tag: tag, content, and the whole encoding. */
  readAny(): { tag: number; content: Buffer; whole: Buffer } {
    const start = this.#offset;
    const size = this.#header();
    const content = this.#octets.subarray(this.#offset - size, this.#offset);
    return { tag: this.#octets[start] ?? 0, content, whole: this.#octets.subarray(start, this.#offset) };
  }

  /** Reads one value if it has `tag`; its content. */
  optional(tag: number): Buffer | undefined {
    return this.nextTag === tag ? this.read(tag) : undefined;
  }

  /** Reads a constructed value (a SEQUENCE unless told otherwise); a reader of what is inside. */
  enter(tag: number = derTags.sequence): DerReader {
    const size = this.#header(tag);
    return new DerReader(this.#octets, this.#offset - size, this.#offset);
  }

  /** Reads an OBJECT IDENTIFIER; its dotted form. */
  oid(): string {
    const size = this.#header(derTags.oid);
    let dotted = '';
    let arc = 0;
    let open = false;
    for (let at = this.#offset - size; at < this.#offset; at += 1) {
      const octet = this.#octets[at] ?? 0;
      if (!open && octet === 0x80) throw new DerError('an object identifier is not minimal');
      arc = arc * 0x80 + (octet & 0x7f);
      if (arc > Number.MAX_SAFE_INTEGER / 0x80) throw new DerError('an object identifier is too large');
      open = octet >= 0x80;
      if (open) continue;
      dotted += dotted === '' ? firstArcs(arc) : `.${arc}`;
      arc = 0;
    }
    if (dotted === '' || open) throw new DerError('an object identifier is cut short');
    return dotted;
  }

  /** Reads an INTEGER; minimal encodings only. */
  integer(): bigint {
    const content = this.read(derTags.integer);
    const [first, second] = content;
    if (first === undefined) throw new DerError('an integer has no octets');
    if (second !== undefined && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      throw new DerError('an integer is not minimal');
    }
    return BigInt.asIntN(content.length * 8, BigInt(`0x${content.toString('hex')}`));
  }

  /** Reads an INTEGER that must lie between 0 and `maximum`. */
  smallInteger(maximum: number): number {
    const value = this.integer();
    if (value < 0n || value > BigInt(maximum)) throw new DerError(`${value} is not between 0 and ${maximum}`);
    return Number(value);
  }

  /** Reads a BOOLEAN if there is one; false, the usual default, if not. */
  optionalBoolean(): boolean {
    const content = this.optional(derTags.boolean);
    if (content === undefined) return false;
    const [value] = content;
    if (content.length !== 1 || (value !== 0x00 && value !== 0xff)) throw new DerError('a boolean is malformed');
    return value === 0xff;
  }

  /** Refuses octets that nobody read. */
  end(): void {
    if (!this.done) throw new DerError('there is more than expected');
  }

  /** Steps over the next value, which must have `tag` if there is one; the size of its content, which ends at the offset. */
  #header(tag = this.nextTag): number {
    if (this.nextTag !== tag) throw new DerError(`expected tag ${hex(tag)}, found ${hex(this.nextTag)}`);
    if ((this.#octet() & 0x1f) === 0x1f) throw new DerError('tags above 30 are not used here');
    const size = this.#length();
    if (size > this.#end - this.#offset) throw new DerError('a value is longer than what holds it');
    this.#offset += size;
    return size;
  }

  #octet(): number {
    const octet = this.nextTag;
    if (octet === undefined) throw new DerError('the octets end too early');
    this.#offset += 1;
    return octet;
  }

  #length(): number {
    const first = this.#octet();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError('a length is indefinite or too large');
    let size = 0;
    for (let index = 0; index < count; index += 1) size = size * 0x100 + this.#octet();
    if (size < 0x80 || size < 0x100 ** (count - 1)) throw new DerError('a length is not minimal');
    return size;
  }
}

/** The first two arcs share one number (X.690 §8.19.4). */
function firstArcs(both: number): string {
  const root = Math.min(Math.floor(both / 40), 2);
  return `${root}.${both - root * 40}`;
}

function hex(tag: number | undefined): string {
  return tag === undefined ? 'the end' : `0x${tag.toString(16).padStart(2, '0')}`;
}
