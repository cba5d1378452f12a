/**
 * Opens the CA of a home for a command. While an Auto CA runs there, its signer does what is to be done;
 * otherwise the key is opened here, and its password asked for if it has one.
 */
import type { OpenedCa } from '../../ledger/signer.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { maySignerListen } from '../../store/signer-socket.js';
import type { BusyDeps } from '../busy.js';
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
  deps: PasswordRequest['deps'] & BusyDeps & Pick<Deps, 'clock'>,
): Promise<OpenedCa> {
  const running = await runningSigner(home);
  if (running !== undefined) return running;
  const issuer = await openCaIssuer(home, options, deps);
  const { caOf } = await import('../../ledger/signer.js');
  return caOf(issuer, home, deps);
}

async function runningSigner(home: Home): Promise<OpenedCa | undefined> {
  if (!(await maySignerListen(home))) return undefined;
  const { connectSigner } = await import('../../ledger/remote-signer.js');
  const signer = await connectSigner(home, await loadCaChain(home));
  return signer && { chain: signer.chain, signerFor: async () => signer };
}
