/** Looks at our own certificate before anybody else does: a peer that refuses us has no way to say why. */
import { QTChatError, quote } from '../errors.js';
import type { Identity } from '../store/identities.js';
import { checkUsable } from '../transport/identify-peer.js';

/**
 * Checks that peers may accept us now.
 *
 * @throws {QTChatError} `ERR_PEER_REFUSED`
 */
export function checkOwnCertificate(identity: Identity, now: Date): void {
  const [own] = identity.chain;
  try {
    if (own !== undefined) checkUsable(own, now);
  } catch (error) {
    const fault = error instanceof Error ? error.message.replace(/^.*?: /, '') : '';
    throw new QTChatError('ERR_PEER_REFUSED', `no peer will accept ${quote(identity.member)}: ${fault}`, {
      hint: 'Get a new certificate: qtchat cert issue, or qtchat enroll with a new invite',
      cause: error,
    });
  }
}
