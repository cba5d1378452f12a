/** The end of the audit log that this home has seen last: `audit-head.json`. A log without it was cut off, or is an old copy. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { explainingWrite } from './file-error.js';
import type { Home } from './home.js';
import { createFolder, readBoundedFile, writeFileSafely } from './private-file.js';

/** The number of an entry and its seal. */
export interface SeenHead {
  readonly sequence: number;
  readonly sha256: Buffer;
}

/** Where it is. */
function auditHeadPath(home: Home): string {
  return join(home.folder, 'audit-head.json');
}

/**
 * Reads it; undefined when this home has not looked yet.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED`
 */
export async function readAuditHead(home: Home): Promise<SeenHead | undefined> {
  const path = auditHeadPath(home);
  let value: { head?: unknown } | null = null;
  try {
    value = JSON.parse((await readBoundedFile(path)).toString('utf8'));
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) return undefined;
    if (isQTChatError(error)) throw error;
  }
  const head = typeof value === 'object' && typeof value?.head === 'string' ? parseHead(value.head) : undefined;
  if (head !== undefined) return head;
  throw new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} does not say which end of the audit log was seen last`, {
    hint: 'Delete it, and compare the audit log with what you know of it yourself',
  });
}

/**
 * Remembers it, in place of the one before.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function writeAuditHead(home: Home, head: SeenHead): Promise<void> {
  await createFolder(home.folder);
  const content = `${JSON.stringify({ head: formatHead(head) })}\n`;
  await writeFileSafely(auditHeadPath(home), content, { mode: 0o600, existing: 'replace' });
}

/** Forgets it, because another log begins. */
export async function forgetAuditHead(home: Home): Promise<void> {
  await explainingWrite(auditHeadPath(home), () => rm(auditHeadPath(home), { force: true }));
}

/** As text: the number, a colon, and the seal in hex. */
export function formatHead({ sequence, sha256 }: SeenHead): string {
  return `${sequence}:${sha256.toString('hex')}`;
}

/** Reads what {@link formatHead} gave; undefined for anything else. */
export function parseHead(text: string): SeenHead | undefined {
  const match = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text);
  if (match === null) return undefined;
  return { sequence: Number(match[1]), sha256: Buffer.from(match[2] ?? '', 'hex') };
}
