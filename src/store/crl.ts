/**
 * The newest revocation list that a home knows of its circle: verified before it is kept, never
 * replaced by an older one, and kept when it has ended, because what it names stays revoked.
 */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError } from '../errors.js';
import { readCertificateFields } from '../pki/certificate-fields.js';
import { type Crl, readCrl, verifyCrl } from '../pki/read-crl.js';
import { inWords } from '../pki/verify-path.js';
import { findInCrlFiles, placeCrlFile, stateOfCrlFiles } from './crl-files.js';
import type { Home } from './home.js';
import type { PublicIdentity } from './identities.js';

/** How much a home knows: nothing; what holds now; or what held once. */
export type CrlFreshness = 'none' | 'fresh' | 'stale';

/** Who issues the lists of an identity's circle: the CA that issued its own certificate. */
export function crlIssuerOf({ chain, trustAnchor }: Pick<PublicIdentity, 'chain' | 'trustAnchor'>): X509Certificate {
  return chain[1] ?? trustAnchor;
}

/**
 * Keeps a list, unless the one that is known is as new. Of several that processes keep at the same time, the newest
 * is known afterwards.
 *
 * @param der - from anywhere
 * @returns whether it was news
 * @throws {QTChatError} `ERR_PKI_CRL_INVALID` when it is not by `issuer`, or older than the one that is known;
 *   `ERR_STORE_UNWRITABLE`
 */
export async function keepCrl(home: Home, circleId: string, der: Buffer, issuer: X509Certificate): Promise<boolean> {
  const crl = readCrl(der);
  verifyCrl(crl, issuer);
  const known = await loadCrl(home, circleId, issuer);
  if (known !== undefined && numberOf(crl) < numberOf(known)) {
    throw new QTChatError(
      'ERR_PKI_CRL_INVALID',
      `the revocation list ${numberOf(crl)} is older than the one known, ${numberOf(known)}`,
      { hint: 'The newer one is kept; whoever offers an old one may hide a revocation' },
    );
  }
  if (known !== undefined && numberOf(crl) === numberOf(known)) return false;
  await placeCrlFile(home, circleId, numberOf(crl), der);
  return true;
}

/**
 * Keeps a list unless a newer one is known: one that anybody has handed on, or one of ours while another process issued
 * the next.
 *
 * @returns whether it was news; whatever is no list by `issuer` is none
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function keepNewerCrl(
  home: Home,
  circleId: string,
  der: Buffer,
  issuer: X509Certificate,
): Promise<boolean> {
  try {
    return await keepCrl(home, circleId, der, issuer);
  } catch (error) {
    if (isQTChatError(error, 'ERR_PKI_CRL_INVALID')) return false;
    throw error;
  }
}

/** The octets of the list that is known; undefined when there is none. */
export async function readKnownCrl(home: Home, identity: PublicIdentity): Promise<Buffer | undefined> {
  const issuer = crlIssuerOf(identity);
  return findInCrlFiles(home, identity.circleId, (der) => (verified(der, issuer) === undefined ? undefined : der));
}

/**
 * The list that is known; undefined when there is none, or only one by another issuer.
 *
 * @throws {QTChatError} `ERR_STORE_PERMISSIONS`
 */
export async function loadCrl(home: Home, circleId: string, issuer: X509Certificate): Promise<Crl | undefined> {
  return findInCrlFiles(home, circleId, (der) => verified(der, issuer));
}

/** Whether a list holds at this moment. */
export function freshnessOf(crl: Crl | undefined, now: Date): CrlFreshness {
  if (crl === undefined) return 'none';
  return crl.nextUpdate !== undefined && now <= crl.nextUpdate ? 'fresh' : 'stale';
}

/** What a process knows of revocations while it runs; asks no disk but in {@link refresh}. */
export class RevocationKnowledge {
  readonly #home: Home;
  readonly #circleId: string;
  readonly #issuer: X509Certificate;
  readonly #requireFresh: boolean;
  #crl: Crl | undefined;
  #revoked: ReadonlyMap<string, string> = new Map();
  #filesState = '';

  /** @param options.requireFresh - trust nobody without a list that holds now */
  constructor(home: Home, identity: PublicIdentity, options: { readonly requireFresh: boolean }) {
    this.#home = home;
    this.#circleId = identity.circleId;
    this.#issuer = crlIssuerOf(identity);
    this.#requireFresh = options.requireFresh;
  }

  /** The list that is known. */
  get crl(): Crl | undefined {
    return this.#crl;
  }

  /** The number of that list, where it has one that can be told. */
  get number(): number | undefined {
    const number = Number(this.#crl?.number ?? -1n);
    return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
  }

  /** Reads the list again if another process, or this one, has written it; true when it has changed. */
  async refresh(): Promise<boolean> {
    const state = await stateOfCrlFiles(this.#home, this.#circleId);
    if (state === this.#filesState) return false;
    this.#filesState = state;
    this.#crl = await loadCrl(this.#home, this.#circleId, this.#issuer);
    const entries = this.#crl?.revoked ?? [];
    this.#revoked = new Map(
      entries.map(({ serialNumber, revokedAt, reason }) => [serialNumber, `${inWords(revokedAt)} (${reason})`]),
    );
    return true;
  }

  /** Why a certificate must not be trusted, as half a sentence; undefined when nothing speaks against it. */
  faultOf(certificate: X509Certificate, now: Date): string | undefined {
    const isOurs = this.#crl?.issuer.equals(readCertificateFields(certificate).issuer) ?? false;
    const revoked = isOurs ? this.#revoked.get(certificate.serialNumber) : undefined;
    if (revoked !== undefined) return `its certificate was revoked on ${revoked}`;
    if (!this.#requireFresh || (isOurs && freshnessOf(this.#crl, now) === 'fresh')) return undefined;
    return 'whether its certificate was revoked is not known: there is no fresh revocation list';
  }
}

/** Undefined for one that was damaged, or of a former CA: it is as good as none, and the next one takes its place. */
function verified(der: Buffer, issuer: X509Certificate): Crl | undefined {
  try {
    const crl = readCrl(der);
    verifyCrl(crl, issuer);
    return crl;
  } catch (error) {
    if (isQTChatError(error, 'ERR_PKI_CRL_INVALID')) return undefined;
    throw error;
  }
}

/** Programs of old leave the number out; ours never do. */
function numberOf({ number }: Crl): bigint {
  return number ?? 0n;
}
