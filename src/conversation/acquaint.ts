/** What a first or a further meeting with a member means for our contacts. */
import { QTChatError, quote } from '../errors.js';
import type { Hello } from '../protocol/messages.js';
import { noteShownKey } from '../store/contact-keys.js';
import type { ContactBook } from '../store/contacts.js';
import type { ConversationDatabase } from '../store/conversation-store.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { followsFrom } from './follows-from.js';

/** Where acquaintances are kept. */
export interface Acquaintances {
  readonly contacts: ContactBook;
  readonly database: ConversationDatabase;
  readonly clock: () => Date;
}

/**
 * Pins the member's key, or compares it with the pinned one, which may have signed for it; then notes where the
 * member is found.
 *
 * @throws {QTChatError} `ERR_PEER_NOT_TRUSTED` when the key has changed
 */
export async function acquaint(
  { contacts, database, clock }: Acquaintances,
  connection: PeerConnection,
  hello: Hello,
): Promise<void> {
  const { peer, remote, dialled } = connection;
  const { circleId, member, spkiSha256 } = peer;
  const pin = await contacts.pin(circleId, member, spkiSha256);
  if (pin === 'changed' && !(await acceptSuccession(contacts, connection, hello))) {
    await noteShownKey(database, { circleId, member }, { spkiSha256, seenAt: clock() });
    throw new QTChatError('ERR_PEER_NOT_TRUSTED', `${quote(member)} shows another key than at your first meeting`, {
      hint: `Ask them by another way whether they have a new identity; if so: qtchat contacts trust ${member}, or /trust in a chat`,
    });
  }
  if (dialled) {
    await contacts.confirmAddress(circleId, member, remote);
  } else if (hello.port > 0) {
    await contacts.save({ member, circleId, addresses: [{ host: remote.host, port: hello.port }] });
  }
}

/** Pins the new key where the pinned one, or one that follows from it, has signed for it. */
async function acceptSuccession(contacts: ContactBook, connection: PeerConnection, hello: Hello): Promise<boolean> {
  const { circleId, member, spkiSha256 } = connection.peer;
  const pinned = (await contacts.find(circleId, member))?.spkiSha256;
  if (pinned === undefined || !followsFrom(pinned, connection, hello)) return false;
  return contacts.repin(circleId, member, pinned, spkiSha256);
}
