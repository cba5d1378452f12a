/** Subject alternative names as the ledger keeps them: a JSON list in a text column. */
import { QTChatError } from '../errors.js';
import type { SubjectAltName } from '../pki/subject-alt-name.js';

const types: readonly unknown[] = ['dns', 'ip', 'email', 'uri'];

/**
 * Reads a list of names that {@link JSON.stringify} wrote.
 *
 * @throws {QTChatError} `ERR_LEDGER_DAMAGED` when it is anything else
 */
export function parseNames(text: string): SubjectAltName[] {
  let names: unknown;
  try {
    names = JSON.parse(text);
  } catch {
    names = undefined;
  }
  if (Array.isArray(names) && names.every(isName)) return names;
  throw new QTChatError('ERR_LEDGER_DAMAGED', 'a list of names in the ledger cannot be read', {
    hint: 'Restore ledger.db from a backup',
  });
}

function isName(value: unknown): value is SubjectAltName {
  const name = value as Partial<SubjectAltName> | null;
  return typeof name === 'object' && name !== null && types.includes(name.type) && typeof name.value === 'string';
}
