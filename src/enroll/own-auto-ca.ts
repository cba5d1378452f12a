/** Where the Auto CA of an identity serves members: in the home of the CA itself, or where the identity came from. */
import { isQTChatError } from '../errors.js';
import { loadCaChain } from '../store/ca.js';
import type { Home } from '../store/home.js';
import type { PublicIdentity } from '../store/identities.js';
import { readAutoCaRecord } from './autoca-record.js';

/**
 * The identity with the place of its Auto CA, as far as it is known.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED`, `ERR_STORE_PERMISSIONS`
 */
export async function withAutoCa<Known extends PublicIdentity>(home: Home, identity: Known): Promise<Known> {
  const { addresses, membersPort, hasRun } = await readAutoCaRecord(home);
  if (!hasRun || membersPort === undefined || !(await isCaOf(home, identity))) return identity;
  return { ...identity, autoCa: { addresses, port: membersPort } };
}

async function isCaOf(home: Home, { trustAnchor }: PublicIdentity): Promise<boolean> {
  try {
    return (await loadCaChain(home)).at(-1)?.raw.equals(trustAnchor.raw) ?? false;
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NO_CA')) return false;
    throw error;
  }
}
