/**
 * Keys that contacts showed beside the pinned one. Each was refused when it was shown; here is what the user may
 * trust later, and nothing else: only a key that a certificate of the circle names can come to stand here.
 */
import type { ConversationDatabase } from './conversation-store.js';

/** A key that was refused because another one is pinned. */
export interface ShownKey {
  /** SHA-256 of the SPKI, lower-case hex. */
  readonly spkiSha256: string;
  /** When it was shown last. */
  readonly seenAt: Date;
}

/** Whose key it is. */
export interface Whose {
  readonly circleId: string;
  readonly member: string;
}

// Who can have certificates issued in a contact's name must not fill the disk with their keys.
const keysPerContact = 4;

/** Notes that a contact has shown another key than the pinned one; of many, the latest four are kept. */
export async function noteShownKey(
  database: ConversationDatabase,
  { circleId, member }: Whose,
  { spkiSha256, seenAt }: ShownKey,
): Promise<void> {
  const row = { circle_id: circleId, member, spki_sha256: spkiSha256, seen_at: seenAt.getTime() };
  await database.transaction().execute(async (transaction) => {
    const contact = await transaction
      .selectFrom('contacts')
      .select('member')
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .executeTakeFirst();
    // Forgotten at this very moment.
    if (contact === undefined) return;
    await transaction
      .insertInto('contact_keys')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['circle_id', 'member', 'spki_sha256']).doUpdateSet({ seen_at: row.seen_at }),
      )
      .execute();
    const others = (await shownKeys(transaction, { circleId, member })).filter((one) => one.spkiSha256 !== spkiSha256);
    for (const other of others.slice(keysPerContact - 1)) {
      await transaction
        .deleteFrom('contact_keys')
        .where('circle_id', '=', circleId)
        .where('member', '=', member)
        .where('spki_sha256', '=', other.spkiSha256)
        .execute();
    }
  });
}

/** The refused keys of a contact, the latest first. */
export async function shownKeys(database: ConversationDatabase, { circleId, member }: Whose): Promise<ShownKey[]> {
  const rows = await database
    .selectFrom('contact_keys')
    .select(['spki_sha256', 'seen_at'])
    .where('circle_id', '=', circleId)
    .where('member', '=', member)
    .orderBy('seen_at', 'desc')
    .orderBy('spki_sha256')
    .execute();
  return rows.map((row) => ({ spkiSha256: row.spki_sha256, seenAt: new Date(row.seen_at) }));
}

/**
 * Pins a refused key in place of the pinned one; what else was shown is forgotten with it.
 *
 * @returns whether both were what they were said to be: another process may have been faster
 */
export async function trustShownKey(
  database: ConversationDatabase,
  { circleId, member }: Whose,
  keys: { readonly pinned: string; readonly shown: string },
): Promise<boolean> {
  return database.transaction().execute(async (transaction) => {
    const known = await shownKeys(transaction, { circleId, member });
    if (!known.some(({ spkiSha256 }) => spkiSha256 === keys.shown)) return false;
    const { numUpdatedRows } = await transaction
      .updateTable('contacts')
      .set({ spki_sha256: keys.shown })
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .where('spki_sha256', '=', keys.pinned)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await transaction
      .deleteFrom('contact_keys')
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .execute();
    return true;
  });
}
