/** The identity of a home that hosts: the one that is there, or one issued now by its own CA. */
import { reachableAddresses } from '../../enroll/addresses.js';
import { isQTChatError } from '../../errors.js';
import { circleIdOf } from '../../pki/circle.js';
import { dayOf } from '../../pki/day.js';
import { rootCertificate } from '../../pki/issuer.js';
import { hasEnded } from '../../pki/validity.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { hasKeyPassword, loadPublicIdentity, type PublicIdentity } from '../../store/identities.js';
import { openCa } from '../ca/open-ca.js';
import { issueCredential } from '../cert/issue-credential.js';
import { judgeIssueRequest } from '../cert/issue-request.js';
import type { Deps } from '../deps.js';
import { lostPassword } from '../describe-identity.js';

/**
 * Sees to it that the home speaks as a member whose certificate is valid. While an Auto CA runs there, its signer
 * signs what is missing, and nobody is asked for a password.
 *
 * @param options.address - the one address by which others reach this machine; all it has when undefined
 * @param options.say - told what was issued, or that the identity is of another circle
 * @throws {QTChatError} what `cert issue` throws
 */
export async function hostIdentity(
  home: Home,
  { address, say }: { readonly address: string | undefined; readonly say: (line: string) => void },
  deps: Deps,
): Promise<void> {
  const identity = await identityOf(home);
  const circleId = circleIdOf(rootCertificate({ chain: await loadCaChain(home) }));
  if (identity !== undefined && identity.circleId !== circleId) {
    say(`You are ${identity.member} of another circle here; to change that: qtchat cert issue NAME --me`);
    return;
  }
  const isExpired = identity !== undefined && hasEnded(new Date(identity.chain[0]?.validTo ?? ''), deps.clock());
  if (identity !== undefined && !isExpired) return;
  const flags = { me: false, key: 'p256', profile: 'peer', pfx: false, replace: isExpired, force: isExpired };
  const request = await judgeIssueRequest(home, { ...flags, ip: reachableAddresses(address) }, deps);
  const hadPassword = await hasKeyPassword(home, request.member);
  const { certificate } = await issueCredential(home, request, await openCa(home, {}, deps), deps);
  say(`You are now ${request.member}, until ${dayOf(new Date(certificate.validTo).toISOString())}`);
  if (hadPassword) say(lostPassword);
}

async function identityOf(home: Home): Promise<PublicIdentity | undefined> {
  try {
    return await loadPublicIdentity(home);
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NO_IDENTITY')) return undefined;
    throw error;
  }
}
