/**
 * Keeps an identity good while a program runs: renews its certificate at two thirds of its life, and
 * fetches the circle's revocation list again and again. An Auto CA that is away is no trouble until
 * something is due.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isQTChatError, type QTChatError } from '../errors.js';
import { spkiFingerprint } from '../pki/circle.js';
import type { Home } from '../store/home.js';
import { type Identity, loadPublicIdentity } from '../store/identities.js';
import { fetchCrl } from './fetch-crl.js';
import { withAutoCa } from './own-auto-ca.js';
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

/** Keeps the identity until `signal` aborts. */
export async function keepIdentity(options: KeepOptions): Promise<void> {
  const { home, signal, onTrouble, intervalMs = defaultIntervalMs } = options;
  let told: string | undefined;
  const tellOnce = (error: QTChatError): void => {
    if (signal.aborted || error.message === told) return;
    told = error.message;
    onTrouble(error);
  };
  let { identity } = options;
  let pauseMs = intervalMs;
  while (!signal.aborted) {
    identity = await takeUp(identity, options);
    // The host's own Auto CA may be started, and move, while the host chats.
    const located = await attempt(() => withAutoCa(home, identity));
    if ('value' in located) identity = located.value;
    if (identity.autoCa !== undefined) {
      identity = await renewWhenDue(identity, options, tellOnce);
      const fetched = await attempt(() => fetchCrl(home, identity, signal));
      if ('value' in fetched && fetched.value) await options.onCrl();
      pauseMs = 'value' in fetched ? intervalMs : Math.min(pauseMs * 2, longestIntervalMs);
    }
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** Takes up what another process of this home has renewed; the key of one that runs stays, whatever was saved. */
async function takeUp(identity: Identity, { home, onRenewed }: KeepOptions): Promise<Identity> {
  const saved = await attempt(() => loadPublicIdentity(home, identity.member));
  if ('error' in saved) return identity;
  const { hasPassword: _, ...known } = saved.value;
  const [[leaf], [ours]] = [known.chain, identity.chain];
  if (leaf === undefined || ours === undefined || leaf.serialNumber === ours.serialNumber) return identity;
  if (spkiFingerprint(leaf) !== spkiFingerprint(ours)) return identity;
  const { privateKey, keyPassword } = identity;
  const taken = { ...known, privateKey, ...(keyPassword && { keyPassword }) };
  onRenewed(taken);
  return taken;
}

async function renewWhenDue(
  identity: Identity,
  { home, clock, signal, onRenewed }: KeepOptions,
  onTrouble: (error: QTChatError) => void,
): Promise<Identity> {
  if (clock() < renewalTimeOf(identity)) return identity;
  const renewal = await attempt(() => renewIdentity(home, identity, { clock, signal }));
  if ('error' in renewal) {
    onTrouble(renewal.error);
    return identity;
  }
  onRenewed(renewal.value);
  return renewal.value;
}

async function attempt<Value>(action: () => Promise<Value>): Promise<{ value: Value } | { error: QTChatError }> {
  try {
    return { value: await action() };
  } catch (error) {
    if (isQTChatError(error)) return { error };
    throw error;
  }
}
