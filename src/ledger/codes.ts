/**
 * Short codes: invites found by a public slot, of which there are a hundred, that serve for three attempts
 * in all. An attempt counts from the moment it begins, and is on disk before it goes on.
 */
import { QTChatError } from '../errors.js';
import { createInvite, findUsableInvite, type Invite, judgeInvite, type NewInvite } from './invites.js';
import { inTransaction, type Ledger } from './open.js';
import { codeAttempts } from './spent-codes.js';

/** How many codes may be open at once. */
export const codeSlots = 100;

/** One attempt, already taken off. */
export interface Attempt {
  /** Undefined when nothing can come of the attempt. */
  readonly invite?: Invite;
  /** Why nothing can come of it, for the log of the host. */
  readonly fault?: string;
  readonly attemptsLeft: number;
}

/**
 * Records an invite that a short code opens.
 *
 * @param invite.psk - the secret digits of the code
 * @returns the slot it got, 0 to 99, any free one with the same probability
 * @throws {QTChatError} as {@link createInvite}, and `ERR_LEDGER_BUSY` when every slot has a usable code
 */
export async function createCode(
  ledger: Ledger,
  invite: Omit<NewInvite, 'kind'>,
  deps: { clock: () => Date; random: (size: number) => Buffer },
): Promise<number> {
  return inTransaction(ledger, async (transaction) => {
    await createInvite(transaction, { ...invite, kind: 'code' }, deps);
    const free = await freeSlots(transaction, deps.clock());
    const slot = free[deps.random(4).readUInt32BE() % Math.max(1, free.length)];
    if (slot === undefined) {
      throw new QTChatError('ERR_LEDGER_BUSY', `all ${codeSlots} short codes are in use`, {
        hint: 'Wait until one has expired, or make an invite without --code',
      });
    }
    const row = { slot, invite_id: invite.id, attempts: 0 };
    await transaction
      .insertInto('code_slot')
      .values(row)
      .onConflict((conflict) => conflict.column('slot').doUpdateSet({ invite_id: row.invite_id, attempts: 0 }))
      .execute();
    return slot;
  });
}

/**
 * Takes one attempt off the code in a slot. When this returns, the attempt is durable.
 *
 * Every slot is counted in, also an empty one: so the time it takes tells nobody which slots have codes.
 */
export async function takeAttempt(ledger: Ledger, slot: number, deps: { clock: () => Date }): Promise<Attempt> {
  return inTransaction(ledger, async (transaction) => {
    const { invite_id, attempts } = await transaction
      .insertInto('code_slot')
      .values({ slot, invite_id: null, attempts: 1 })
      .onConflict((conflict) =>
        conflict.column('slot').doUpdateSet((builder) => ({ attempts: builder('code_slot.attempts', '+', 1) })),
      )
      .returning(['invite_id', 'attempts'])
      .executeTakeFirstOrThrow();
    const attemptsLeft = Math.max(0, codeAttempts - attempts);
    const [id, now] = [invite_id ?? '', deps.clock()];
    const { invite, fault } = await judgeInvite(transaction, id, now);
    if (invite === undefined) return { attemptsLeft, fault };
    if (attempts > codeAttempts) return { attemptsLeft, fault: 'all its attempts are spent' };
    return { attemptsLeft, invite };
  });
}

async function freeSlots(ledger: Ledger, now: Date): Promise<number[]> {
  const rows = await ledger.selectFrom('code_slot').select(['slot', 'invite_id']).execute();
  const taken = new Set<number>();
  for (const { slot, invite_id } of rows) {
    if (invite_id !== null && (await findUsableInvite(ledger, invite_id, now)) !== undefined) taken.add(slot);
  }
  return Array.from({ length: codeSlots }, (_none, slot) => slot).filter((slot) => !taken.has(slot));
}
