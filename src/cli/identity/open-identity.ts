/** Opens the identities of a home, with the passwords of their keys, for commands that speak as one of them. */
import { isQTChatError } from '../../errors.js';
import type { Home } from '../../store/home.js';
import { type Identity, listIdentities, loadIdentity } from '../../store/identities.js';
import { KeyPassword } from '../../store/key-password.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import { type PasswordRequest, readPassword } from '../password.js';

/**
 * Opens an identity, by default that of the member as whom the home speaks.
 *
 * @throws {QTChatError} what `loadIdentity` and {@link readPassword} throw
 */
export type OpenIdentity = (member?: string) => Promise<Identity>;

/** Where the password comes from. */
export type PasswordSource = Pick<PasswordRequest, 'file' | 'keepsInput'>;

/** What opening takes from the world. */
export type OpenDeps = PasswordRequest['deps'] & BusyDeps;

/**
 * A way to open identities of `home`. Where a key has a password it is found, or asked for, once; all that are opened
 * this way have the same.
 *
 * @param from.file - value of `--identity-password-file`
 * @param from.keepsInput - standard input is read after the password
 */
export function identityOpener(home: Home, from: PasswordSource, deps: OpenDeps): OpenIdentity {
  let found: Promise<KeyPassword> | undefined;
  return async (member) => {
    try {
      return await loadIdentity(home, member);
    } catch (error) {
      if (!isQTChatError(error, 'ERR_PASSWORD_REQUIRED')) throw error;
    }
    found ??= findPassword(from, deps);
    const password = await found;
    return whileCalculating('Opening the key', deps, () => loadIdentity(home, member, password));
  };
}

/** Opens an identity if the home has any: whoever is to be asked for a password is asked before all else. */
export async function openAhead(home: Home, open: OpenIdentity): Promise<void> {
  if ((await listIdentities(home)).length > 0) await open();
}

async function findPassword(from: PasswordSource, deps: PasswordRequest['deps']): Promise<KeyPassword> {
  return new KeyPassword((await readPassword({ purpose: 'identity', ...from, deps })) ?? '');
}
