/** Opens the CA of a home for a command: finds the password only if the key has one. */
import type { Issuer } from '../../pki/issuer.js';
import { caKeyIsEncrypted, openIssuer } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import { type PasswordRequest, readPassword } from '../password.js';

/**
 * Opens the CA of `home`.
 *
 * @param options.file - value of `--ca-password-file`
 * @param options.beforeAsking - what must have gone well before anybody is asked for a password
 * @throws what {@link openIssuer} and {@link readPassword} throw
 */
export async function openCaIssuer(
  home: Home,
  options: { file?: string | undefined; beforeAsking?: () => Promise<unknown> },
  deps: PasswordRequest['deps'] & BusyDeps,
): Promise<Issuer> {
  const isEncrypted = await caKeyIsEncrypted(home);
  const password = isEncrypted ? await readPassword({ purpose: 'ca', ...options, deps }) : undefined;
  // Without a password there is nothing to derive.
  if (password === undefined) return openIssuer(home, password);
  return whileCalculating('Opening the CA key', deps, () => openIssuer(home, password));
}
