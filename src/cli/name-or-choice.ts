/** A name that an argument gives, or else one of those that there are. */
import { QTChatError } from '../errors.js';
import { askChoice, type Choice, canPrompt, type PromptDeps } from './prompt.js';

/** Which name is wanted, and how to ask for it. */
export interface WantedName {
  /** As help shows the argument, with what it is: `NAME (member name)`. */
  readonly argument: string;
  /** The command, without `qtchat`. */
  readonly command: string;
  readonly question: string;
  /** Those there are; throws where there is none. Called only when somebody can be asked. */
  readonly choices: () => Promise<readonly Choice[]>;
}

/**
 * Finds a name. Where there is only one, nobody is asked.
 *
 * @throws {QTChatError} `ERR_USAGE`, which names the argument, when it was left out and nobody can be asked;
 *   `ERR_CANCELLED`, and what `choices` throws
 */
export async function nameOrChoice(given: string | undefined, wanted: WantedName, deps: PromptDeps): Promise<string> {
  if (given !== undefined) return given;
  if (!canPrompt(deps)) throw missingName(wanted);
  const choices = await wanted.choices();
  const [first, second] = choices;
  return first !== undefined && second === undefined ? first.value : askChoice(wanted.question, choices, deps);
}

/** The refusal of a command without its name. */
export function missingName({ argument, command }: Pick<WantedName, 'argument' | 'command'>): QTChatError {
  return new QTChatError('ERR_USAGE', `missing: ${argument}`, { hint: `See qtchat ${command} --help` });
}
