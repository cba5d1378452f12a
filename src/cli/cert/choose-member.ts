/** Whose certificate is meant, where nobody has said it: a choice of those that the CA of this home has issued. */
import { QTChatError } from '../../errors.js';
import { dayOf } from '../../pki/day.js';
import type { Home } from '../../store/home.js';
import type { Deps } from '../deps.js';
import { nameOrChoice, type WantedName } from '../name-or-choice.js';
import type { Choice, PromptDeps } from '../prompt.js';
import { type ListedCertificate, listIssued } from './list-issued.js';

/**
 * The member name given, or the one chosen.
 *
 * @param states - certificates in these states count; of a member with several, the one that ends last is shown
 * @throws {QTChatError} `ERR_USAGE` when nobody can be asked, `ERR_STORE_NO_CA`, `ERR_LEDGER_NOT_FOUND` when there is no
 *   such certificate, `ERR_CANCELLED`
 */
export async function memberName(
  home: Home,
  given: string | undefined,
  { states, ...wanted }: Omit<WantedName, 'choices'> & { readonly states: readonly ListedCertificate['state'][] },
  deps: PromptDeps & Pick<Deps, 'clock'>,
): Promise<string> {
  const choices = async (): Promise<Choice[]> => {
    const last = new Map<string, string>();
    for (const { member, state, notAfter } of await listIssued(home, {}, deps.clock())) {
      if (states.includes(state) && notAfter > (last.get(member) ?? '')) last.set(member, notAfter);
    }
    if (last.size === 0) {
      throw new QTChatError('ERR_LEDGER_NOT_FOUND', 'this CA has issued no certificate that is meant', {
        hint: 'See qtchat cert list',
      });
    }
    return [...last].sort().map(([value, notAfter]) => ({ value, title: `${value}, until ${dayOf(notAfter)}` }));
  };
  return nameOrChoice(given, { ...wanted, choices }, deps);
}
