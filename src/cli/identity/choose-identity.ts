/** Which identity of a home is meant, where nobody has said it. */
import { currentMember, type Home, speakAs } from '../../store/home.js';
import { listIdentities, loadPublicIdentity } from '../../store/identities.js';
import type { Deps } from '../deps.js';
import { nameOrChoice, type WantedName } from '../name-or-choice.js';
import { type Choice, canPrompt, type PromptDeps } from '../prompt.js';

/**
 * The name of an identity of the home: the one given, or the one chosen.
 *
 * @throws {QTChatError} `ERR_USAGE` when nobody can be asked, `ERR_STORE_NO_IDENTITY`, `ERR_CANCELLED`
 */
export async function identityName(
  home: Home,
  given: string | undefined,
  wanted: Omit<WantedName, 'choices'>,
  deps: PromptDeps,
): Promise<string> {
  return nameOrChoice(given, { ...wanted, choices: () => identityChoices(home) }, deps);
}

/**
 * Lets the user of a home that has identities, but speaks as none of them, choose one; without a terminal it stays so.
 *
 * @param note - told as whom the home speaks from now on
 * @throws {QTChatError} `ERR_CANCELLED`, what looking at the home throws
 */
export async function chooseSpeaker(home: Home, note: (line: string) => void, deps: Deps): Promise<void> {
  if (!canPrompt(deps) || (await currentMember(home)) !== undefined) return;
  if ((await listIdentities(home)).length === 0) return;
  const wanted = { argument: 'NAME', command: 'identity use', question: 'As whom do you want to speak?' };
  const member = await identityName(home, undefined, wanted, deps);
  await speakAs(home, member);
  note(`You are now ${member}; qtchat identity use changes that`);
}

async function identityChoices(home: Home): Promise<Choice[]> {
  const [names, current] = await Promise.all([listIdentities(home), currentMember(home)]);
  // Says that there is none, and what to do.
  if (names.length === 0) await loadPublicIdentity(home);
  return names.map((value) => ({ value, title: value === current ? `${value} (as now)` : value }));
}
