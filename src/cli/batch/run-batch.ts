/** `cert issue --batch` from its flags to what it prints. */
import { resolve } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { parseKeyType } from '../../pki/key-type.js';
import { validityDaysCap } from '../../pki/profile.js';
import { invalidDays } from '../../pki/validity.js';
import type { Home } from '../../store/home.js';
import { readBoundedFile, refuseExisting } from '../../store/private-file.js';
import { openCa } from '../ca/open-ca.js';
import type { Deps, Output } from '../deps.js';
import { type BatchEntry, issueBatch, type Progress } from './issue-batch.js';
import { parseBatch } from './read-batch.js';

/** What was typed. */
export interface BatchFlags {
  readonly name: string | undefined;
  /** Path of the table. */
  readonly batch: string;
  readonly out?: string | undefined;
  readonly key: string;
  readonly profile: string;
  readonly days?: number | undefined;
  readonly replace: boolean;
  readonly force: boolean;
  readonly 'ca-password-file'?: string | undefined;
}

/** What `cert issue --batch --json` prints. */
export interface BatchResult {
  readonly folder: string;
  /** By member name. */
  readonly issued: readonly BatchEntry[];
}

/** Where lines of the result go, and those of progress; under `--json` there are none of these. */
interface Voice {
  readonly deps: Deps;
  readonly show: (line: string) => void;
  readonly progress: Output | undefined;
}

/**
 * Issues a batch, and says so.
 *
 * @throws {QTChatError} `ERR_USAGE` for a NAME beside the table; what reading the table, opening the CA and issuing throw
 */
export async function runBatch(home: Home, flags: BatchFlags, { deps, show, progress }: Voice): Promise<BatchResult> {
  if (flags.name !== undefined) {
    throw new QTChatError('ERR_USAGE', `${quote(flags.name)} is one too many: the names stand in the table`);
  }
  if (flags.days !== undefined && flags.days < 1) throw invalidDays(flags.days, validityDaysCap);
  const keyType = parseKeyType(flags.key);
  const rows = await readTable(flags.batch, deps.signal);
  const folder = resolve(flags.out ?? '.');
  if (!flags.force) await refuseExisting([folder]);
  const ca = await openCa(home, { file: flags['ca-password-file'] }, deps);
  const { profile: profileName, days: validityDays, replace, force } = flags;
  const request = { rows, keyType, profileName, validityDays, folder, replace, force };
  const issued = await issueBatch(home, request, ca, deps, progressOf(rows.length, progress));
  show(`Issued ${issued.length} certificates (${keyType}), each with its key, in ${folder}`);
  return { folder, issued };
}

async function readTable(path: string, signal: AbortSignal) {
  const content = await readBoundedFile(path, signal);
  try {
    return parseBatch(content.toString('utf8'));
  } catch (error) {
    if (!isQTChatError(error)) throw error;
    const details = error.hint === undefined ? { cause: error } : { hint: error.hint, cause: error };
    throw new QTChatError(error.code, `${quote(path)}: ${error.message}`, details);
  }
}

/** Counts on the last line of a terminal, at most a hundred times for each; nothing of it stays. */
function progressOf(total: number, stderr: Output | undefined): Progress {
  let shown = 0;
  return (what, done) => {
    if (stderr?.isTTY !== true) return;
    if (done === total) stderr.write('\r\u001b[K');
    else if (Math.abs(done - shown) * 100 >= total) {
      stderr.write(`\r\u001b[K${done} of ${total} ${what}`);
      shown = done;
    }
  };
}
