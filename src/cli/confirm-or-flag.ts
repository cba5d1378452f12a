/** A confirmation that a flag gives, or else a question. */
import { QTChatError } from '../errors.js';
import { askConfirm, canPrompt, type PromptDeps } from './prompt.js';

/**
 * Resolves when what is to be done was confirmed.
 *
 * @throws {QTChatError} `ERR_USAGE`, which names the flag, when it was left out and nobody can be asked; `ERR_CANCELLED`
 *   for no, and for no answer
 */
export async function confirmOrFlag(
  given: boolean,
  wanted: { readonly flag: string; readonly question: string },
  deps: PromptDeps,
): Promise<void> {
  if (given) return;
  if (!canPrompt(deps)) {
    throw new QTChatError('ERR_USAGE', `${wanted.flag} was not given, and there is no terminal to ask`, {
      hint: `Add ${wanted.flag}, if you are sure`,
    });
  }
  await confirm(wanted.question, deps);
}

/**
 * Resolves when what cannot be taken back was confirmed, or nobody can be asked: then whoever wrote the command line has
 * decided.
 *
 * @param given - the flag that answers in advance
 * @throws {QTChatError} `ERR_CANCELLED` for no, and for no answer
 */
export async function confirmAtTerminal(given: boolean, question: string, deps: PromptDeps): Promise<void> {
  if (!given && canPrompt(deps)) await confirm(question, deps);
}

async function confirm(question: string, deps: PromptDeps): Promise<void> {
  if (!(await askConfirm(question, deps))) throw new QTChatError('ERR_CANCELLED', 'nothing was changed');
}
