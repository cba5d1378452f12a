/**
 * Judges the names of a certificate against the name constraints of a CA above it (RFC 5280
 * §4.2.1.10, §6.1.4). Where OpenSSL and the RFC leave room, it takes the stricter way: whatever
 * passes here passes everywhere.
 */
import { quote } from '../errors.js';
import { ipOctets } from './ip-address.js';
import { ipRange, masked, type NameConstraints, type NameSubtree } from './name-constraints.js';
import type { SubjectAltName } from './subject-alt-name.js';
import { isReservedUri } from './uri.js';

/** The names that a certificate states. */
export interface StatedNames {
  readonly names: readonly SubjectAltName[];
  /** Common names of an end-entity certificate: without dNSName, OpenSSL takes them for host names. */
  readonly commonNames: readonly string[];
}

/**
 * The hosts inside e-mail addresses and URIs, as names. RFC 5280 constrains those apart, which nobody asks of us:
 * who is kept to some DNS names when issuing is not to vouch for mailboxes and pages elsewhere.
 *
 * @param names - in canonical form; the URIs by which members are named state no host
 */
export function hostsBehind(names: readonly SubjectAltName[]): SubjectAltName[] {
  return names.flatMap(hostsIn);
}

function hostsIn({ type, value }: SubjectAltName): SubjectAltName[] {
  if (type === 'email') return [{ type: 'dns', value: value.slice(value.lastIndexOf('@') + 1) }];
  if (type !== 'uri' || isReservedUri(value)) return [];
  const host = /^[^:]+:\/\/(?:[^/?#@]*@)?(?:\[([^\]]*)\]|([^/?#:]*))/.exec(value);
  const text = host?.[1] ?? host?.[2];
  if (text === undefined) return [];
  return [{ type: ipOctets(text) === undefined ? 'dns' : 'ip', value: text }];
}

/** Why the names may not stand below a CA with these constraints, as half a sentence; undefined when they may. */
export function nameConstraintFault(stated: StatedNames, constraints: NameConstraints): string | undefined {
  const { permitted, excluded } = constraints;
  if ([...permitted, ...excluded].some(({ type }) => type === 'other')) {
    return 'names are constrained in a way that cannot be judged';
  }
  for (const name of judgedNames(stated)) {
    const allowed = permitted.filter(({ type }) => type === name.type);
    if (allowed.length > 0 && !allowed.some((subtree) => contains(subtree, name))) {
      return `${quote(name.value)} is not among the permitted names`;
    }
    if (excluded.some((subtree) => contains(subtree, name) || reaches(name, subtree))) {
      return `${quote(name.value)} is among the excluded names`;
    }
  }
  return undefined;
}

function judgedNames({ names, commonNames }: StatedNames): readonly SubjectAltName[] {
  const all = names.flatMap((name) => [name, ...sameFor(name)]);
  if (names.some(({ type }) => type === 'dns')) return all;
  const hostLike = commonNames.filter((name) => name.includes('.'));
  return [...all, ...hostLike.map((value) => ({ type: 'dns', value }) as const)];
}

/** What clients take for the same: a DNS name without the dot at its end, the IPv4 address mapped into an IPv6 one. */
function sameFor({ type, value }: SubjectAltName): SubjectAltName[] {
  if (type === 'dns' && value.endsWith('.')) return [{ type, value: value.slice(0, -1) }];
  const mapped = type === 'ip' ? /^::ffff:([\d.]+)$/.exec(value)?.[1] : undefined;
  return mapped === undefined ? [] : [{ type: 'ip', value: mapped }];
}

function contains(subtree: NameSubtree, name: SubjectAltName): boolean {
  if (subtree.type === 'dns' && name.type === 'dns') return isBelow(name.value.toLowerCase(), subtree.value);
  if (subtree.type === 'ip' && name.type === 'ip') return isWithin(name.value, subtree.value);
  return false;
}

function isBelow(name: string, base: string): boolean {
  if (base === '' || name === base) return true;
  return name.endsWith(base.startsWith('.') ? base : `.${base}`);
}

function isWithin(address: string, range: string): boolean {
  const octets = ipOctets(address);
  const { address: first, mask } = ipRange(range);
  return octets?.length === first.length && masked(octets, mask).equals(first);
}

/** Tells whether a wildcard, also one within a label, may stand for a host that is excluded by its whole name. */
function reaches(name: SubjectAltName, subtree: NameSubtree): boolean {
  const [, rest] = /^[^.]*\*[^.]*\.(.*)$/.exec(name.value) ?? [];
  if (name.type !== 'dns' || subtree.type !== 'dns' || rest === undefined) return false;
  return subtree.value.replace(/^\.?[^.]*\./, '') === rest.toLowerCase();
}
