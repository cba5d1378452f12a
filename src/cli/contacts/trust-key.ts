/** Trusts a key that a contact showed in place of the pinned one. */
import { ContactIntents, pickShownKey } from '../../conversation/contact-intents.js';
import { QTChatError, quote } from '../../errors.js';
import { describeShownKey } from '../../ui/text/describe-contact.js';
import type { Deps } from '../deps.js';
import { askConfirm, canPrompt } from '../prompt.js';
import type { FoundContact } from './with-contact.js';

/**
 * Pins the key that `typed` begins, or, at a terminal, the one that the user confirms.
 *
 * @param typed - first digits of the key, 16 at least, spaces allowed
 * @returns the key that is pinned now
 * @throws {QTChatError} `ERR_CONTACT_KEY_UNKNOWN` when no such key was shown, `ERR_USAGE` without a terminal and without
 *   `typed`, `ERR_CANCELLED`
 */
export async function trustKey(
  { contact, contacts: book, database, identity }: FoundContact,
  typed: string | undefined,
  deps: Pick<Deps, 'stdin' | 'stderr' | 'signal' | 'clock'>,
): Promise<{ former: string; spkiSha256: string }> {
  const { member, circleId } = contact;
  const contacts = new ContactIntents({ database, book, circleId, self: identity.member, clock: deps.clock });
  const shown = pickShownKey(member, await contacts.shownKeys(contact), typed);
  if (typed === undefined) await confirm(member, describeShownKey(shown), deps);
  return { former: await contacts.trust(contact, shown), spkiSha256: shown.spkiSha256 };
}

async function confirm(member: string, key: string, deps: Pick<Deps, 'stdin' | 'stderr' | 'signal'>): Promise<void> {
  if (!canPrompt(deps)) {
    const why = '--key was not given, and there is no terminal to ask';
    throw new QTChatError('ERR_USAGE', `which key of ${quote(member)} is to be trusted is not known: ${why}`, {
      hint: 'Add --key with the first digits of the key, as the contact reads them to you',
    });
  }
  if (await askConfirm(`Does ${member} confirm, on another way, the key ${key}?`, deps)) return;
  throw new QTChatError('ERR_CANCELLED', `nothing was changed: the pinned key of ${quote(member)} stays`);
}
