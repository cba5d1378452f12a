/** Gathers who I am here, what runs, and what to do next. Reads only. */
import { reachableAddresses } from '../enroll/addresses.js';
import { type ErrorCode, isQTChatError } from '../errors.js';
import { circleIdOf } from '../pki/circle.js';
import { hasEnded } from '../pki/validity.js';
import { loadCaChain } from '../store/ca.js';
import { listContacts } from '../store/contacts.js';
import { type CrlFreshness, crlIssuerOf, freshnessOf, loadCrl } from '../store/crl.js';
import { type Home, storeFolder } from '../store/home.js';
import { loadPublicIdentity, type PublicIdentity } from '../store/identities.js';
import { exists } from '../store/private-file.js';
import { listRequests } from '../store/requests.js';
import { listRunning, type Running } from '../store/running.js';

/** The state of a home, as `qtchat status --json` prints it. */
export interface Status {
  readonly home: string;
  readonly identity: {
    member: string;
    circleId: string;
    notAfter: string;
    expired: boolean;
    keyOrigin: string;
    /** Whether its key opens only with a password. */
    hasPassword: boolean;
  } | null;
  /** What is known of revocations in the circle of the identity. */
  readonly revocationList: { freshness: CrlFreshness; thisUpdate: string | null } | null;
  /** The circle this home is the CA of; how many certificates were revoked is null where that takes a database server. */
  readonly ca: { circleId: string; notAfter: string; revoked: number | null } | null;
  /** Member names of the contacts that are not blocked. */
  readonly contacts: readonly string[];
  /** Names of the requests of this home that wait for their certificate. */
  readonly requests: readonly string[];
  readonly running: readonly Running[];
  /** The next sensible command. */
  readonly next: string;
  /** Why it is sensible, as a phrase. */
  readonly nextReason: string;
}

/**
 * Looks at `home` without changing it.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED`, `ERR_STORE_PERMISSIONS`
 */
export async function gatherStatus(home: Home, deps: { clock: () => Date }): Promise<Status> {
  const [identity, root, contacts, requests, running] = await Promise.all([
    orAbsent(loadPublicIdentity(home), 'ERR_STORE_NO_IDENTITY'),
    orAbsent(loadCaChain(home), 'ERR_STORE_NO_CA').then((chain) => chain?.at(-1)),
    contactNames(home, deps),
    listRequests(home),
    listRunning(home),
  ]);
  const notAfter = identity?.chain[0]?.validTo;
  const known = {
    home: home.folder,
    identity:
      identity === undefined || notAfter === undefined
        ? null
        : {
            member: identity.member,
            circleId: identity.circleId,
            notAfter: new Date(notAfter).toISOString(),
            expired: hasEnded(new Date(notAfter), deps.clock()),
            keyOrigin: identity.keyOrigin,
            hasPassword: identity.hasPassword,
          },
    revocationList: identity === undefined ? null : await describeKnownList(home, identity, deps.clock()),
    ca:
      root === undefined
        ? null
        : {
            circleId: circleIdOf(root),
            notAfter: new Date(root.validTo).toISOString(),
            revoked: await countRevoked(home, deps.clock()),
          },
    contacts,
    requests,
    running,
  };
  return { ...known, ...nextStep(known) };
}

function nextStep(known: Omit<Status, 'next' | 'nextReason'>): { next: string; nextReason: string } {
  const { identity, ca, contacts, requests, running } = known;
  if (identity === null || identity.expired) {
    if (ca !== null) {
      return {
        next: `qtchat cert issue --ip ${reachableAddresses(undefined)[0]}`,
        nextReason: 'to give yourself an identity',
      };
    }
    const [request] = requests;
    if (request !== undefined) {
      return {
        next: `qtchat cert import ${request}.pem --root-file root.pem`,
        nextReason: 'when the answer to your request has come',
      };
    }
    const reason =
      identity === null ? 'to join a circle (or qtchat host, to start one)' : 'with a new invite: yours has expired';
    return { next: 'qtchat enroll', nextReason: reason };
  }
  if (ca !== null && !running.some(({ service }) => service === 'autoca') && contacts.length === 0) {
    return {
      next: 'qtchat autoca serve',
      nextReason: 'so that others can join; invite them by qtchat autoca invite NAME',
    };
  }
  const [contact] = contacts;
  if (contact !== undefined) return { next: `qtchat chat --peer ${contact}`, nextReason: `to talk to ${contact}` };
  return { next: 'qtchat chat', nextReason: 'to wait for others of your circle' };
}

/** What is known of revocations in the circle of an identity. */
export async function describeKnownList(
  home: Home,
  identity: PublicIdentity,
  now: Date,
): Promise<NonNullable<Status['revocationList']>> {
  const crl = await loadCrl(home, identity.circleId, crlIssuerOf(identity));
  return { freshness: freshnessOf(crl, now), thisUpdate: crl?.thisUpdate.toISOString() ?? null };
}

/** Null where there is no ledger in a file, or none that can be read: a status answers at once, whatever is wrong. */
async function countRevoked(home: Home, now: Date): Promise<number | null> {
  const { locateLedger } = await import('../ledger/location.js');
  const location = await locateLedger(home).catch(() => undefined);
  if (location?.type !== 'sqlite' || !(await exists(location.path))) return null;
  const [{ openLedgerAt }, { overviewOf }] = await Promise.all([
    import('../ledger/open.js'),
    import('../ledger/overview.js'),
  ]);
  try {
    const ledger = await openLedgerAt(location);
    try {
      return (await overviewOf(ledger, now)).revokedCertificates;
    } finally {
      await ledger.destroy();
    }
  } catch (error) {
    if (isQTChatError(error)) return null;
    throw error;
  }
}

async function contactNames(home: Home, deps: { clock: () => Date }): Promise<string[]> {
  // Opening the store would create it, and looking must not leave traces.
  if (!(await exists(storeFolder(home)))) return [];
  const all = await listContacts(home, deps);
  return all.filter(({ blocked }) => !blocked).map(({ member }) => member);
}

async function orAbsent<Value>(loading: Promise<Value>, code: ErrorCode): Promise<Value | undefined> {
  try {
    return await loading;
  } catch (error) {
    if (isQTChatError(error, code)) return undefined;
    throw error;
  }
}
