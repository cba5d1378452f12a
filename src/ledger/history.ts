/** What the ledger must hold if its audit log is true, and where it holds something else. */
import type { AuditEntry } from './audit.js';
import { certificateDigest, crlDigest, inviteDigest } from './row-digest.js';
import type { Ledger, LedgerSchema } from './schema.js';
import { readTable, type TableName } from './tables.js';

interface LoggedCertificate {
  readonly digest: string | undefined;
  revokedFor?: string | undefined;
  isThere: boolean;
}

/** Gathers what the entries of the log say, then compares the tables with it. */
export class LedgerHistory {
  readonly #certificates = new Map<string, LoggedCertificate>();
  readonly #lists = new Map<number, string | undefined>();
  readonly #invites = new Map<string, { readonly digest: string | undefined; hasEnded: boolean }>();
  readonly #abandoned = new Set<string>();
  readonly #admins = new Set<string>();

  /** Takes the next entry of the log. */
  add({ event, details }: AuditEntry): void {
    const { serialNumber = '', id = '', digest, reason } = details;
    const certificate = this.#certificates.get(serialNumber);
    const invite = this.#invites.get(id);
    if (event === 'certificate.issued' || event === 'certificate.imported') {
      this.#certificates.set(serialNumber, { digest, revokedFor: reason, isThere: false });
    } else if (event === 'certificate.revoked' && certificate !== undefined) certificate.revokedFor ??= reason;
    else if (event === 'certificate.abandoned') this.#abandoned.add(serialNumber);
    else if (event === 'admin.granted') this.#admins.add(serialNumber);
    else if (event === 'admin.withdrawn') this.#admins.delete(serialNumber);
    else if (event === 'crl.issued') this.#lists.set(Number(details.number), digest);
    else if (event === 'invite.created') this.#invites.set(id, { digest, hasEnded: false });
    else if ((event === 'invite.completed' || event === 'invite.withdrawn') && invite) invite.hasEnded = true;
  }

  /** One sentence for each difference between the tables and the log. */
  async compare(ledger: Ledger): Promise<string[]> {
    const faults: string[] = [];
    const tell = (fault: string | undefined): void => {
      if (fault !== undefined) faults.push(fault);
    };
    await forEachRow(ledger, 'certificate', (row) => tell(this.#judgeCertificate(row)));
    await forEachRow(ledger, 'invite', (row) => tell(this.#judgeInvite(row)));
    let newest = 0;
    await forEachRow(ledger, 'crl', (row) => {
      newest = Math.max(newest, row.number);
      tell(this.#judgeList(row));
    });
    const admins = new Set<string>();
    await forEachRow(ledger, 'admin', ({ serial_number }) => {
      admins.add(serial_number);
      if (!this.#admins.has(serial_number)) tell(`the holder of ${serial_number} was made an admin without an entry`);
    });
    for (const serialNumber of this.#admins) {
      if (!admins.has(serialNumber)) tell(`the holder of ${serialNumber} was unmade an admin without an entry`);
    }
    for (const [serialNumber, { isThere }] of this.#certificates) {
      if (!isThere) tell(`the certificate ${serialNumber} was removed`);
    }
    const last = Math.max(0, ...this.#lists.keys());
    if (last > newest) tell(`the revocation list ${last} was removed`);
    return faults;
  }

  #judgeCertificate(row: LedgerSchema['certificate']): string | undefined {
    const name = `the certificate ${row.serial_number}`;
    if (row.state === 'reserved') {
      if (this.#certificates.has(row.serial_number)) return `${name} was issued, and reads as if it was not`;
      // One that nobody has given up yet has no entry.
      if (row.revoked_at === null) return undefined;
      return this.#abandoned.has(row.serial_number) ? undefined : `${name} was given up without an entry in the log`;
    }
    const logged = this.#certificates.get(row.serial_number);
    if (logged === undefined) return `${name} (${row.member}) has no entry in the log`;
    logged.isThere = true;
    if (logged.digest !== certificateDigest(row)) return `${name} (${row.member}) was changed`;
    const reason = row.revocation_reason ?? undefined;
    if (row.revoked_at === null && logged.revokedFor !== undefined) return `the revocation of ${name} was taken back`;
    if (row.revoked_at !== null && logged.revokedFor === undefined) return `${name} was revoked without an entry`;
    return logged.revokedFor === reason ? undefined : `the reason for which ${name} was revoked was changed`;
  }

  #judgeInvite(row: LedgerSchema['invite']): string | undefined {
    const name = `the invite ${row.id} (${row.member})`;
    const logged = this.#invites.get(row.id);
    if (logged === undefined) return `${name} has no entry in the log`;
    if (logged.digest !== inviteDigest(row)) return `${name} was changed`;
    const isUsable = row.state !== 'done' && row.psk.length > 0;
    return logged.hasEnded && isUsable ? `${name} had ended, and was opened again` : undefined;
  }

  #judgeList(row: LedgerSchema['crl']): string | undefined {
    if (row.content.length === 0) return undefined; // reserved, and never signed
    if (!this.#lists.has(row.number)) return `the revocation list ${row.number} has no entry in the log`;
    const isSame = this.#lists.get(row.number) === crlDigest(row.content);
    return isSame ? undefined : `the revocation list ${row.number} was changed`;
  }
}

async function forEachRow<Table extends TableName>(
  ledger: Ledger,
  table: Table,
  judge: (row: LedgerSchema[Table]) => void,
): Promise<void> {
  for await (const rows of readTable(ledger, table)) {
    for (const row of rows) judge(row as unknown as LedgerSchema[Table]);
  }
}
