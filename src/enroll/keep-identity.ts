/**
 * Keeps an identity good while a program runs: renews its certificate at two thirds of its life, and
 * fetches the circle's revocation list again and again. An Auto CA that is away is no trouble until
 * something is due.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isQTChatError, type QTChatError } from '../errors.js';
import type { Home } from '../store/home.js';
import type { Identity } from '../store/identities.js';
import { fetchCrl } from './fetch-crl.js';
import { renewalTimeOf, renewIdentity } from './renew-identity.js';

/** What keeping takes, and whom it tells. */
export interface KeepOptions {
  readonly home: Home;
  readonly identity: Identity;
  readonly clock: () => Date;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The identity has another certificate, saved already; its key is the same. */
  readonly onRenewed: (identity: Identity) => void;
  /** Another revocation list is known. */
  readonly onCrl: () => Promise<void>;
  /** A renewal that is due cannot be had; told once for each reason. */
  readonly onTrouble: (error: QTChatError) => void;
  /** How long to wait between two looks. */
  readonly intervalMs?: number;
}

/** Those who were revoked are out within a minute. */
const defaultIntervalMs = 45_000;
/** An Auto CA that is away is asked less often. */
const longestIntervalMs = 10 * 60_000;

/** Keeps the identity until `signal` aborts; returns at once where no Auto CA is known. */
export async function keepIdentity(options: KeepOptions): Promise<void> {
  const { home, clock, signal, onCrl } = options;
  const intervalMs = options.intervalMs ?? defaultIntervalMs;
  let { identity } = options;
  let pauseMs = intervalMs;
  let told: string | undefined;
  while (identity.autoCa !== undefined && !signal.aborted) {
    if (clock() >= renewalTimeOf(identity)) {
      const renewal = await attempt(() => renewIdentity(home, identity, { clock, signal }));
      if ('value' in renewal) {
        identity = renewal.value;
        options.onRenewed(identity);
      } else if (!signal.aborted && renewal.error.message !== told) {
        told = renewal.error.message;
        options.onTrouble(renewal.error);
      }
    }
    const fetched = await attempt(() => fetchCrl(home, identity, signal));
    if ('value' in fetched && fetched.value) await onCrl();
    pauseMs = 'value' in fetched ? intervalMs : Math.min(pauseMs * 2, longestIntervalMs);
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

async function attempt<Value>(action: () => Promise<Value>): Promise<{ value: Value } | { error: QTChatError }> {
  try {
    return { value: await action() };
  } catch (error) {
    if (isQTChatError(error)) return { error };
    throw error;
  }
}
