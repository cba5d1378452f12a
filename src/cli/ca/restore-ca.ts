/** `ca restore`: the CA of a backup becomes the CA of this home, and its ledger goes on. */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { containsHead } from '../../ledger/audit.js';
import { goOnFromBackup, importRows } from '../../ledger/backup.js';
import { claimLedger } from '../../ledger/facts.js';
import { findServer } from '../../ledger/location.js';
import { beginAnew, type Ledger, openLedgerAt } from '../../ledger/open.js';
import { retireLedger } from '../../ledger/retire.js';
import { verifyAudit } from '../../ledger/verify-audit.js';
import { circleIdOf } from '../../pki/circle.js';
import { rootCertificate } from '../../pki/issuer.js';
import { parseHead } from '../../store/audit-head.js';
import { chainOf, placeCaFiles } from '../../store/backed-up-files.js';
import { type Backup, openBackup } from '../../store/backup-file.js';
import { refuseExistingCa } from '../../store/ca.js';
import { type DatabaseSetting, writeDatabaseSetting } from '../../store/database-setting.js';
import type { Home } from '../../store/home.js';
import { type BusyDeps, type BusySign, whileBusy } from '../busy.js';
import type { Deps } from '../deps.js';

/** What came of it. */
export interface RestoredCa {
  /** The issuing certificate first, the root last. */
  readonly chain: readonly X509Certificate[];
  readonly createdAt: Date;
  /** The ledger is the one on the database server, which went on since; nothing of it was taken from the backup. */
  readonly joined: boolean;
  /** How many open invites ended. */
  readonly endedInvites: number;
  /** Where a ledger is now that stood here without a CA. */
  readonly oldLedger?: string;
}

/**
 * Restores a backup into a home without a CA, all of it or nothing.
 *
 * @param server - the database server that holds this very ledger: it is used as it is
 * @throws {QTChatError} `ERR_STORE_EXISTS` when the home has a CA, or the server another ledger;
 *   `ERR_STORE_DAMAGED` and `ERR_LEDGER_DAMAGED` when the backup is not whole or was tampered with; what
 *   reading it and opening a ledger throw
 */
export async function restoreCa(
  home: Home,
  path: string,
  server: DatabaseSetting | undefined,
  deps: BusyDeps & Pick<Deps, 'clock' | 'signal'>,
): Promise<RestoredCa> {
  await refuseExistingCa(home).catch((error: unknown) => {
    if (!isQTChatError(error, 'ERR_STORE_EXISTS')) throw error;
    // There is no --force: a CA in use is never put aside for an older state of one.
    throw new QTChatError(error.code, error.message, {
      hint: 'Restore into a home without a CA: --home DIR',
      cause: error,
    });
  });
  const backup = await whileBusy('Reading the backup', deps, () => openBackup(path, deps.signal));
  const chain = chainOf(backup.files, home);
  const circleId = circleIdOf(rootCertificate({ chain }));
  if (circleId !== backup.header.circleId) {
    throw new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} holds the root of another circle than it says`, {
      hint: 'Take another copy of it',
    });
  }
  const result = { chain, createdAt: new Date(backup.header.createdAt), joined: server !== undefined };
  if (server !== undefined) {
    await refuseOtherLedger(home, server, backup, circleId);
    await placeCaFiles(home, backup.files, () => writeDatabaseSetting(home, server));
    return { ...result, endedInvites: 0 };
  }
  let endedInvites = 0;
  let oldLedger: string | undefined;
  await placeCaFiles(home, backup.files, async () => {
    oldLedger = await retireLedger(home, async (ledger) => {
      endedInvites = await whileBusy('Filling the ledger', deps, (busy) =>
        fillLedger(ledger, backup, { chain, busy }, deps),
      );
    });
  });
  return { ...result, endedInvites, ...(oldLedger !== undefined && { oldLedger }) };
}

async function fillLedger(
  ledger: Ledger,
  backup: Backup,
  { chain, busy }: { readonly chain: readonly X509Certificate[]; readonly busy: BusySign },
  deps: { clock: () => Date },
): Promise<number> {
  const { tables, createdAt, head } = backup.header;
  await beginAnew(ledger, tables, () => importRows(ledger, counted(backup.rows(), busy)));
  const known = head === null ? undefined : parseHead(head);
  const { faults, head: end } = await verifyAudit(
    ledger,
    { chain },
    known === undefined ? [] : [known],
    (done, total) => busy.report({ label: 'Checking the audit log', done, total }),
  );
  const [fault] = end?.sequence === known?.sequence ? faults : ['its audit log does not end where it says'];
  if (fault !== undefined) {
    throw new QTChatError('ERR_LEDGER_DAMAGED', `the ledger in the backup was tampered with: ${fault}`, {
      hint: 'Take another backup',
    });
  }
  return goOnFromBackup(ledger, { createdAt, entries: String(end?.sequence ?? 0) }, deps);
}

async function* counted<Records extends { readonly rows: readonly object[] }>(
  records: AsyncIterable<Records>,
  busy: BusySign,
): AsyncGenerator<Records> {
  let done = 0;
  for await (const one of records) {
    yield one;
    done += one.rows.length;
    busy.report({ label: 'Filling the ledger, entries:', done });
  }
}

async function refuseOtherLedger(home: Home, server: DatabaseSetting, backup: Backup, circleId: string): Promise<void> {
  const head = backup.header.head === null ? undefined : parseHead(backup.header.head);
  const ledger = await openLedgerAt({ type: 'postgres', server: await findServer(home, server) });
  try {
    if (head === undefined || !(await containsHead(ledger, head))) {
      throw new QTChatError('ERR_STORE_EXISTS', `${quote(server.url)} does not hold the ledger of this backup`, {
        hint: 'Restore without --database, then move the ledger with qtchat autoca serve --database',
      });
    }
    await claimLedger(ledger, circleId);
  } finally {
    await ledger.destroy();
  }
}
