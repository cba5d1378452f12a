/** The question whether a member found at an address is the one that was meant. */
import type { PeerIdentity } from '../../transport/identify-peer.js';

/** One line; the key is shown in groups, for comparing aloud. */
export function confirmQuestion(peer: PeerIdentity, who: string): string {
  const key = peer.spkiSha256.slice(0, 32).match(/.{4}/g)?.join(' ') ?? '';
  return `${who} answers as ${peer.member} of your circle (key ${key}), but its certificate does not name that address. Is it the one you mean?`;
}
