/**
 * Questions at the terminal. They appear on stderr, so that stdout carries results alone. Without a
 * terminal there is nobody to ask: callers check {@link canPrompt} and name a flag instead.
 */
import type { PromptObject } from 'prompts';
import { QTChatError } from '../errors.js';
import type { Deps } from './deps.js';

/** What a question needs from the world. */
export type PromptDeps = Pick<Deps, 'stdin' | 'stderr' | 'signal'>;

/** Tells whether somebody is there to answer. */
export function canPrompt(deps: PromptDeps): boolean {
  return deps.stdin.isTTY === true && deps.stderr.isTTY === true;
}

/**
 * Asks for a text that may be seen.
 *
 * @throws {QTChatError} `ERR_CANCELLED` when there is no answer: Ctrl-C, closed input, or the signal
 */
export async function askText(message: string, deps: PromptDeps): Promise<string> {
  return ask({ type: 'text', message }, deps);
}

/**
 * Asks for a secret: typed characters appear as asterisks.
 *
 * @throws {QTChatError} `ERR_CANCELLED`, as {@link askText}
 */
export async function askSecret(message: string, deps: PromptDeps): Promise<string> {
  return ask({ type: 'password', message }, deps);
}

/**
 * Asks for yes or no; Enter alone means no.
 *
 * @throws {QTChatError} `ERR_CANCELLED`, as {@link askText}
 */
export async function askConfirm(message: string, deps: PromptDeps): Promise<boolean> {
  return ask({ type: 'confirm', message, initial: false }, deps);
}

/** One of several to choose from. */
export interface Choice {
  readonly value: string;
  /** What is shown of it. */
  readonly title: string;
}

/**
 * Lets one of several be chosen, with the arrow keys and Enter; the first is chosen at the beginning.
 *
 * @returns the value of it
 * @throws {QTChatError} `ERR_CANCELLED`, as {@link askText}
 */
export async function askChoice(message: string, choices: readonly Choice[], deps: PromptDeps): Promise<string> {
  const hint = 'arrow keys, then Enter';
  return ask({ type: 'select', message, hint, choices: choices.map((choice) => ({ ...choice })) }, deps);
}

async function ask<Answer>(question: Omit<PromptObject<'answer'>, 'name'>, deps: PromptDeps): Promise<Answer> {
  const { default: prompts } = await import('prompts');
  // prompts notices neither closed input nor signals; a Ctrl-C key press is its one way out.
  const cancel = (): void => {
    deps.stdin.emit('keypress', '', { name: 'c', ctrl: true });
  };
  deps.stdin.once('end', cancel).once('close', cancel);
  deps.signal.addEventListener('abort', cancel);
  try {
    const stdout = deps.stderr as NodeJS.WriteStream;
    const asking = prompts({ ...question, name: 'answer', stdin: deps.stdin, stdout });
    if (deps.signal.aborted || deps.stdin.readableEnded) cancel();
    const { answer } = (await asking) as { answer?: Answer };
    if (answer === undefined) throw new QTChatError('ERR_CANCELLED', 'cancelled: the question was not answered');
    return answer;
  } finally {
    deps.stdin.off('end', cancel).off('close', cancel);
    deps.signal.removeEventListener('abort', cancel);
  }
}
