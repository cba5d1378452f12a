/**
 * Guests that wait for the host's approval. A request lives as long as the server that holds the guest's
 * connection says so, ten minutes at most; an approved one becomes an invite under the same id. Strangers
 * make requests, so only what the host decides enters the audit log.
 */
import { QTChatError, quote } from '../errors.js';
import { appendAudit } from './audit.js';
import { createInvite, findUsableInvite, isIdPart, type NewInvite } from './invites.js';
import { withdrawInvite } from './issue-member-certificate.js';
import { inTransaction, type Ledger } from './open.js';
import type { LedgerSchema } from './schema.js';

/** How many may wait at once. */
export const requestLimit = 20;

/** A request whose server was silent for so long is gone with it. */
export const requestSilenceMs = 30_000;

/** A request as the ledger holds it. */
export interface JoinRequest {
  /** 16 lower-case hex digits. */
  readonly id: string;
  /** The guest's IP address. */
  readonly address: string;
  /** Four, with a space between: what the guest's screen shows too, if nobody stands in between. */
  readonly words: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** What the host has said. */
export type Decision = LedgerSchema['request']['state'];

/**
 * Records a guest that waits.
 *
 * @throws {QTChatError} `ERR_ENROLL_BUSY` when {@link requestLimit} wait already
 */
export async function recordRequest(
  ledger: Ledger,
  request: Pick<JoinRequest, 'id' | 'address' | 'words' | 'expiresAt'>,
  deps: { clock: () => Date },
): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    const now = deps.clock();
    await forgetGoneRequests(transaction, now);
    if ((await listRequests(transaction, now)).length >= requestLimit) {
      throw new QTChatError('ERR_ENROLL_BUSY', `${requestLimit} requests wait for approval already`);
    }
    await transaction
      .insertInto('request')
      .values({
        id: request.id,
        address: request.address,
        words: request.words,
        state: 'waiting',
        created_at: now.getTime(),
        expires_at: request.expiresAt.getTime(),
        seen_at: now.getTime(),
      })
      .execute();
  });
}

/** The requests that wait for the host, oldest first. */
export async function listRequests(ledger: Ledger, now: Date): Promise<JoinRequest[]> {
  const rows = await waitingRequests(ledger, now).selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map(requestFrom);
}

/** What the host has said of each of these requests; nothing of those that are no more. */
export async function decisionsOn(ledger: Ledger, ids: readonly string[]): Promise<Map<string, Decision>> {
  const rows = await ledger.selectFrom('request').select(['id', 'state']).where('id', 'in', ids).execute();
  return new Map(rows.map(({ id, state }) => [id, state]));
}

/** Says that the guests of these requests are still there. */
export async function keepWaiting(ledger: Ledger, ids: readonly string[], now: Date): Promise<void> {
  await ledger.updateTable('request').set({ seen_at: now.getTime() }).where('id', 'in', ids).execute();
}

/**
 * Approves a request: its guest gets what the invite says.
 *
 * @param id - of the request, or enough of its beginning
 * @param words - as the guest reads them, normalized
 * @returns the id in full
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND`, `ERR_ENROLL_TAMPERED` for other words, `ERR_LEDGER_NAME_TAKEN`
 */
export async function approveRequest(
  ledger: Ledger,
  id: string,
  words: string,
  invite: Pick<NewInvite, 'member' | 'names' | 'validityDays' | 'replace'>,
  deps: { clock: () => Date },
): Promise<string> {
  return inTransaction(ledger, async (transaction) => {
    const request = await findRequest(transaction, id, deps.clock());
    if (request.words !== words) {
      throw new QTChatError('ERR_ENROLL_TAMPERED', `the guest of request ${request.id} does not see these words`, {
        hint: 'If the guest reads them so, somebody stands in between: deny the request. Nothing was approved',
      });
    }
    const by = 'autoca approve';
    const approved = { ...invite, id: request.id, kind: 'approval', psk: Buffer.alloc(0), by } as const;
    await createInvite(transaction, { ...approved, expiresAt: request.expiresAt }, deps);
    await decide(transaction, request.id, 'approved');
    const details = { id: request.id, address: request.address, member: invite.member };
    await appendAudit(transaction, { actor: by, event: 'request.approved', details }, deps);
    return request.id;
  });
}

/**
 * Declines a request.
 *
 * @param id - as in {@link approveRequest}
 * @returns the id in full
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND`
 */
export async function denyRequest(ledger: Ledger, id: string, deps: { clock: () => Date }): Promise<string> {
  return inTransaction(ledger, async (transaction) => {
    const request = await findRequest(transaction, id, deps.clock());
    await decide(transaction, request.id, 'denied');
    const details = { id: request.id, address: request.address };
    await appendAudit(transaction, { actor: 'autoca deny', event: 'request.denied', details }, deps);
    return request.id;
  });
}

/**
 * Forgets a request whose guest has left; what was approved for it and not yet answered ends too.
 *
 * @returns whether the guest has left before it was denied or answered
 */
export async function endRequest(ledger: Ledger, id: string, deps: { clock: () => Date }): Promise<boolean> {
  return inTransaction(ledger, async (transaction) => {
    const decision = (await decisionsOn(transaction, [id])).get(id);
    await transaction.deleteFrom('request').where('id', '=', id).execute();
    const invite = await findUsableInvite(transaction, id, deps.clock());
    const isOpen = invite?.state === 'open';
    if (isOpen) await withdrawInvite(transaction, id, 'autoca serve', deps);
    return isOpen || decision === 'waiting';
  });
}

async function findRequest(ledger: Ledger, id: string, now: Date): Promise<JoinRequest> {
  const rows = isIdPart(id)
    ? await waitingRequests(ledger, now).selectAll().where('id', 'like', `${id}%`).execute()
    : [];
  const [row, ...others] = rows;
  if (row !== undefined && others.length === 0) return requestFrom(row);
  const what = row === undefined ? 'no request that waits is' : 'several requests that wait are';
  throw new QTChatError('ERR_LEDGER_NOT_FOUND', `${what} called ${quote(id)}`, { hint: 'See qtchat autoca requests' });
}

async function decide(ledger: Ledger, id: string, state: Decision): Promise<void> {
  await ledger.updateTable('request').set({ state }).where('id', '=', id).execute();
}

/** Forgets requests whose servers were silent for {@link requestSilenceMs}. */
export async function forgetGoneRequests(ledger: Ledger, now: Date): Promise<void> {
  const silentSince = now.getTime() - requestSilenceMs;
  await ledger.deleteFrom('request').where('seen_at', '<=', silentSince).execute();
}

/** A query for the requests that wait for the host, and whose guests are still there. */
export function waitingRequests(ledger: Ledger, now: Date) {
  return ledger
    .selectFrom('request')
    .where('state', '=', 'waiting')
    .where('expires_at', '>', now.getTime())
    .where('seen_at', '>', now.getTime() - requestSilenceMs);
}

function requestFrom(row: LedgerSchema['request']): JoinRequest {
  return {
    id: row.id,
    address: row.address,
    words: row.words,
    createdAt: new Date(row.created_at),
    expiresAt: new Date(row.expires_at),
  };
}
