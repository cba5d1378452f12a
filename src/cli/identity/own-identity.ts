/** What a member does with its own certificate, at the Auto CA that issued it: `identity renew` and `identity revoke`. */
import { parseAddress } from '../../conversation/resolve-who.js';
import { askAutoCa } from '../../enroll/members-client.js';
import {
  defaultMembersPort,
  formatBody,
  memberAnswerLimitBytes,
  memberPaths,
  parseMemberAnswer,
} from '../../enroll/members-wire.js';
import { withAutoCa } from '../../enroll/own-auto-ca.js';
import { takeOwnKey } from '../../enroll/own-key.js';
import { rekeyIdentity, renewIdentity } from '../../enroll/renew-identity.js';
import { isQTChatError, QTChatError } from '../../errors.js';
import type { RevocationReason } from '../../pki/revocation-reason.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import type { Identity } from '../../store/identities.js';
import { listRunning } from '../../store/running.js';
import { type BusyDeps, whileBusy } from '../busy.js';
import type { Deps } from '../deps.js';

/** Whose certificate, and where. */
export interface OwnRequest {
  /** As whom. */
  readonly identity: Identity;
  /** `HOST[:PORT]` of the Auto CA's port for members, where the home does not know it. */
  readonly server?: string | undefined;
  /** Make a new key, too. */
  readonly newKey?: boolean;
}

/**
 * Renews an identity of this home; a key that the host has made is replaced at the same time.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND` when the Auto CA is not known, `ERR_USAGE` for the server, what renewing throws
 */
export async function renewOwn(
  home: Home,
  request: OwnRequest,
  deps: Pick<Deps, 'clock' | 'signal'>,
): Promise<Identity> {
  const identity = await identityAt(home, request);
  if (request.newKey) {
    await refuseWhileRunning(home);
    return rekeyIdentity(home, identity, deps);
  }
  const { identity: own, trouble } = await takeOwnKey(home, identity, deps);
  if (trouble !== undefined) throw trouble;
  // Whose key was replaced has a new certificate already.
  return own === identity ? renewIdentity(home, identity, deps) : own;
}

/**
 * Has the Auto CA revoke the certificate of an identity. The identity stays in the home, of no use to anybody.
 *
 * @throws {QTChatError} as {@link renewOwn}
 */
export async function revokeOwn(
  home: Home,
  request: OwnRequest & { readonly confirm: (question: string) => Promise<void> },
  reason: RevocationReason,
  deps: BusyDeps & Pick<Deps, 'signal'>,
): Promise<{ member: string; serialNumber: string }> {
  const identity = await identityAt(home, request);
  const question = {
    method: 'POST',
    path: memberPaths.revoke,
    body: formatBody({ reason }),
    limitBytes: memberAnswerLimitBytes,
  } as const;
  await request.confirm(`Revoke the certificate of ${identity.member}? It cannot be taken back`);
  const place = identity.autoCa ?? { addresses: [], port: 0 };
  const asking = () => askAutoCa(place, question, identity, deps.signal);
  const { body } = await whileBusy('Asking the Auto CA', deps, asking);
  return parseMemberAnswer(body);
}

async function identityAt(home: Home, { identity: known, server }: OwnRequest): Promise<Identity> {
  const identity = await withAutoCa(home, known);
  if (server !== undefined) {
    const { host, port = defaultMembersPort } = parseAddress(server);
    return { ...identity, autoCa: { addresses: [host], port } };
  }
  if (identity.autoCa !== undefined) return identity;
  throw new QTChatError('ERR_STORE_NOT_FOUND', `this home does not know where the Auto CA of ${identity.member} is`, {
    hint: (await hasCa(home))
      ? `It is the CA itself: qtchat cert renew ${identity.member}, or qtchat cert revoke ${identity.member}`
      : 'Name it with --server HOST[:PORT]',
  });
}

/** Whoever chats on with the old key would be taken for somebody else by those who have met the new one. */
async function refuseWhileRunning(home: Home): Promise<void> {
  const running = (await listRunning(home)).find(({ service }) => service !== 'autoca');
  if (running === undefined) return;
  throw new QTChatError('ERR_USAGE', `a ${running.service} of this home is running with the old key`, {
    hint: 'End it first; it will find the new key when it starts again',
  });
}

async function hasCa(home: Home): Promise<boolean> {
  try {
    await loadCaChain(home);
    return true;
  } catch (error) {
    if (isQTChatError(error)) return false;
    throw error;
  }
}
