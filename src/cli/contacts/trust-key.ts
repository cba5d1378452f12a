/** Trusts a key that a contact showed in place of the pinned one. */
import { QTChatError, quote } from '../../errors.js';
import { type ShownKey, shownKeys, trustShownKey } from '../../store/contact-keys.js';
import type { Deps } from '../deps.js';
import { askConfirm, canPrompt } from '../prompt.js';
import { describeShownKey } from './describe-contact.js';
import type { FoundContact } from './with-contact.js';

// With fewer digits a host could make a key that begins alike.
const fewestDigits = 16;

/**
 * Pins the key that `typed` begins, or, at a terminal, the one that the user confirms.
 *
 * @param typed - first digits of the key, 16 at least, spaces allowed
 * @returns the key that is pinned now
 * @throws {QTChatError} `ERR_CONTACT_KEY_UNKNOWN` when no such key was shown, `ERR_USAGE` without a terminal and without
 *   `typed`, `ERR_CANCELLED`
 */
export async function trustKey(
  { contact, database }: FoundContact,
  typed: string | undefined,
  deps: Pick<Deps, 'stdin' | 'stderr' | 'signal'>,
): Promise<{ former: string; spkiSha256: string }> {
  const { member, spkiSha256: pinned } = contact;
  const shown = await shownKeys(database, contact);
  if (pinned === undefined || shown.length === 0) {
    throw new QTChatError('ERR_CONTACT_KEY_UNKNOWN', `${quote(member)} has shown no key but the pinned one`, {
      hint: 'A changed key can be trusted after it was shown: once the contact has called, or was called',
    });
  }
  const chosen = typed === undefined ? await ask(member, shown, deps) : find(member, shown, typed);
  if (!(await trustShownKey(database, contact, { pinned, shown: chosen.spkiSha256 }))) {
    throw new QTChatError('ERR_CONTACT_KEY_UNKNOWN', `the keys of ${quote(member)} have changed meanwhile`, {
      hint: `Look again: qtchat contacts show ${member}`,
    });
  }
  return { former: pinned, spkiSha256: chosen.spkiSha256 };
}

function find(member: string, shown: readonly ShownKey[], typed: string): ShownKey {
  const digits = typed.replace(/\s/g, '').toLowerCase();
  if (!/^[0-9a-f]*$/.test(digits) || digits.length < fewestDigits) {
    throw new QTChatError('ERR_USAGE', `${quote(typed)} does not name a key`, {
      hint: `Give its first ${fewestDigits} hexadecimal digits or more, as the contact reads them to you`,
    });
  }
  const found = shown.find(({ spkiSha256 }) => spkiSha256.startsWith(digits));
  if (found !== undefined) return found;
  throw new QTChatError('ERR_CONTACT_KEY_UNKNOWN', `${quote(member)} has shown no key that begins so`, {
    hint: `qtchat contacts show ${member} lists what was shown; if it is not what they read to you, trust none`,
  });
}

async function ask(
  member: string,
  shown: readonly ShownKey[],
  deps: Pick<Deps, 'stdin' | 'stderr' | 'signal'>,
): Promise<ShownKey> {
  const [only, another] = shown;
  if (only === undefined || another !== undefined || !canPrompt(deps)) {
    const why = another === undefined ? '--key was not given, and there is no terminal to ask' : 'several were shown';
    throw new QTChatError('ERR_USAGE', `which key of ${quote(member)} is to be trusted is not known: ${why}`, {
      hint: 'Add --key with the first digits of the key, as the contact reads them to you',
    });
  }
  const question = `Does ${member} confirm, on another way, the key ${describeShownKey(only)}?`;
  if (await askConfirm(question, deps)) return only;
  throw new QTChatError('ERR_CANCELLED', `nothing was changed: the pinned key of ${quote(member)} stays`);
}
