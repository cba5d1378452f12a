/** Who may be heard: asked before a session begins, at each message of it, and before something is sent. */
import { QTChatError, quote } from '../errors.js';
import type { ContactBook } from '../store/contacts.js';
import type { PeerIdentity } from '../transport/identify-peer.js';

/** The error for a member that the user has blocked. */
export function blocked(member: string): QTChatError {
  return new QTChatError('ERR_PEER_BLOCKED', `you have blocked ${quote(member)}`, {
    hint: `To lift it: qtchat contacts block ${member} --undo, or /unblock ${member} in the chat`,
  });
}

/**
 * Makes sure that a member is not blocked.
 *
 * @throws {QTChatError} `ERR_PEER_BLOCKED`
 */
export async function refuseBlocked(contacts: ContactBook, circleId: string, member: string): Promise<void> {
  if ((await contacts.find(circleId, member))?.blocked) throw blocked(member);
}

/**
 * Makes sure that a member with whom a session is up is still the contact that was let in: the user, in whichever
 * process of this home, may have blocked or forgotten it, or trusted another key.
 *
 * @throws {QTChatError} `ERR_PEER_BLOCKED`, `ERR_PEER_REFUSED`
 */
export async function checkStanding(contacts: ContactBook, peer: PeerIdentity): Promise<void> {
  const { circleId, member, spkiSha256 } = peer;
  switch (await contacts.standing(circleId, member, spkiSha256)) {
    case 'good':
      return;
    case 'blocked':
      throw blocked(member);
    case 'changed':
      throw new QTChatError('ERR_PEER_REFUSED', `you trust another key of ${quote(member)} now`);
    case 'forgotten':
      throw new QTChatError('ERR_PEER_REFUSED', `you have forgotten ${quote(member)}`);
  }
}
