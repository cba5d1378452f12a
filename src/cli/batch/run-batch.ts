/** `cert issue --batch` from its flags to what it prints. */
import { resolve } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { parseKeyType } from '../../pki/key-type.js';
import { validityDaysCap } from '../../pki/profile.js';
import { invalidDays } from '../../pki/validity.js';
import type { Home } from '../../store/home.js';
import { readBoundedFile, refuseExisting } from '../../store/private-file.js';
import { whileBusy } from '../busy.js';
import { openCa } from '../ca/open-ca.js';
import type { Deps } from '../deps.js';
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

const labels = { keys: 'Making keys', certificates: 'Issuing certificates' } as const;

/**
 * Issues a batch, and says so.
 *
 * @param show - takes the line of the result
 * @throws {QTChatError} `ERR_USAGE` for a NAME beside the table; what reading the table, opening the CA and issuing throw
 */
export async function runBatch(
  home: Home,
  flags: BatchFlags,
  deps: Deps,
  show: (line: string) => void,
): Promise<BatchResult> {
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
  const issued = await whileBusy(labels.keys, deps, (busy) => {
    const progress: Progress = (what, done) => busy.report({ label: labels[what], done, total: rows.length });
    return issueBatch(home, request, ca, deps, progress);
  });
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
