/**
 * Transactions that wait for the ledger at the same time share one commit, and so one flush to the disk:
 * many guests cost little more of it than one. Each still succeeds or fails by itself.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import type { Ledger, LedgerSchema } from './schema.js';

/** What one transaction does. */
export type TransactionBody<Result> = (transaction: Transaction<LedgerSchema>) => Promise<Result>;

interface Waiting {
  readonly body: TransactionBody<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Bounds how much is lost when a commit fails, and how long the first of a group waits for the last. */
const groupLimit = 64;

/**
 * How long after a commit of several the next one waits for more to join (PostgreSQL calls it commit_delay). A commit to
 * SQLite holds this thread, one to PostgreSQL a round trip: under load the groups grow instead. Where the last one to
 * write was alone, nobody waits.
 */
const commitDelayMs = 5;

interface Queue {
  readonly waiting: Waiting[];
  isDraining: boolean;
  /** When the last group was committed, by performance.now(), and how many were in it. */
  lastAt: number;
  lastSize: number;
}

const queues = new WeakMap<Ledger, Queue>();

/**
 * Runs `body` in a transaction that is committed when this resolves.
 *
 * Bodies run one after the other; what one of them throws undoes what it did, and nothing else.
 *
 * @throws what `body` throws; what the database throws, then for all that were to be committed together
 */
export async function committed<Result>(ledger: Ledger, body: TransactionBody<Result>): Promise<Result> {
  const result = new Promise<unknown>((resolve, reject) => {
    const queue = queues.get(ledger) ?? { waiting: [], isDraining: false, lastAt: 0, lastSize: 0 };
    queues.set(ledger, queue);
    queue.waiting.push({ body, resolve, reject });
    if (!queue.isDraining) void drain(ledger, queue);
  });
  return (await result) as Result;
}

async function drain(ledger: Ledger, queue: Queue): Promise<void> {
  const { waiting } = queue;
  queue.isDraining = true;
  while (waiting.length > 0) {
    // SQLite holds this thread while it writes: what has arrived meanwhile is heard first, and joins.
    await setImmediate();
    const earlyMs = queue.lastAt + commitDelayMs - performance.now();
    const isBusy = waiting.length > 1 || queue.lastSize > 1;
    if (isBusy && earlyMs > 0 && waiting.length < groupLimit) await setTimeout(earlyMs);
    const group = waiting.splice(0, groupLimit);
    await commitTogether(ledger, group);
    queue.lastAt = performance.now();
    queue.lastSize = group.length;
  }
  queue.isDraining = false;
}

async function commitTogether(ledger: Ledger, group: readonly Waiting[]): Promise<void> {
  let outcomes: (() => void)[];
  try {
    outcomes = await ledger.transaction().execute(async (transaction) => {
      const done: (() => void)[] = [];
      for (const one of group) done.push(await outcomeOf(one, transaction, group.length === 1));
      return done;
    });
  } catch (error) {
    outcomes = group.map(
      ({ reject }) =>
        () =>
          reject(error),
    );
  }
  // Nobody hears of a success before it is on the disk.
  for (const tell of outcomes) tell();
}

async function outcomeOf(
  { body, resolve, reject }: Waiting,
  transaction: Transaction<LedgerSchema>,
  isAlone: boolean,
): Promise<() => void> {
  if (isAlone) {
    const result = await body(transaction);
    return () => resolve(result);
  }
  await sql`savepoint one_of_a_group`.execute(transaction);
  try {
    const result = await body(transaction);
    await sql`release savepoint one_of_a_group`.execute(transaction);
    return () => resolve(result);
  } catch (error) {
    // Where the database has given up the whole transaction by itself, nothing of the group is committed.
    await sql`rollback to savepoint one_of_a_group`.execute(transaction).catch(() => {
      throw error;
    });
    await sql`release savepoint one_of_a_group`.execute(transaction);
    return () => reject(error);
  }
}
