/** Opens the CA of a home for a command: asks for the password only if it is needed. */
import type { OpenedCa } from '../../ledger/signer.js';
import type { Home } from '../../store/home.js';
import type { Deps } from '../deps.js';
import type { PasswordRequest } from '../password.js';
import { openCaIssuer } from './ca-issuer.js';

/**
 * Opens the CA of `home`, before its ledger: where that fails, no ledger is to appear.
 *
 * @param options.file - value of `--ca-password-file`
 * @param options.beforeAsking - what must have gone well before anybody is asked for a password
 * @throws what {@link openCaIssuer} throws
 */
export async function openCa(
  home: Home,
  options: { file?: string | undefined; beforeAsking?: () => Promise<unknown> },
  deps: PasswordRequest['deps'] & Pick<Deps, 'clock'>,
): Promise<OpenedCa> {
  const issuer = await openCaIssuer(home, options, deps);
  const { caOf } = await import('../../ledger/signer.js');
  return caOf(issuer, home, deps);
}
