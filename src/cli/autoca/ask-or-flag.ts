/** A value that a flag gives, or else a question. */
import { QTChatError } from '../../errors.js';
import { askText, canPrompt, type PromptDeps } from '../prompt.js';

/**
 * Finds a value.
 *
 * @throws {QTChatError} `ERR_USAGE`, which names the flag, when it was left out and nobody can be asked; `ERR_CANCELLED`
 */
export async function askOrFlag(
  given: string | undefined,
  wanted: { readonly flag: string; readonly question: string },
  deps: PromptDeps,
): Promise<string> {
  if (given !== undefined) return given;
  if (canPrompt(deps)) return askText(wanted.question, deps);
  throw new QTChatError('ERR_USAGE', `${wanted.flag} was not given, and there is no terminal to ask`, {
    hint: `Add ${wanted.flag}`,
  });
}
