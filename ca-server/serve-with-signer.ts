/** Runs the Auto CA of a home with the CA key in a process of its own. */
import { join } from 'node:path';
import type { QTChatError } from '../src/errors.js';
import { locateLedger } from '../src/ledger/location.js';
import type { KeyType } from '../src/pki/key-type.js';
import type { Home } from '../src/store/home.js';
import { startKeyThreads } from './keys/key-threads.js';
import { type ServedHome, type ServeOptions, serveHome } from './serve-home.js';
import { type SignerOptions, startSigner } from './signer/start-signer.js';

/** How to run it. */
export interface SignedServeOptions
  extends Omit<ServeOptions, 'ca' | 'keys'>,
    Pick<SignerOptions, 'password' | 'onCrash'> {
  /** Folder of the programs that run beside this one, as they were built: signer.js and key-worker.js. */
  readonly programs: string;
  /** Kind of the keys made for guests; P-256 when left out. */
  readonly keyType?: KeyType;
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
  const { programs, keyType = 'p256', password, onCrash, homeWithLedger, announce, ...serving } = options;
  let whole: Promise<Home> | undefined;
  const location = async () => {
    whole ??= homeWithLedger();
    return locateLedger(await whole);
  };
  const program = join(programs, 'signer.js');
  const signer = await startSigner(home, { program, password, onCrash, location }, options.deps);
  const keys = startKeyThreads(keyType, join(programs, 'key-worker.js'), { ahead: serving.requireLocalKey !== true });
  let served: ServedHome | undefined;
  let withdraw: (() => Promise<void>) | undefined;
  const close = async (): Promise<void> => {
    await withdraw?.();
    await served?.close();
    await keys.close();
    await signer.close();
  };
  try {
    served = await serveHome((await whole) ?? home, { ...serving, ca: signer, keys });
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
  return announceOnLan({ type: 'qtchat-autoca', port }, deps, { host, ...options });
}
