/** Reads certificate profiles from `templates/`. What a profile may say is decided in pki. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QTChatError, quote } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { type Profile, parseProfile } from '../pki/profile.js';

/**
 * The profile `templates/<name>.json`.
 *
 * @throws {QTChatError} `ERR_PKI_TEMPLATE_INVALID` when it is missing, not JSON, or says what no profile may
 */
export async function loadProfile(name: 'peer' = 'peer'): Promise<Profile> {
  const path = join(packageRoot(), 'templates', `${name}.json`);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new QTChatError('ERR_PKI_TEMPLATE_INVALID', `cannot read the profile ${quote(path)}`, {
      hint: 'Install qtchat again',
      cause: error,
    });
  }
  return parseProfile(value);
}
