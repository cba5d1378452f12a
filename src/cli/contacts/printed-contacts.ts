/** Contacts as commands print them, read from the store of a home. */
import { shownKeys } from '../../store/contact-keys.js';
import { type Contact, ContactBook } from '../../store/contacts.js';
import { type ConversationDatabase, openConversationStore } from '../../store/conversation-store.js';
import { type Home, storeFolder } from '../../store/home.js';
import { exists } from '../../store/private-file.js';
import { contactToJson, type PrintedContact } from '../../ui/text/describe-contact.js';

/** The object for programs, with what the store says. */
export async function printedContact(database: ConversationDatabase, contact: Contact): Promise<PrintedContact> {
  return contactToJson(contact, await shownKeys(database, contact));
}

/** Every contact of a home; a home that never met anybody is left as it is. */
export async function listPrinted(home: Home, { clock }: { clock: () => Date }): Promise<PrintedContact[]> {
  if (!(await exists(storeFolder(home)))) return [];
  const database = await openConversationStore(home);
  try {
    const printed: PrintedContact[] = [];
    for (const contact of await new ContactBook(database, clock).list()) {
      printed.push(await printedContact(database, contact));
    }
    return printed;
  } finally {
    await database.destroy();
  }
}
