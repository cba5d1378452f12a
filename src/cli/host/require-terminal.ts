/** `host` asks and shows: where it cannot, it says which commands do the same one by one. */
import { QTChatError } from '../../errors.js';
import type { Home } from '../../store/home.js';
import type { Deps } from '../deps.js';
import { canPrompt } from '../prompt.js';
import { missingSteps } from './missing-steps.js';

/**
 * Refuses unless somebody sits in front of a terminal.
 *
 * @param options.name - of the first guest, if it was given
 * @throws {QTChatError} `ERR_USAGE`, what looking at the home throws
 */
export async function requireTerminal(
  home: Home,
  { name, json }: { readonly name: string | undefined; readonly json: boolean },
  deps: Deps,
): Promise<void> {
  if (canPrompt(deps) && deps.stdout.isTTY === true && !json) return;
  throw new QTChatError('ERR_USAGE', 'qtchat host needs a terminal', {
    hint: `Without one, run: ${(await missingSteps(home, name, deps)).join('; ')}`,
  });
}
