/** Fetches the circle's revocation list from the Auto CA and keeps it, unless it is older than the one known. */
import { QTChatError } from '../errors.js';
import { crlIssuerOf, keepCrl } from '../store/crl.js';
import type { Home } from '../store/home.js';
import type { Identity } from '../store/identities.js';
import { askAutoCa } from './members-client.js';
import { crlLimitBytes, memberPaths } from './members-wire.js';

/**
 * Fetches it.
 *
 * @returns whether it was news
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND` when no Auto CA is known, what `askAutoCa` and `keepCrl` throw
 */
export async function fetchCrl(home: Home, identity: Identity, signal?: AbortSignal): Promise<boolean> {
  if (identity.autoCa === undefined) throw new QTChatError('ERR_STORE_NOT_FOUND', 'no Auto CA is known');
  const question = { method: 'GET', path: memberPaths.crl, limitBytes: crlLimitBytes } as const;
  const { body } = await askAutoCa(identity.autoCa, question, identity, signal);
  return keepCrl(home, identity.circleId, body, crlIssuerOf(identity));
}
