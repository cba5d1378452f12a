/** Makes the credentials by which a client of EST gets its first certificate. Needs no CA key. */
import { isIPv6 } from 'node:net';
import { readAutoCaRecord } from '../../enroll/autoca-record.js';
import { drawEstPassword, estKey, estRoot } from '../../enroll/est.js';
import { defaultMembersPort } from '../../enroll/members-wire.js';
import { createInvite } from '../../ledger/invites.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import type { Deps } from '../deps.js';
import { type InviteRequest, type MadeInvite, newId } from './make-invite.js';
import { withLedger } from './with-ledger.js';

/** What the client has to be told. */
export interface MadeCredentials extends MadeInvite {
  readonly username: string;
  /** 128 random bits; the ledger keeps a digest of it. */
  readonly password: string;
  /** By the first of the Auto CA's addresses. */
  readonly url: string;
}

/**
 * Makes credentials that serve once.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_LEDGER_NAME_TAKEN`
 */
export async function makeCredentials(
  home: Home,
  request: InviteRequest,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<MadeCredentials> {
  await loadCaChain(home); // without a CA no ledger is to appear
  const { addresses, membersPort = defaultMembersPort, hasRun } = await readAutoCaRecord(home);
  const id = newId(deps);
  const password = drawEstPassword(deps.random);
  const invite = { ...request, id, kind: 'est', psk: estKey({ id, password }) } as const;
  await withLedger(home, (ledger) => createInvite(ledger, invite, deps));
  const [address = 'localhost'] = addresses;
  const url = `https://${isIPv6(address) ? `[${address}]` : address}:${membersPort}${estRoot}`;
  return { username: id, password, url, id, addresses, port: membersPort, hasRun };
}
