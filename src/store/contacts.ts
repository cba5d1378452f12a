/**
 * Whom we have met: the members of a circle, the addresses where they may be, and the key each one
 * showed first. An address is a hint and proves nothing; the key is a pin and never changes here.
 */
import type { Selectable } from 'kysely';
import { type ConversationDatabase, type ConversationSchema, openConversationStore } from './conversation-store.js';
import type { Home } from './home.js';

/** Where a peer may listen. `host` is an IP address or a host name. */
export interface PeerAddress {
  host: string;
  port: number;
}

/** A member we have met, or were told of when we joined. */
export interface Contact {
  member: string;
  circleId: string;
  /** In order of trial: confirmed ones first, the latest before older ones. */
  addresses: PeerAddress[];
  /** SHA-256 of the key shown at the first hello, lower-case hex; absent until then. */
  spkiSha256?: string;
  /** What the user calls the member; absent where they call it by its name. */
  nick?: string;
  /** Whether the user has blocked the member; absent where not. */
  blocked?: true;
}

/** What our contacts say of a session of a member: `forgotten` when it is none any more. */
export type Standing = 'good' | 'blocked' | 'changed' | 'forgotten';

/** What a key presented by a contact is, compared with the pinned one. */
export type PinResult = 'pinned' | 'same' | 'changed';

// A contact that roams must not grow the list for ever.
const addressesPerContact = 8;

/** The contacts in an open database. */
export class ContactBook {
  readonly #database: ConversationDatabase;
  readonly #clock: () => Date;

