/** Moves the ledger of a home from its file to a database server, or joins the one that is there already. */
import { QTChatError, quote } from '../errors.js';
import { type DatabaseSetting, readDatabaseSetting, writeDatabaseSetting } from '../store/database-setting.js';
import { type Home, ledgerPath } from '../store/home.js';
import { exists } from '../store/private-file.js';
import { auditHead, containsHead } from './audit.js';
import { claimLedger } from './facts.js';
import { findServer } from './location.js';
import { inTransaction, openLedgerAt } from './open.js';
import type { Ledger } from './schema.js';
import { refuseEntries } from './sqlite-dialect.js';
import { copyLedger } from './tables.js';

/** What {@link useDatabase} did: nothing was to be moved, everything was moved, or the server knew it all. */
export type DatabaseUse = 'used' | 'moved' | 'joined';

/**
 * Makes a database server hold the ledger of a home from now on; all commands of the home follow.
 *
 * What the home's own file holds is copied to the server when nothing is recorded there. When the
 * server's ledger goes on where the file ends, the file is left behind. It stays, and takes no entries any more.
 *
 * @param setting - where the server is; a password that the home's surroundings give comes before its file
 * @param circleId - whose ledger it is
 * @throws {QTChatError} `ERR_STORE_EXISTS` when the server holds another circle's ledger, or one that went another
 *   way; `ERR_USAGE` when the ledger is on another server already; what opening a ledger throws
 */
export async function useDatabase(home: Home, setting: DatabaseSetting, circleId: string): Promise<DatabaseUse> {
  const { url } = setting;
  const former = await readDatabaseSetting(home);
  if (former !== undefined && former.url !== url) throw elsewhere(former.url);
  const server = await openLedgerAt({ type: 'postgres', server: await findServer(home, setting) });
  try {
    await claimLedger(server, circleId);
    const path = ledgerPath(home);
    if (former !== undefined || !(await exists(path))) {
      await writeDatabaseSetting(home, setting);
      return 'used';
    }
    const file = await openLedgerAt({ type: 'sqlite', path });
    try {
      // The file is locked until everything, the setting too, is in its new place.
      return await inTransaction(file, async (from) => {
        await claimLedger(from, circleId);
        const use = await inTransaction(server, (to) => moveOrJoin(from, to, url));
        await refuseEntries(from, 'the ledger has moved to a database server');
        await writeDatabaseSetting(home, setting);
        return use;
      });
    } finally {
      await file.destroy();
    }
  } finally {
    await server.destroy();
  }
}

async function moveOrJoin(from: Ledger, to: Ledger, url: string): Promise<DatabaseUse> {
  const head = await auditHead(from);
  if (head === undefined) return 'used';
  if ((await auditHead(to)) === undefined) {
    await to.deleteFrom('fact').execute(); // the file brings them along
    await copyLedger(from, to);
    return 'moved';
  }
  if (await containsHead(to, head)) return 'joined';
  throw new QTChatError('ERR_STORE_EXISTS', `${quote(url)} holds a ledger that does not go on where this home's ends`, {
    hint: 'Name an empty database, or restore a backup of the ledger that is to be kept',
  });
}

function elsewhere(url: string): QTChatError {
  return new QTChatError('ERR_USAGE', `the ledger of this home is on another server already: ${quote(url)}`, {
    hint: 'To move it, qtchat ca backup here, and qtchat ca restore in a new home',
  });
}
