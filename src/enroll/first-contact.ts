/** Whom a guest knows first: the host, if the host is a member of its own circle. */
import { isQTChatError } from '../errors.js';
import type { Home } from '../store/home.js';
import { loadPublicIdentity } from '../store/identities.js';
import type { EnrollmentAnswer } from './wire.js';

/** Where `qtchat chat` listens first. */
const chatPort = 17_590;

/** The member as whom `home` speaks, at `addresses`; undefined when it speaks as nobody of this circle. */
export async function firstContactOf(
  home: Home,
  circleId: string,
  addresses: readonly string[],
): Promise<EnrollmentAnswer['host']> {
  try {
    const identity = await loadPublicIdentity(home);
    if (identity.circleId !== circleId) return undefined;
    return { member: identity.member, addresses: addresses.map((host) => ({ host, port: chatPort })) };
  } catch (error) {
    // A guest must not fail for want of a contact; whatever is wrong shows when the host chats.
    if (isQTChatError(error)) return undefined;
    throw error;
  }
}
