/**
 * Starts the process that holds the CA key (child.ts), and starts it again after a crash where the password
 * can be read again. This process hands the password on and keeps none.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fromPlainError, type PlainError, QTChatError } from '../../src/errors.js';
import type { LedgerLocation } from '../../src/ledger/location.js';
import { connectSigner, type RemoteSigner, signerGone } from '../../src/ledger/remote-signer.js';
import type { OpenedCa, Signer } from '../../src/ledger/signer.js';
import { loadCaChain } from '../../src/store/ca.js';
import type { Home } from '../../src/store/home.js';

/** What the child is told, one after the other. */
export type SignerTask =
  /** Open the CA in the home with this folder. */
  | { readonly type: 'open'; readonly folder: string; readonly password: string | undefined }
  /** Serve what this ledger holds. */
  | { readonly type: 'serve'; readonly location: LedgerLocation };

/** What the child answers. */
export type SignerReport = { readonly type: 'done' } | ({ readonly type: 'failed' } & PlainError);

/** Where the password comes from. */
export interface PasswordSource {
  /** Called at each start. */
  read(): Promise<string | undefined>;
  /** It can be read again without asking anybody. */
  readonly again: boolean;
}

/** How to start it. */
export interface SignerOptions {
  /** Path of child.ts as it was built. */
  readonly program: string;
  readonly password: PasswordSource;
  /** Where the ledger is; asked once the CA is open. */
  readonly location: () => Promise<LedgerLocation>;
  /** Told of a process that ended by itself, and whether another one is started. */
  readonly onCrash: (reason: string, again: boolean) => void;
}

/** A signer in a process of its own. */
export interface StartedSigner extends OpenedCa {
  /** Resolves with the reason when the process has ended and is not started again; never after `close`. */
  readonly lost: Promise<QTChatError>;
  close(): Promise<void>;
}

/** After so many crashes within a minute there is no use in another start. */
const crashLimit = 3;
const crashWindowMs = 60_000;

/**
 * Starts the signer of a home.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_PASSWORD_WRONG`, `ERR_STORE_EXISTS` when one runs in this home
 *   already, and what opening the ledger throws
 */
export async function startSigner(
  home: Home,
  options: SignerOptions,
  deps: { readonly clock: () => Date },
): Promise<StartedSigner> {
  const chain = await loadCaChain(home);
  const start = async (): Promise<Running> => run(home, options, chain);
  const crashes: number[] = [];
  let isClosing = false;
  let running = await start();
  let current: Promise<Signer> = Promise.resolve(running.signer);
  const lost = (async (): Promise<QTChatError> => {
    for (;;) {
      const reason = await running.ended;
      if (isClosing) return new Promise<never>(() => {});
      const now = deps.clock().getTime();
      crashes.push(now);
      const recent = crashes.filter((at) => now - at < crashWindowMs).length;
      const again = options.password.again && recent < crashLimit;
      options.onCrash(reason, again);
      if (!again) return endedByItself(reason);
      const starting = start();
      current = starting.then(({ signer }) => signer);
      current.catch(() => {}); // said below
      try {
        running = await starting;
      } catch (error) {
        return error instanceof QTChatError ? error : endedByItself(reason);
      }
    }
  })();
  const signer: Signer = {
    chain,
    issue: async (serialNumber) => (await current).issue(serialNumber),
    issueCrl: async (number) => (await current).issueCrl(number),
    signAuditHead: async () => (await current).signAuditHead(),
  };
  return {
    chain,
    signerFor: async () => signer,
    lost,
    close: async () => {
      isClosing = true;
      running.stop();
      await running.ended;
    },
  };
}

interface Running {
  readonly signer: RemoteSigner;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
  stop(): void;
}

async function run(home: Home, options: SignerOptions, chain: OpenedCa['chain']): Promise<Running> {
  const password = await options.password.read();
  const child = fork(options.program, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = endOf(child);
  try {
    await tell(child, { type: 'open', folder: home.folder, password }, ended);
    await tell(child, { type: 'serve', location: await options.location() }, ended);
    const signer = await connectSigner(home, chain);
    if (signer === undefined) throw signerGone();
    const stop = (): void => {
      signer.close();
      if (child.connected) child.disconnect();
    };
    return { signer, ended, stop };
  } catch (error) {
    if (child.connected) child.disconnect();
    await ended;
    throw error;
  }
}

async function tell(child: ChildProcess, task: SignerTask, ended: Promise<string>): Promise<void> {
  const answer = once(child, 'message').then(([report]) => report as SignerReport);
  child.send(task);
  const report = await Promise.race([answer, ended]);
  if (typeof report === 'string') throw endedByItself(report);
  if (report.type === 'done') return;
  throw fromPlainError(report);
}

async function endOf(child: ChildProcess): Promise<string> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal === null ? `exit code ${code}` : signal;
}

function endedByItself(reason: string): QTChatError {
  return new QTChatError('ERR_SIGNER_GONE', `the process that held the CA key has ended (${reason})`, {
    hint: 'Start the Auto CA again; with --ca-password-file it can do so by itself',
  });
}
