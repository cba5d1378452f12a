/** What faces ask about contacts, and decide about them. Sessions that are up follow at once, those of other processes of the home within seconds. */
import { QTChatError, quote } from '../errors.js';
import { blockContact, type Forgotten, forgetContact, parseNick, renameContact } from '../store/contact-decisions.js';
import { type ShownKey, shownKeys, trustShownKey } from '../store/contact-keys.js';
import type { Contact, ContactBook } from '../store/contacts.js';
import type { ConversationDatabase } from '../store/conversation-store.js';

/** Where contacts are. */
export interface ContactIntentsOptions {
  readonly database: ConversationDatabase;
  readonly book: ContactBook;
  readonly circleId: string;
  /** As whom we speak: nobody else is called so. */
  readonly self: string;
  readonly clock: () => Date;
  /** Told of a member about whom something was decided. */
  readonly onDecided?: (member: string) => Promise<void>;
}

// With fewer digits a host could make a key that begins alike.
const fewestDigits = 16;

/** The contacts of one circle. */
export class ContactIntents {
  readonly #options: ContactIntentsOptions;

  constructor(options: ContactIntentsOptions) {
    this.#options = options;
  }

  /** All of them. */
  async list(): Promise<Contact[]> {
    const { book, circleId } = this.#options;
    return (await book.list()).filter((contact) => contact.circleId === circleId);
  }

  /** When each of them was met last; those that were not are left out. */
  lastMeetings(): Promise<ReadonlyMap<string, Date>> {
    const { book, circleId } = this.#options;
    return book.lastMeetings(circleId);
  }

  /** That of a member; undefined where it is none. */
  async find(member: string): Promise<Contact | undefined> {
    const { book, circleId } = this.#options;
    return book.find(circleId, member);
  }

  /**
   * The one that WHO means: what the user calls it, or its member name.
   *
   * @throws {QTChatError} `ERR_CONTACT_NOT_FOUND`
   */
  async named(who: string): Promise<Contact> {
    const contact = await this.#options.book.named(this.#options.circleId, who);
    if (contact !== undefined) return contact;
    throw new QTChatError('ERR_CONTACT_NOT_FOUND', `${quote(who)} is no contact of yours`, {
      hint: 'Members become contacts when you meet',
    });
  }

  /** The keys that a contact has shown in place of the pinned one, the latest first. */
  async shownKeys(contact: Contact): Promise<ShownKey[]> {
    return shownKeys(this.#options.database, contact);
  }

  /**
   * Pins a key that a contact has shown.
   *
   * @returns the key that was pinned before
   * @throws {QTChatError} `ERR_CONTACT_KEY_UNKNOWN` where it was not shown, or the keys have changed meanwhile
   */
  async trust(contact: Contact, { spkiSha256 }: ShownKey): Promise<string> {
    const { member, spkiSha256: pinned } = contact;
    if (pinned === undefined) throw noOtherKey(member);
    if (await trustShownKey(this.#options.database, contact, { pinned, shown: spkiSha256 })) {
      await this.#options.onDecided?.(member);
      return pinned;
    }
    throw new QTChatError('ERR_CONTACT_KEY_UNKNOWN', `the keys of ${quote(member)} have changed meanwhile`, {
      hint: `Look again: qtchat contacts show ${member}`,
    });
  }

  /**
   * Calls a contact by another name, or by its own again.
   *
   * @throws {QTChatError} `ERR_USAGE` for what is no name, `ERR_CONTACT_NAME_TAKEN`
   */
  async rename({ circleId, member }: Contact, typed: string): Promise<void> {
    const { database, self, onDecided } = this.#options;
    await renameContact(database, { circleId, member, self }, parseNick(typed));
    await onDecided?.(member);
  }

  /** Forgets a contact, and all that was said. */
  async forget(contact: Contact): Promise<Forgotten> {
    const { database, onDecided } = this.#options;
    const forgotten = await forgetContact(database, contact);
    await onDecided?.(contact.member);
    return forgotten;
  }

  /** Blocks a contact, or lifts that; whether it changes anything. */
  async block(contact: Contact, isOn: boolean): Promise<boolean> {
    const { database, clock, onDecided } = this.#options;
    const hasChanged = await blockContact(database, contact, isOn ? clock() : undefined);
    await onDecided?.(contact.member);
    return hasChanged;
  }
}

/**
 * The one of the shown keys that `typed` begins.
 *
 * @param typed - first digits of the key, 16 at least, spaces allowed; undefined for the only one
 * @throws {QTChatError} `ERR_CONTACT_KEY_UNKNOWN` when no such key was shown, `ERR_USAGE` where several come into question
 */
export function pickShownKey(member: string, shown: readonly ShownKey[], typed: string | undefined): ShownKey {
  const [only, another] = shown;
  if (only === undefined) throw noOtherKey(member);
  if (typed === undefined) {
    if (another === undefined) return only;
    throw new QTChatError(
      'ERR_USAGE',
      `which key of ${quote(member)} is to be trusted is not known: several were shown`,
      {
        hint: 'Add its first digits, as the contact reads them to you: contacts trust --key, or /trust DIGITS in a chat',
      },
    );
  }
  const digits = typed.replace(/\s/g, '').toLowerCase();
  if (!/^[0-9a-f]*$/.test(digits) || digits.length < fewestDigits) {
    throw new QTChatError('ERR_USAGE', `${quote(typed)} does not name a key`, {
      hint: `Give its first ${fewestDigits} hexadecimal digits or more, as the contact reads them to you`,
    });
  }
  const found = shown.find(({ spkiSha256 }) => spkiSha256.startsWith(digits));
  if (found !== undefined) return found;
  throw new QTChatError('ERR_CONTACT_KEY_UNKNOWN', `${quote(member)} has shown no key that begins so`, {
    hint: `qtchat contacts show ${member} lists what was shown; if it is not what they read to you, trust none`,
  });
}

function noOtherKey(member: string): QTChatError {
  return new QTChatError('ERR_CONTACT_KEY_UNKNOWN', `${quote(member)} has shown no key but the pinned one`, {
    hint: 'A changed key can be trusted after it was shown: once the contact has called, or was called',
  });
}
