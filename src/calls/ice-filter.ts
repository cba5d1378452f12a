/**
 * Which ways to a peer a call may try (RFC 8839 §5.1): UDP, straight from host to host, between addresses. No names, which
 * would have to be looked up; no relays and reflexive addresses, which others would have to tell.
 */
import { isIP } from 'node:net';
import { maximumCandidateBytes } from '../protocol/messages.js';
import { refused } from './refused.js';

/** As many candidates as one side may tell of itself. */
export const mostCandidates = 64;

const syntax =
  /^candidate:([\w+/]{1,32}) ([12]) (\S{1,8}) (\d{1,10}) (\S{1,255}) (\d{1,5}) typ (\w{1,8})((?: [\w-]{1,32} \S{1,256}){0,8})$/;
// Names of what may follow; the rest is of no use to us.
const kept = new Set(['generation', 'ufrag', 'network-id', 'network-cost']);

/**
 * Makes sure that a candidate may be tried.
 *
 * @param text - as SDP writes it, without `a=`
 * @returns what of it is passed on
 * @throws {QTChatError} `ERR_CALL_REFUSED`
 */
export function filterCandidate(text: string): string {
  const parts = syntax.exec(text.trim());
  if (parts === null || text.length > maximumCandidateBytes) throw refused('a candidate is malformed');
  const [, foundation, component, transport = '', priority, address = '', port, kind, rest = ''] = parts;
  if (transport.toLowerCase() !== 'udp') throw refused('a candidate is not over UDP');
  if (kind !== 'host') throw refused('a candidate is not of a host itself');
  // An address with a zone is a name of an interface as well.
  if (isIP(address) === 0 || address.includes('%')) throw refused('a candidate is a name, not an address');
  if (isForMany(address)) throw refused('a candidate is not the address of one host');
  // What serves others (DNS, NTP, …) has lower ones.
  if (Number(port) < 1_024 || Number(port) > 65_535) throw refused('a candidate has a port that no call has');
  const pairs = [...rest.matchAll(/ (\S+) (\S+)/g)].filter(([, name = '']) => kept.has(name));
  const tail = pairs.map(([pair]) => pair).join('');
  return `candidate:${foundation} ${component} udp ${priority} ${address} ${port} typ host${tail}`;
}

/** A candidate of our own, where it may be told; undefined for one that may not: relays, names, TCP. */
export function ownCandidate(text: string): string | undefined {
  try {
    return filterCandidate(text);
  } catch {
    return undefined;
  }
}

/** Unspecified, multicast and broadcast addresses. */
function isForMany(address: string): boolean {
  if (isIP(address) === 6) return /^ff/i.test(address) || /^[0:]+$/.test(address) || address.includes('.');
  const first = Number(address.split('.')[0]);
  return first === 0 || first >= 224;
}
