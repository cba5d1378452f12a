/** Joins a circle: talks to its Auto CA, keeps what it gives, and replaces the key that the host has seen. */
import { enroll } from '../../enroll/client.js';
import { saveEnrolled } from '../../enroll/save-enrolled.js';
import { settleIn } from '../../enroll/settle-in.js';
import type { WayIn } from '../../enroll/way-in.js';
import type { Contact } from '../../store/contacts.js';
import type { Home } from '../../store/home.js';
import { hasKeyPassword, refuseExistingIdentity } from '../../store/identities.js';
import { type BusySign, whileBusy } from '../busy.js';
import type { Deps } from '../deps.js';
import { type GainedIdentity, gainedIdentity, gainedWords, lostPassword } from '../describe-identity.js';

/** How to join. */
export interface JoinOptions {
  /** Makes the key here, so that the host never sees it. */
  readonly localKey: boolean;
  /** Keeps the key that the host made. */
  readonly keepServerKey: boolean;
  /** Replaces an identity of the same name. */
  readonly force: boolean;
}

/** What joining takes. */
export type JoinDeps = Deps & { readonly busy: BusySign };

/** What came of it. */
export interface Joined {
  readonly gained: GainedIdentity;
  /** The host, as the first contact. */
  readonly host: Pick<Contact, 'member' | 'addresses'> | undefined;
  /** What the user is told: the result, and what is to be known of it. */
  readonly line: string;
  readonly notes: readonly string[];
}

/**
 * Joins a circle.
 *
 * @param deps - `busy` is the one that the way in was chosen with: it stops while a question of it stands
 * @throws {QTChatError} `ERR_STORE_EXISTS` without `force`; what enrolling throws
 */
export async function join(home: Home, way: WayIn, options: JoinOptions, { busy, ...deps }: JoinDeps): Promise<Joined> {
  const { localKey, keepServerKey, force } = options;
  const existsHint = 'The invite still serves: enrol again with --force, and the old one is kept as .bak';
  let speaks = false;
  let hadPassword = false;
  busy.start('Talking to the host');
  const { host, ...enrolled } = await enroll(way, {
    localKey,
    check: async ({ member }) => {
      if (!force) await refuseExistingIdentity(home, member, existsHint);
      hadPassword = await hasKeyPassword(home, member);
    },
    save: async ({ identity, host }) => {
      const kept = keepServerKey ? { ...identity, keepsServerKey: true } : identity;
      const saved = { identity: kept, ...(host !== undefined && { host }) };
      speaks = await saveEnrolled(home, saved, { replace: force, deps });
    },
    deps,
    signal: deps.signal,
  }).finally(() => busy.stop());
  const settling = () => settleIn(home, { ...enrolled.identity, keepsServerKey: keepServerKey }, deps);
  const { identity, trouble } = await whileBusy('Talking to the host', deps, settling);
  const gained = gainedIdentity(identity, speaks);
  const { line, notes } = gainedWords(gained, host?.member);
  const aboutKey = [
    ...(hadPassword ? [lostPassword] : []),
    ...(trouble === undefined
      ? []
      : [`The host's key could not be replaced yet: ${trouble.message}; chat tries again`]),
    ...(identity.keyOrigin === 'server' ? ['The host made your key and has seen it; --local-key avoids that'] : []),
  ];
  return { gained, host, line, notes: [...aboutKey, ...notes] };
}
