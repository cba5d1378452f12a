/** `ca backup`: the CA of this home and its ledger, in one file. */
import { auditHead } from '../../ledger/audit.js';
import { exportRows } from '../../ledger/backup.js';
import { migrationSteps } from '../../ledger/migrations/steps.js';
import { inTransaction, type Ledger, openLedger } from '../../ledger/open.js';
import { circleIdOf } from '../../pki/circle.js';
import { rootCertificate } from '../../pki/issuer.js';
import { formatHead } from '../../store/audit-head.js';
import { readCaFiles } from '../../store/backed-up-files.js';
import { type BackedUpFile, type BackedUpRows, writeBackup } from '../../store/backup-file.js';
import { caKeyIsEncrypted, loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { refuseExisting } from '../../store/private-file.js';
import { type BusyDeps, type BusySign, whileBusy } from '../busy.js';
import type { Deps } from '../deps.js';

/** A backup just written. */
export interface WrittenBackup {
  readonly createdAt: Date;
  /** How many entries its audit log has. */
  readonly entries: number;
  /** Whether a password protects the CA key in it. */
  readonly encrypted: boolean;
  /** Where the file is now that stood there before. */
  readonly oldFile?: string;
}

/**
 * Writes the CA's keys and certificates, the user's profiles and the ledger as they are at one moment.
 *
 * Keys stay as they are, with their passwords. Identities, contacts and history are not in it, and nothing
 * of an invite that could be used.
 *
 * @param options.force - a file that stands at `path` is kept as `.bak`
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_STORE_EXISTS` unless `force`, `ERR_STORE_UNWRITABLE`
 */
export async function backUpCa(
  home: Home,
  path: string,
  options: { force: boolean },
  deps: BusyDeps & Pick<Deps, 'clock'>,
): Promise<WrittenBackup> {
  const chain = await loadCaChain(home);
  const encrypted = await caKeyIsEncrypted(home);
  if (!options.force) await refuseExisting([path]);
  const ledger = await openLedger(home);
  try {
    return await inTransaction(ledger, async (transaction) => {
      const head = await auditHead(transaction);
      const createdAt = deps.clock();
      const header = {
        tables: migrationSteps.length,
        createdAt: createdAt.toISOString(),
        circleId: circleIdOf(rootCertificate({ chain })),
        head: head === undefined ? null : formatHead(head),
      };
      const existing = options.force ? 'backup' : 'refuse';
      const oldFile = await whileBusy('Writing the backup', deps, (busy) =>
        writeBackup(path, header, recordsOf(home, transaction, busy), existing),
      );
      return { createdAt, entries: head?.sequence ?? 0, encrypted, ...(oldFile !== undefined && { oldFile }) };
    });
  } finally {
    await ledger.destroy();
  }
}

async function* recordsOf(home: Home, ledger: Ledger, busy: BusySign): AsyncGenerator<BackedUpFile | BackedUpRows> {
  yield* readCaFiles(home);
  let done = 0;
  for await (const { table, rows } of exportRows(ledger)) {
    yield { table, rows: [...rows] };
    done += rows.length;
    busy.report({ label: 'Writing the backup, entries:', done });
  }
}
