/** Keys that follow from others: what our hello says of ours, and whether a peer's follows from the one pinned before. */
import { createHash } from 'node:crypto';
import { readCertificateFields } from '../pki/certificate-fields.js';
import { type KeySuccession, verifiesSuccession } from '../pki/key-succession.js';
import type { Hello } from '../protocol/messages.js';
import type { PeerConnection } from '../transport/peer-connection.js';

/** A hello has room for so much beside the rest, in octets. */
const roomBytes = 1536;

/** The latest statements that fit into a hello. */
export function fittingSuccessions(successions: readonly KeySuccession[]): KeySuccession[] {
  let left = roomBytes;
  const fitting: KeySuccession[] = [];
  for (const succession of successions) {
    left -= succession.formerSpki.length + succession.signature.length;
    if (left < 0) break;
    fitting.push(succession);
  }
  return fitting;
}

/**
 * Follows the statements from the key in use back to older ones, each verified, until it meets the pinned one.
 *
 * @param pinned - SHA-256 of an SPKI, lower-case hex
 */
export function followsFrom(pinned: string, { peer }: PeerConnection, { successions = [] }: Hello): boolean {
  let { spki } = readCertificateFields(peer.certificate);
  for (const { formerSpki, signature } of successions) {
    const succession = { formerSpki: Buffer.from(formerSpki), signature: Buffer.from(signature) };
    if (!verifiesSuccession(succession, spki, peer)) return false;
    spki = succession.formerSpki;
    if (createHash('sha256').update(spki).digest('hex') === pinned) return true;
  }
  return false;
}
