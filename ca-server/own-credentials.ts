/**
 * The Auto CA's own certificates: one by which it proves itself to members, one that signs answers
 * about revocation. They are issued through the ledger like any other; their keys are made at the
 * start and never leave the memory, so a certificate of a server that has ended is of use to nobody.
 */
import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { isQTChatError } from '../src/errors.js';
import { issueMemberCertificate } from '../src/ledger/issue-member-certificate.js';
import { autoCaName } from '../src/pki/circle.js';
import { generateKey } from '../src/pki/key-type.js';
import { parseDnsName, parseIpAddress, type SubjectAltName } from '../src/pki/subject-alt-name.js';
import { autoCaProfile, loadProfile } from '../src/store/profiles.js';
import type { AutoCa } from './auto-ca.js';

/** A key with its certificates. */
export interface OwnCredential {
  readonly key: KeyObject;
  /** Its own certificate first, then any intermediates; the root is left out. */
  readonly chain: readonly X509Certificate[];
}

type Parts = Pick<AutoCa, 'ledger' | 'signer' | 'deps'>;

/** How long each serves: a server that runs on renews them long before. */
const validityDays = 7;

/** Both credentials of a running server; there are none before the first {@link issue}. */
export class OwnCredentials {
  readonly #autoCa: Parts;
  readonly #addresses: readonly string[];
  #tls: OwnCredential | undefined;
  #ocsp: OwnCredential | undefined;

  /** @param addresses - host names and IP addresses by which the server is reached */
  constructor(autoCa: Parts, addresses: readonly string[]) {
    this.#autoCa = autoCa;
    this.#addresses = addresses;
  }

  /** By which the server proves itself. */
  get tls(): OwnCredential | undefined {
    return this.#tls;
  }

  /** Which signs answers about revocation. */
  get ocsp(): OwnCredential | undefined {
    return this.#ocsp;
  }

  /** Whether there are none, or they have lived two thirds of their life. */
  get isDue(): boolean {
    const now = this.#autoCa.deps.clock().getTime();
    return [this.#tls, this.#ocsp].some((credential) => credential === undefined || now >= renewalTimeOf(credential));
  }

  /**
   * Issues both anew.
   *
   * @throws {QTChatError} what issuing throws
   */
  async issue(): Promise<void> {
    this.#tls = await issueTls(this.#autoCa, this.#addresses);
    this.#ocsp = await issueOwn(this.#autoCa, 'ocsp', []);
  }
}

// The addresses are for other programs, which look for them; members know the Auto CA by its URI. A CA
// that may not certify them certifies the URI alone.
async function issueTls(autoCa: Parts, addresses: readonly string[]): Promise<OwnCredential> {
  try {
    return await issueOwn(autoCa, autoCaProfile, addresses.flatMap(nameFrom));
  } catch (error) {
    if (!isQTChatError(error, 'ERR_PKI_PLAN_REFUSED')) throw error;
    return issueOwn(autoCa, autoCaProfile, []);
  }
}

async function issueOwn(
  { ledger, signer, deps }: Parts,
  profileName: string,
  names: readonly SubjectAltName[],
): Promise<OwnCredential> {
  const [key, profile] = await Promise.all([generateKey('p256'), loadProfile(profileName)]);
  const request = { member: autoCaName, names, publicKey: createPublicKey(key), validityDays, profileName };
  const by = 'autoca serve';
  const { certificate } = await issueMemberCertificate(ledger, signer, profile, { ...request, by }, deps);
  return { key, chain: [certificate, ...signer.chain.slice(0, -1)] };
}

function nameFrom(address: string): SubjectAltName[] {
  try {
    return [isIP(address) === 0 ? parseDnsName(address) : parseIpAddress(address)];
  } catch (error) {
    // What can be listened on need not be fit for a certificate.
    if (isQTChatError(error, 'ERR_PKI_SAN_INVALID')) return [];
    throw error;
  }
}

function renewalTimeOf({ chain: [certificate] }: OwnCredential): number {
  const [start, end] = [Date.parse(certificate?.validFrom ?? ''), Date.parse(certificate?.validTo ?? '')];
  return start + ((end - start) * 2) / 3;
}
