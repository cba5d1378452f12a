/** Keeps what an enrolment brought: the identity, the first contact, and, in a new home, the voice. */
import { saveContact } from '../store/contacts.js';
import { currentMember, type Home, speakAs } from '../store/home.js';
import { saveIdentity } from '../store/identities.js';
import type { Enrolled } from './client.js';

/**
 * Saves into `home`. The identity comes last of what may fail, so that a failure leaves none behind.
 *
 * @returns whether the home speaks as the new member
 * @throws {QTChatError} `ERR_STORE_EXISTS` unless `replace`, `ERR_STORE_UNWRITABLE`
 */
export async function saveEnrolled(
  home: Home,
  { identity, host }: Enrolled,
  options: { readonly replace: boolean; readonly deps: { readonly clock: () => Date } },
): Promise<boolean> {
  const speaker = await currentMember(home);
  if (host !== undefined) await saveContact(home, host, options.deps);
  await saveIdentity(home, identity, { replace: options.replace });
  if (speaker === undefined) await speakAs(home, identity.member);
  return speaker === undefined || speaker === identity.member;
}
