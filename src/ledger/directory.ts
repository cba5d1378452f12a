/**
 * The directory: where members say that they listen, for other members. What is said holds for an hour, as long as the
 * certificate does by which it was said. The host may switch the directory off; then it holds nothing.
 */
import { appendAudit } from './audit.js';
import { readFact, writeFact } from './facts.js';
import { inTransaction, type Ledger } from './open.js';

/** How long what a member says holds. */
export const listedMs = 60 * 60_000;
/** A member may listen at so many ports, each at the addresses of one machine. */
const portsPerMember = 4;

/** Where somebody listens. */
export interface ListedAddress {
  /** IP address. */
  readonly host: string;
  readonly port: number;
}

/** One line of the directory. */
export interface DirectoryEntry extends ListedAddress {
  readonly member: string;
  readonly expiresAt: Date;
}

/** What a member says of itself. */
export interface Listing {
  readonly member: string;
  /** Of the certificate by which it is said. */
  readonly serialNumber: string;
  readonly port: number;
  /** IP addresses in order of trial, few; none to be listed no more. */
  readonly hosts: readonly string[];
}

/**
 * Replaces what a member has said about one port.
 *
 * @returns until when that holds; undefined where the directory is off
 */
export async function listAt(
  ledger: Ledger,
  { member, serialNumber, port, hosts }: Listing,
  deps: { clock: () => Date },
): Promise<Date | undefined> {
  return inTransaction(ledger, async (transaction) => {
    if (!(await isDirectoryOn(transaction))) return undefined;
    const now = deps.clock().getTime();
    const expiresAt = now + listedMs;
    await forgetExpired(transaction, now);
    await transaction.deleteFrom('member_address').where('member', '=', member).where('port', '=', port).execute();
    const rows = [...new Set(hosts)].map((host, place) => ({
      ...{ member, host, port, place },
      serial_number: serialNumber,
      expires_at: expiresAt,
    }));
    if (rows.length > 0) await transaction.insertInto('member_address').values(rows).execute();
    await dropOldestPorts(transaction, member);
    return new Date(expiresAt);
  });
}

/** Where a member listens, as it says, the latest said first; nothing where it says nothing or is no member any more. */
export async function addressesOf(ledger: Ledger, member: string, now: Date): Promise<ListedAddress[]> {
  const entries = await directoryEntries(ledger, now, member);
  return entries.map(({ host, port }) => ({ host, port }));
}

/** Everything in the directory that holds at `now`, by name; or that of one member. */
export async function directoryEntries(ledger: Ledger, now: Date, of?: string): Promise<DirectoryEntry[]> {
  let query = ledger
    .selectFrom('member_address')
    .innerJoin('certificate', 'certificate.serial_number', 'member_address.serial_number')
    .select(['member_address.member', 'host', 'port', 'expires_at'])
    .where('expires_at', '>', now.getTime())
    .where('certificate.revoked_at', 'is', null)
    .where('certificate.not_after', '>=', now.getTime())
    .orderBy('member_address.member')
    .orderBy('expires_at', 'desc')
    .orderBy('port')
    .orderBy('place');
  if (of !== undefined) query = query.where('member_address.member', '=', of);
  const rows = await query.execute();
  return rows.map(({ member, host, port, expires_at }) => ({ member, host, port, expiresAt: new Date(expires_at) }));
}

/** Whether the host lets members be listed; it does unless it has switched that off. */
export async function isDirectoryOn(ledger: Ledger): Promise<boolean> {
  return (await readFact(ledger, 'directory')) !== 'off';
}

/** Switches the directory on, or off and forgets what is in it. */
export async function switchDirectory(ledger: Ledger, on: boolean, deps: { clock: () => Date }): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    if ((await isDirectoryOn(transaction)) === on) return;
    const state = on ? 'on' : 'off';
    await writeFact(transaction, 'directory', state);
    await transaction.deleteFrom('member_address').execute();
    await appendAudit(
      transaction,
      { actor: 'autoca directory', event: 'directory.switched', details: { state } },
      deps,
    );
  });
}

/** Forgets what does not hold any more. */
export async function forgetExpired(ledger: Ledger, nowMs: number): Promise<void> {
  await ledger.deleteFrom('member_address').where('expires_at', '<=', nowMs).execute();
}

async function dropOldestPorts(ledger: Ledger, member: string): Promise<void> {
  const ports = await ledger
    .selectFrom('member_address')
    .select(({ fn }) => ['port', fn.max('expires_at').as('expires_at')])
    .where('member', '=', member)
    .groupBy('port')
    .orderBy('expires_at', 'desc')
    .orderBy('port')
    .execute();
  const dropped = ports.slice(portsPerMember).map(({ port }) => port);
  if (dropped.length === 0) return;
  await ledger.deleteFrom('member_address').where('member', '=', member).where('port', 'in', dropped).execute();
}
