/** Runs the Auto CA of a home with the CA key in a process of its own. */
import type { QTChatError } from '../src/errors.js';
import { locateLedger } from '../src/ledger/location.js';
import type { Home } from '../src/store/home.js';
import { type ServedHome, type ServeOptions, serveHome } from './serve-home.js';
import { type SignerOptions, startSigner } from './signer/start-signer.js';

/** How to run it. */
export interface SignedServeOptions
  extends Omit<ServeOptions, 'ca'>,
    Pick<SignerOptions, 'program' | 'password' | 'onCrash'> {
  /** The home with what leads to its ledger; asked for once the CA key is open. */
  readonly homeWithLedger: () => Promise<Home>;
  /** Lets guests find it by mDNS; told why that cannot be on a network. */
  readonly announce?: { readonly onTrouble: (reason: string) => void };
}

/** A running Auto CA, as long as its signer runs. */
export interface SignedServedHome extends ServedHome {
  /** Resolves with the reason when nothing can be signed any more. */
  readonly lost: Promise<QTChatError>;
}

/**
 * Opens the CA key in a process of its own, then serves.
 *
 * @throws {QTChatError} what {@link startSigner} and {@link serveHome} throw
 */
export async function serveWithSigner(home: Home, options: SignedServeOptions): Promise<SignedServedHome> {
  const { program, password, onCrash, homeWithLedger, announce, ...serving } = options;
  let whole: Promise<Home> | undefined;
  const location = async () => {
    whole ??= homeWithLedger();
    return locateLedger(await whole);
  };
  const signer = await startSigner(home, { program, password, onCrash, location }, options.deps);
  let served: ServedHome | undefined;
  let withdraw: (() => Promise<void>) | undefined;
  const close = async (): Promise<void> => {
    await withdraw?.();
    await served?.close();
    await signer.close();
  };
  try {
    served = await serveHome((await whole) ?? home, { ...serving, ca: signer });
    withdraw = announce && (await announcing(served.port, options, announce));
    return { ...served, close, lost: signer.lost };
  } catch (error) {
    await close();
    throw error;
  }
}

async function announcing(
  port: number,
  { deps, host }: SignedServeOptions,
  options: NonNullable<SignedServeOptions['announce']>,
): Promise<() => Promise<void>> {
  const { announceOnLan } = await import('../src/enroll/lan.js');
  return announceOnLan(port, deps, { host, ...options });
}
