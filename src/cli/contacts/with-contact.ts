/** Finds the contact that WHO means, with the store open around what is done with it. */
import { QTChatError, quote } from '../../errors.js';
import { type Contact, ContactBook } from '../../store/contacts.js';
import { type ConversationDatabase, openConversationStore } from '../../store/conversation-store.js';
import { type Home, storeFolder } from '../../store/home.js';
import { loadPublicIdentity, type PublicIdentity } from '../../store/identities.js';
import { exists } from '../../store/private-file.js';

/** What can be done with a contact. */
export interface FoundContact {
  readonly contact: Contact;
  /** As whom the home speaks. */
  readonly identity: PublicIdentity;
  readonly contacts: ContactBook;
  readonly database: ConversationDatabase;
}

/**
 * Calls `action` with the contact that WHO means in the circle of the home's identity.
 *
 * @param who - what the user calls the contact, or its member name
 * @throws {QTChatError} `ERR_STORE_NO_IDENTITY`, `ERR_CONTACT_NOT_FOUND`, and what `action` throws
 */
export async function withContact<Result>(
  home: Home,
  who: string,
  { clock }: { clock: () => Date },
  action: (found: FoundContact) => Promise<Result>,
): Promise<Result> {
  const identity = await loadPublicIdentity(home);
  // Opening the store would create it, and looking must not leave traces.
  if (!(await exists(storeFolder(home)))) throw unknown(who);
  const database = await openConversationStore(home);
  try {
    const contacts = new ContactBook(database, clock);
    const contact = await contacts.named(identity.circleId, who);
    if (contact === undefined) throw unknown(who);
    return await action({ contact, identity, contacts, database });
  } finally {
    await database.destroy();
  }
}

function unknown(who: string): QTChatError {
  return new QTChatError('ERR_CONTACT_NOT_FOUND', `${quote(who)} is no contact of yours`, {
    hint: 'qtchat contacts list shows them; members become contacts when you meet',
  });
}