  constructor(database: ConversationDatabase, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Adds a contact, or addresses to one. A pinned key stays; only where there is none, the given one is pinned. */
  async save(contact: Contact): Promise<void> {
    const { circleId: circle_id, member, spkiSha256 = null } = contact;
    await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('contacts')
        .values({ circle_id, member, spki_sha256: spkiSha256 })
        .onConflict((conflict) =>
          conflict.columns(['circle_id', 'member']).doUpdateSet((row) => ({
            spki_sha256: row.fn.coalesce('contacts.spki_sha256', 'excluded.spki_sha256'),
          })),
        )
        .execute();
      // The first address is tried first, so it is the one seen last.
      for (const address of contact.addresses.toReversed()) {
        await this.#touch(transaction, circle_id, member, address, null);
      }
    });
  }

  /** The contact of that name, or undefined. */
  async find(circleId: string, member: string): Promise<Contact | undefined> {
    const rows = await this.#select().where('circle_id', '=', circleId).where('member', '=', member).execute();
    const [row] = rows;
    return row === undefined ? undefined : this.#contact(row);
  }

  /** The contact that WHO means: one the user calls so, or else one of that name. A nick is the user's own word. */
  async named(circleId: string, who: string): Promise<Contact | undefined> {
    const rows = await this.#select()
      .where('circle_id', '=', circleId)
      .where((row) => row.or([row('nick', '=', who.normalize('NFC')), row('member', '=', who)]))
      .execute();
    const row = rows.find(({ nick }) => nick === who.normalize('NFC')) ?? rows[0];
    return row === undefined ? undefined : this.#contact(row);
  }

  /** Whether a member that was let in with this key may still be heard. */
  async standing(circleId: string, member: string, spkiSha256: string): Promise<Standing> {
    const row = await this.#database
      .selectFrom('contacts')
      .select(['spki_sha256', 'blocked_at'])
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .executeTakeFirst();
    if (row !== undefined && row.blocked_at !== null) return 'blocked';
    if (row === undefined || row.spki_sha256 === null) return 'forgotten';
    return row.spki_sha256 === spkiSha256 ? 'good' : 'changed';
  }

  /** Every contact of every circle, by name. */
  async list(): Promise<Contact[]> {
    const rows = await this.#select().orderBy('member').orderBy('circle_id').execute();
    return Promise.all(rows.map((row) => this.#contact(row)));
  }

  /** When each contact of a circle was met last; those that were not are left out. */
  async lastMeetings(circleId: string): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.#database
      .selectFrom('contacts')
      .innerJoin('contact_addresses', (join) =>
        join
          .onRef('contact_addresses.circle_id', '=', 'contacts.circle_id')
          .onRef('contact_addresses.member', '=', 'contacts.member'),
      )
      .select(['contacts.member', (row) => row.fn.max('seen_at').as('seen_at')])
      .where('contacts.circle_id', '=', circleId)
      // Whoever has shown no key was only told of.
      .where('spki_sha256', 'is not', null)
      .groupBy('contacts.member')
      .execute();
    return new Map(rows.map(({ member, seen_at }) => [member, new Date(Number(seen_at))]));
  }

  /** Pins the key of a contact at its first hello, and compares at every later one. */
  async pin(circleId: string, member: string, spkiSha256: string): Promise<PinResult> {
    return this.#database.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('contacts')
        .select('spki_sha256')
        .where('circle_id', '=', circleId)
        .where('member', '=', member)
        .executeTakeFirst();
      if (row?.spki_sha256 != null) return row.spki_sha256 === spkiSha256 ? 'same' : 'changed';
      await transaction
        .insertInto('contacts')
        .values({ circle_id: circleId, member, spki_sha256: spkiSha256 })
        .onConflict((conflict) => conflict.columns(['circle_id', 'member']).doUpdateSet({ spki_sha256: spkiSha256 }))
        .execute();
      return 'pinned';
    });
  }

  /** Pins another key of a contact, whose pinned one has signed for it; false when that one was not pinned any more. */
  async repin(circleId: string, member: string, former: string, next: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('contacts')
      .set({ spki_sha256: next })
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .where('spki_sha256', '=', former)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** Notes that this very contact was accepted at `address`. */
  async confirmAddress(circleId: string, member: string, address: PeerAddress): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      // It may have been forgotten at this very moment.
      await transaction
        .insertInto('contacts')
        .values({ circle_id: circleId, member })
        .onConflict((conflict) => conflict.columns(['circle_id', 'member']).doNothing())
        .execute();
      await this.#touch(transaction, circleId, member, address, this.#clock().getTime());
    });
  }

  /** The member last accepted at `address`, or undefined. */
  async lastConfirmedAt(circleId: string, address: PeerAddress): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom('contact_addresses')
      .select('member')
      .where('circle_id', '=', circleId)
      .where('host', '=', address.host)
      .where('port', '=', address.port)
      .where('confirmed_at', 'is not', null)
      .orderBy('confirmed_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.member;
  }

  async #touch(
    database: ConversationDatabase,
    circleId: string,
    member: string,
    address: PeerAddress,
    confirmedAt: number | null,
  ): Promise<void> {
    const latest = await database
      .selectFrom('contact_addresses')
      .select((row) => row.fn.max('seen_at').as('seen_at'))
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .executeTakeFirst();
    // Strictly rising, so that the order of trial is kept within one millisecond too.
    const seenAt = Math.max(this.#clock().getTime(), Number(latest?.seen_at ?? 0) + 1);
    await database
      .insertInto('contact_addresses')
      .values({
        circle_id: circleId,
        member,
        host: address.host,
        port: address.port,
        seen_at: seenAt,
        confirmed_at: confirmedAt,
      })
      .onConflict((conflict) =>
        conflict.columns(['circle_id', 'member', 'host', 'port']).doUpdateSet((row) => ({
          seen_at: seenAt,
          confirmed_at: row.fn.coalesce('excluded.confirmed_at', 'contact_addresses.confirmed_at'),
        })),
      )
      .execute();
    const kept = (await this.#addresses(database, circleId, member)).slice(addressesPerContact);
    for (const { host, port } of kept) {
      await database
        .deleteFrom('contact_addresses')
        .where('circle_id', '=', circleId)
        .where('member', '=', member)
        .where('host', '=', host)
        .where('port', '=', port)
        .execute();
    }
  }

  #select() {
    return this.#database.selectFrom('contacts').selectAll();
  }

  #addresses(database: ConversationDatabase, circleId: string, member: string): Promise<PeerAddress[]> {
    return database
      .selectFrom('contact_addresses')
      .select(['host', 'port'])
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .orderBy((row) => row('confirmed_at', 'is', null))
      .orderBy('seen_at', 'desc')
      .execute();
  }

  async #contact(row: Selectable<ConversationSchema['contacts']>): Promise<Contact> {
    return {
      member: row.member,
      circleId: row.circle_id,
      addresses: await this.#addresses(this.#database, row.circle_id, row.member),
      ...(row.spki_sha256 === null ? {} : { spkiSha256: row.spki_sha256 }),
      ...(row.nick === null ? {} : { nick: row.nick }),
      ...(row.blocked_at === null ? {} : { blocked: true }),
    };
  }
}

/** {@link ContactBook.save} in the database of `home`, opened and closed for it. */
export async function saveContact(home: Home, contact: Contact, deps: { clock: () => Date }): Promise<void> {
  await withContacts(home, deps, (contacts) => contacts.save(contact));
}

/** {@link ContactBook.list} in the database of `home`, opened and closed for it. */
export async function listContacts(home: Home, deps: { clock: () => Date }): Promise<Contact[]> {
  return withContacts(home, deps, (contacts) => contacts.list());
}

async function withContacts<Result>(
  home: Home,
  deps: { clock: () => Date },
  action: (contacts: ContactBook) => Promise<Result>,
): Promise<Result> {
  const database = await openConversationStore(home);
  try {
    return await action(new ContactBook(database, deps.clock));
  } finally {
    await database.destroy();
  }
}
