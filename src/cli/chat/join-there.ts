/** Who has no identity yet and wants to talk to somebody can join a circle there and then. */
import { parseAddress } from '../../conversation/resolve-who.js';
import { isQTChatError } from '../../errors.js';
import type { Home } from '../../store/home.js';
import { listIdentities } from '../../store/identities.js';
import { BusySign } from '../busy.js';
import type { Deps } from '../deps.js';
import { chooseWay } from '../enroll/choose-way.js';
import { join } from '../enroll/join.js';
import { askConfirm, askSecret, canPrompt } from '../prompt.js';

/**
 * Offers to join the circle of whoever is to be dialled, where the home has no identity and somebody is there to answer.
 *
 * @param peer - as typed: an address, or a name
 * @throws {QTChatError} what enrolling throws; nothing where the user declines
 */
export async function joinThere(home: Home, peer: string, note: (line: string) => void, deps: Deps): Promise<void> {
  if (!canPrompt(deps) || (await listIdentities(home)).length > 0) return;
  const host = hostOf(peer);
  if (!(await askConfirm(`You have no identity yet. Join the circle of ${host} now?`, deps))) return;
  const invite = await askSecret(`Paste the invite (qtchat1-…), or Enter to ask ${host} to let you in`, deps);
  const flags = invite.trim() === '' ? { server: host } : { invite };
  const joining = { ...deps, busy: new BusySign(deps) };
  const way = await chooseWay({ code: false, ...flags }, joining);
  const { line, notes } = await join(home, way, { localKey: false, keepServerKey: false, force: false }, joining);
  for (const one of [line, ...notes]) note(one);
}

/** Without the port of the chat: the Auto CA has its own. */
function hostOf(peer: string): string {
  try {
    return parseAddress(peer).host;
  } catch (error) {
    if (isQTChatError(error)) return peer;
    throw error;
  }
}
