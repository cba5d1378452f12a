/**
 * Name constraints of CA certificates (RFC 5280 §4.2.1.10): which DNS names and IP addresses stand
 * in certificates below. Reading them as typed, writing and reading the extension; what follows from
 * them is judged in judge-names.ts.
 */
import { QTChatError, quote } from '../errors.js';
import { type CertificateFields, parsing } from './certificate-fields.js';
import { derContext, derContextPrimitive, derSequence } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { ipOctets, ipText } from './ip-address.js';
import { oids } from './oids.js';
import { parseDnsName } from './subject-alt-name.js';

/**
 * A set of names: a DNS name and every name below it (below it only, after a leading dot); a range of IP addresses
 * such as `192.168.0.0/16`; or names of another kind, by the tag of their GeneralName, which we cannot judge.
 */
export type NameSubtree = { type: 'dns' | 'ip'; value: string } | { type: 'other'; tag: number };

/** What certificates below may and may not be issued for. A kind of name that is not permitted anywhere is free. */
export interface NameConstraints {
  readonly permitted: readonly NameSubtree[];
  readonly excluded: readonly NameSubtree[];
}

const dnsTag = 0x82;
const ipTag = 0x87;

/**
 * Turns one `--permit-dns` or `--exclude-dns` value into a subtree.
 *
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID`; the message quotes `text`
 */
export function parseDnsSubtree(text: string): NameSubtree {
  if (!/^[*.]/.test(text)) return { type: 'dns', value: parseDnsName(text).value };
  throw new QTChatError('ERR_PKI_SAN_INVALID', `${quote(text)} is no DNS name: expected example.org`, {
    hint: 'Write the name alone: those below it are included',
  });
}

/**
 * Turns one `--permit-ip` or `--exclude-ip` value into a subtree: a range, or a single address.
 *
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID`; the message quotes `text`
 */
export function parseIpSubtree(text: string): NameSubtree {
  const [, address = '', prefix] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const octets = ipOctets(address);
  const bits = prefix === undefined ? (octets?.length ?? 0) * 8 : Number(prefix);
  if (octets === undefined || bits > octets.length * 8) {
    throw new QTChatError('ERR_PKI_SAN_INVALID', `${quote(text)} is no range of IP addresses`, {
      hint: 'Write it as 192.168.0.0/16 or fd00::/8',
    });
  }
  const first = masked(octets, maskOf(bits, octets.length));
  const value = `${ipText(first)}/${bits}`;
  if (first.equals(octets)) return { type: 'ip', value };
  throw new QTChatError('ERR_PKI_SAN_INVALID', `${quote(text)} is no range: it does not begin with its first address`, {
    hint: `Write ${value}`,
  });
}

/** The extension's value; `other` names are never written. */
export function encodeNameConstraints({ permitted, excluded }: NameConstraints): Buffer {
  const lists = [permitted, excluded].map((list) => list.map(encodeSubtree));
  return derSequence(...lists.flatMap((list, number) => (list.length === 0 ? [] : [derContext(number, ...list)])));
}

function encodeSubtree(subtree: NameSubtree): Buffer {
  switch (subtree.type) {
    case 'dns':
      return derSequence(derContextPrimitive(dnsTag & 0x1f, Buffer.from(subtree.value, 'latin1')));
    case 'ip': {
      const { address, mask } = ipRange(subtree.value);
      return derSequence(derContextPrimitive(ipTag & 0x1f, Buffer.concat([address, mask])));
    }
    case 'other':
      throw new QTChatError('ERR_PKI_PLAN_REFUSED', 'only DNS names and IP addresses can be constrained');
  }
}

/**
 * The constraints that a certificate lays on those below it; undefined without the extension.
 *
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` for malformed ones
 */
export function nameConstraintsOf(fields: CertificateFields): NameConstraints | undefined {
  const extension = fields.extensions.get(oids.nameConstraints);
  return extension && parsing('nameConstraints', () => decode(extension.value));
}

function decode(value: Buffer): NameConstraints {
  const outer = new DerReader(value);
  const reader = outer.enter();
  outer.end();
  const [permitted, excluded] = [reader.optional(0xa0), reader.optional(0xa1)];
  reader.end();
  if (permitted === undefined && excluded === undefined) throw new DerError('it constrains nothing');
  return { permitted: decodeList(permitted), excluded: decodeList(excluded) };
}

function decodeList(content: Buffer | undefined): NameSubtree[] {
  const reader = new DerReader(content ?? Buffer.alloc(0));
  const subtrees: NameSubtree[] = [];
  while (!reader.done) {
    const subtree = reader.enter();
    const { tag, content: base } = subtree.readAny();
    subtree.end(); // no minimum, no maximum (RFC 5280 §4.2.1.10)
    if (tag === dnsTag) subtrees.push({ type: 'dns', value: base.toString('latin1').toLowerCase() });
    else if (tag === ipTag) subtrees.push({ type: 'ip', value: decodeRange(base) });
    else subtrees.push({ type: 'other', tag });
  }
  if (content !== undefined && subtrees.length === 0) throw new DerError('a list of names is empty');
  return subtrees;
}

function decodeRange(octets: Buffer): string {
  const size = octets.length / 2;
  const [address, mask] = [octets.subarray(0, size), octets.subarray(size)];
  const bits = prefixLengthOf(mask);
  if ((size !== 4 && size !== 16) || bits === undefined) throw new DerError('a range of IP addresses is malformed');
  return `${ipText(masked(address, mask))}/${bits}`;
}

/** The first address and the mask of a range such as `10.0.0.0/8`. */
export function ipRange(text: string): { address: Buffer; mask: Buffer } {
  const [first = '', bits] = text.split('/');
  const address = ipOctets(first) ?? Buffer.alloc(0);
  return { address, mask: maskOf(Number(bits), address.length) };
}

/** The bits of `octets` that `mask` has too; both are of the same size. */
export function masked(octets: Buffer, mask: Buffer): Buffer {
  return Buffer.from(octets.map((octet, index) => octet & (mask[index] ?? 0)));
}

function maskOf(bits: number, size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, index) => 0xff00 >> Math.min(Math.max(bits - index * 8, 0), 8)));
}

/** Undefined when a bit is set behind one that is not: masks are prefixes (RFC 4632). */
function prefixLengthOf(mask: Buffer): number | undefined {
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
}
