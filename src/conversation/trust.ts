/** Decides whether the member found at an address is the one that was looked for. */
import type { PeerIdentity } from '../transport/identify-peer.js';
import type { Target } from './resolve-who.js';

/** `confirm`: a verified member, but nothing ties it to what was typed; the user must say. */
export type TrustDecision = 'trusted' | 'confirm' | 'another';

/**
 * Judges a verified member against what was dialled.
 *
 * @param lastConfirmed - the member last accepted at the address dialled
 */
export function judgeFound(peer: PeerIdentity, target: Target, lastConfirmed: string | undefined): TrustDecision {
  if (target.member !== undefined) return peer.member === target.member ? 'trusted' : 'another';
  const { host } = target;
  if (host !== undefined && (host === peer.member || vouchesFor(peer, host))) return 'trusted';
  return lastConfirmed === peer.member ? 'trusted' : 'confirm';
}

/** Tells whether the certificate carries `host` as an address or a DNS name (RFC 9525: no common names). */
export function vouchesFor(peer: PeerIdentity, host: string): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, '');
  return peer.names.some(({ type, value }) => type !== 'uri' && value.toLowerCase() === wanted);
}
