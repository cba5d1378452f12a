/** IP addresses between text and the octets of an `iPAddress`; resolves nothing. */
import { isIPv4, isIPv6 } from 'node:net';

/** 4 octets for IPv4 and 16 for IPv6; undefined for anything else, zone ids and prefixes among it. */
export function ipOctets(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [head = '', tail] = withoutDottedQuad(text).split('::');
  const front = groupsOf(head);
  const back = groupsOf(tail ?? '');
  const groups = tail === undefined ? front : [...front, ...Array(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function withoutDottedQuad(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const octets = [a, b, c, d].map((octet) => Number(octet).toString(16).padStart(2, '0'));
    return `${octets.slice(0, 2).join('')}:${octets.slice(2).join('')}`;
  });
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** The one canonical text of an address given by its 4 or 16 octets (RFC 5952); undefined for other sizes. */
export function ipText(octets: Buffer): string | undefined {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return undefined;
  // IPv4-mapped addresses keep their dotted quad (RFC 5952 §5).
  if (octets.readUIntBE(0, 6) === 0 && octets.readUIntBE(6, 6) === 0xffff)
    return `::ffff:${octets.subarray(12).join('.')}`;
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(index * 2).toString(16));
  const text = groups.join(':');
  const longest = (text.match(/(?<![0-9a-f])0(:0)+(?![0-9a-f])/g) ?? []).reduce(
    (a, b) => (b.length > a.length ? b : a),
    '',
  );
  if (longest === '') return text;
  const start = text.search(new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`));
  return `${text.slice(0, start).replace(/:$/, '')}::${text.slice(start + longest.length).replace(/^:/, '')}`;
}
