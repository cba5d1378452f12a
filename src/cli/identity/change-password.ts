/** `identity password`: sets, changes or removes the password of an identity's key. */
import type { Home } from '../../store/home.js';
import { loadIdentity, loadPublicIdentity } from '../../store/identities.js';
import { changeKeyPassword } from '../../store/identity-keys.js';
import { KeyPassword } from '../../store/key-password.js';
import { whileBusy, whileCalculating } from '../busy.js';
import { confirmAtTerminal } from '../confirm-or-flag.js';
import type { Deps } from '../deps.js';
import { type PasswordPurpose, readPassword } from '../password.js';

/** What was typed. */
export interface ChangeRequest {
  /** Whose; that of the member as whom the home speaks when left out. */
  readonly member: string | undefined;
  /** Value of `--identity-password-file`: the password that there is. */
  readonly file: string | undefined;
  /** Value of `--new-password-file`. */
  readonly newFile: string | undefined;
  /** Take the password away. */
  readonly remove: boolean;
  /** Do not ask whether to. */
  readonly yes: boolean;
}

/** What was done. */
export interface ChangedPassword {
  readonly member: string;
  readonly hadPassword: boolean;
  readonly hasPassword: boolean;
  /** Keys of former identities that another password locks. */
  readonly untouched: readonly string[];
}

/**
 * Changes the password of an identity. The old one is found, and tried, before a new one is asked for.
 *
 * @throws {QTChatError} `ERR_STORE_NO_IDENTITY`, `ERR_PASSWORD_WRONG`, `ERR_PASSWORD_REQUIRED`, `ERR_CANCELLED`, what
 *   reading passwords and `changeKeyPassword` throw
 */
export async function changePassword(home: Home, request: ChangeRequest, deps: Deps): Promise<ChangedPassword> {
  const { remove, yes } = request;
  const { member, hasPassword: hadPassword } = await loadPublicIdentity(home, request.member);
  if (remove && !hadPassword) return { member, hadPassword, hasPassword: false, untouched: [] };
  const from = hadPassword ? await find('identity', request.file, deps) : undefined;
  await whileCalculating('Opening the key', deps, () => loadIdentity(home, member, from));
  if (remove) {
    await confirmAtTerminal(yes, `Keep the key of ${member} without a password from now on?`, deps);
  }
  const to = remove ? undefined : await find('new', request.newFile, deps);
  const untouched = await whileBusy('Encrypting', deps, () => changeKeyPassword(home, member, { from, to }));
  return { member, hadPassword, hasPassword: !remove, untouched };
}

async function find(purpose: PasswordPurpose, file: string | undefined, deps: Deps): Promise<KeyPassword> {
  const password = await readPassword({ purpose, file, confirm: purpose === 'new', deps });
  return new KeyPassword(password ?? '');
}
