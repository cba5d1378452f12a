/** Opens the CA of a home for a command: finds the password only if the key has one. */
import type { Issuer } from '../pki/issuer.js';
import { caKeyIsEncrypted, openIssuer } from '../store/ca.js';
import type { Home } from '../store/home.js';
import { type PasswordRequest, readPassword } from './password.js';

/**
 * Opens the CA of `home`.
 *
 * @param file - value of `--ca-password-file`
 * @throws what {@link openIssuer} and {@link readPassword} throw
 */
export async function openCaIssuer(
  home: Home,
  file: string | undefined,
  deps: PasswordRequest['deps'],
): Promise<Issuer> {
  const password = (await caKeyIsEncrypted(home)) ? await readPassword({ purpose: 'ca', file, deps }) : undefined;
  return openIssuer(home, password);
}
