/**
 * Transactions that wait for the ledger at the same time share one commit, and so one flush to the disk:
 * many guests cost little more of it than one. Each still succeeds or fails by itself.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { Ledger, LedgerSchema } from './schema.js';

/** What one transaction does. It may run more than once, and nothing but the last time counts. */
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
 * Bodies run one after the other. Where one of a group throws, all of it is undone, and its halves are tried each by
 * itself: savepoints would undo that one alone, but cost every one of them two more statements.
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
  let hasBodyFailed = false;
  try {
    const results = await ledger.transaction().execute(async (transaction) => {
      const done: unknown[] = [];
      for (const { body } of group) {
        done.push(
          await body(transaction).catch((error: unknown) => {
            hasBodyFailed = true;
            throw error;
          }),
        );
      }
      return done;
    });
    // Nobody hears of a success before it is on the disk.
    for (const [index, { resolve }] of group.entries()) resolve(results[index]);
  } catch (error) {
    if (hasBodyFailed && group.length > 1) await commitInHalves(ledger, group);
    else for (const { reject } of group) reject(error);
  }
}

/** One of the group has failed, and nothing of it took place: the others do without it. */
async function commitInHalves(ledger: Ledger, group: readonly Waiting[]): Promise<void> {
  const middle = Math.ceil(group.length / 2);
  await commitTogether(ledger, group.slice(0, middle));
  await commitTogether(ledger, group.slice(middle));
}
