/**
 * Where passwords come from, in this order: the file named by a flag (`-` = standard input), the
 * file named by an environment variable, the credential of a systemd service, the prompt. Never the
 * command line itself, which others on the machine can read.
 */
import { join } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { readBoundedFile } from '../store/private-file.js';
import type { Deps, Input } from './deps.js';
import { readBoundedInput, readInputLine } from './input.js';
import { askSecret, canPrompt } from './prompt.js';

/** What a password is for. */
export type PasswordPurpose = 'ca' | 'identity' | 'new' | 'pfx' | 'database';

/** Which password is wanted, and how. */
export interface PasswordRequest {
  readonly purpose: PasswordPurpose;
  /** Value of the flag, e.g. `--ca-password-file`. */
  readonly file?: string | undefined;
  /** Standard input has more to say than the password; it is left there. */
  readonly keepsInput?: boolean;
  /** The password is a new one: it is asked for twice, with a word on how long it would hold. */
  readonly confirm?: boolean;
  /** With `confirm`: Enter alone means no password. */
  readonly optional?: boolean;
  /** What must have gone well before anybody is asked. */
  readonly beforeAsking?: () => Promise<unknown>;
  readonly deps: Pick<Deps, 'env' | 'stdin' | 'stderr' | 'signal'>;
}

const labels: Readonly<Record<PasswordPurpose, string>> = {
  ca: 'the CA key',
  identity: 'the identity',
  new: 'the identity',
  pfx: 'the .pfx file',
  database: 'the database',
};

const emptiedInputs = new WeakSet<Input>();

/**
 * Finds a password.
 *
 * @returns undefined only under `confirm` and `optional`, when the answer is that there be none
 * @throws {QTChatError} `ERR_PASSWORD_REQUIRED` when a file is empty or nobody can be asked,
 *   `ERR_USAGE` for a second password from standard input or one of more than 64 KiB, `ERR_CANCELLED`, what reading a file throws, and what `beforeAsking` rejects with
 */
export async function readPassword(request: PasswordRequest): Promise<string | undefined> {
  return (await givenPassword(request)) ?? (await promptForPassword(request));
}

/**
 * Finds a password without asking anybody; undefined when there is none.
 *
 * @throws {QTChatError} as {@link readPassword}
 */
export async function givenPassword(
  request: Pick<PasswordRequest, 'purpose' | 'file' | 'keepsInput' | 'deps'>,
): Promise<string | undefined> {
  const { purpose, file, keepsInput = false, deps } = request;
  if (file === '-') return firstLine(await readInputOnce(deps, keepsInput), 'standard input');
  if (file !== undefined) return readPasswordFile(file, deps.signal);
  const named = deps.env[`QTCHAT_${purpose.toUpperCase()}_PASSWORD_FILE`];
  if (named) return readPasswordFile(named, deps.signal);
  return readCredential(request);
}

async function readPasswordFile(path: string, signal: AbortSignal): Promise<string> {
  return firstLine((await readBoundedFile(path, signal)).toString('utf8'), quote(path));
}

async function readCredential({
  purpose,
  deps,
}: Pick<PasswordRequest, 'purpose' | 'deps'>): Promise<string | undefined> {
  const folder = deps.env.CREDENTIALS_DIRECTORY;
  if (!folder) return undefined;
  try {
    return await readPasswordFile(join(folder, `qtchat-${purpose}-password`), deps.signal);
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function promptForPassword(request: PasswordRequest): Promise<string | undefined> {
  const { purpose, confirm = false, optional = false, deps } = request;
  const label = labels[purpose];
  if (!canPrompt(deps)) {
    const none = optional ? ', or --no-password for none' : '';
    throw new QTChatError(
      'ERR_PASSWORD_REQUIRED',
      `a password for ${label} is needed, and there is no terminal to ask`,
      {
        hint: `Name a file with --${purpose}-password-file FILE (- for standard input)${none}`,
      },
    );
  }
  await request.beforeAsking?.();
  const question = confirm ? `New password for ${label}${optional ? ' (Enter for none)' : ''}` : `Password of ${label}`;
  for (;;) {
    const password = await askSecret(question, deps);
    if (password === '' && optional) return undefined;
    if (password === '') {
      deps.stderr.write('A password is needed; Ctrl-C cancels\n');
      continue;
    }
    if (!confirm) return password;
    const { passwordStrength } = await import('./password-strength.js');
    deps.stderr.write(`${passwordStrength(password).hint}\n`);
    if ((await askSecret('The same again', deps)) === password) return password;
    deps.stderr.write('The two are not the same; once more\n');
  }
}

async function readInputOnce(deps: PasswordRequest['deps'], keepsInput: boolean): Promise<string> {
  if (emptiedInputs.has(deps.stdin)) {
    throw new QTChatError('ERR_USAGE', 'standard input can give one password only', {
      hint: 'Name a file for the other one',
    });
  }
  emptiedInputs.add(deps.stdin);
  return keepsInput ? readInputLine(deps) : readBoundedInput(deps, 'line');
}

function firstLine(content: string, source: string): string {
  const [line = ''] = content.split(/\r?\n/, 1);
  if (line !== '') return line;
  throw new QTChatError('ERR_PASSWORD_REQUIRED', `the password in ${source} is empty: its first line was expected`);
}
