/** `cert verify`: one judgement of path, purpose, names and revocation. */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { findCertificate } from '../../ledger/certificates.js';
import { hasLedger } from '../../ledger/location.js';
import { openLedger } from '../../ledger/open.js';
import { circleIdOf } from '../../pki/circle.js';
import type { ExtendedKeyUsage } from '../../pki/oids.js';
import { type Crl, readCrl } from '../../pki/read-crl.js';
import { parseDnsName, parseIpAddress } from '../../pki/subject-alt-name.js';
import { verifyNames } from '../../pki/verify-names.js';
import { inWords, nameOf, type PathFault, verifyPath } from '../../pki/verify-path.js';
import { verifyRevocation } from '../../pki/verify-revocation.js';
import { freshnessOf, loadCrl } from '../../store/crl.js';
import type { Home } from '../../store/home.js';
import { longListBytes, readBoundedFile } from '../../store/private-file.js';
import type { Deps } from '../deps.js';
import { readCertificateFile } from './certificate-file.js';
import { findTrustAnchor } from './trust-anchor.js';

/** What is to be judged, as typed. */
export interface VerifyRequest {
  /** The certificate, then any intermediates. */
  readonly file: string;
  readonly rootFile?: string | undefined;
  readonly purpose?: ExtendedKeyUsage | undefined;
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly crlFiles: readonly string[];
  /** Not valid where revocation is not known for now. */
  readonly requireFreshCrl?: boolean;
}

/** What was found valid. */
export interface VerifiedCertificate {
  readonly chain: readonly X509Certificate[];
  readonly root: X509Certificate;
  /** Where revocation was looked up; empty when nowhere. */
  readonly revocation: readonly ('crl' | 'ledger' | 'known-crl')[];
  /** The day of the list that this home knows and that has ended; undefined where it knows none, or a fresh one. */
  readonly staleCrl?: Date;
}

/**
 * Verifies a certificate for the present time. Without `crlFiles` the ledger of the home says what was revoked,
 * if it knows the certificate, or else the list that the home has fetched of the circle.
 *
 * @throws {QTChatError} `ERR_PKI_PATH_INVALID` with a sentence for every fault; `ERR_PKI_SAN_INVALID`,
 *   `ERR_PKI_CRL_INVALID`, what finding the root and reading files throws
 */
export async function verifyCertificate(
  home: Home,
  request: VerifyRequest,
  { clock, signal }: Pick<Deps, 'clock' | 'signal'>,
): Promise<VerifiedCertificate> {
  const now = clock();
  const { file, purpose } = request;
  const hosts = request.hosts.map(parseHost);
  const addresses = request.addresses.map((address) => parseIpAddress(address).value);
  const chain = await readCertificateFile(file, signal);
  const root = await findTrustAnchor(home, request.rootFile, signal);
  const crls = await Promise.all(request.crlFiles.map((path) => readCrlFile(path, signal)));
  const [leaf] = chain;
  const recorded = leaf === undefined ? undefined : await faultsByLedger(home, leaf);
  const known = crls.length === 0 && recorded === undefined ? await judgeByKnownList(home, chain, root, now) : {};
  const sources = { crl: crls.length > 0, ledger: recorded !== undefined, 'known-crl': known.isFresh === true };
  const revocation = (['crl', 'ledger', 'known-crl'] as const).filter((source) => sources[source]);
  const faults = [
    ...verifyPath(chain, root, { at: now, ...(purpose !== undefined && { purpose }) }),
    ...(leaf === undefined ? [] : verifyNames(leaf, { hosts, addresses })),
    ...(crls.length === 0 ? [] : verifyRevocation(chain, root, crls, now)),
    ...(recorded ?? []),
    ...(known.faults ?? []),
    ...(request.requireFreshCrl === true && revocation.length === 0 ? [noFreshList] : []),
  ];
  if (faults.length > 0) {
    const reasons = [...new Set(faults.map(({ message }) => message))].join('; ');
    throw new QTChatError('ERR_PKI_PATH_INVALID', `${quote(file)} is not valid: ${reasons}`);
  }
  return { chain, root, revocation, ...(known.staleCrl !== undefined && { staleCrl: known.staleCrl }) };
}

const noFreshList: PathFault = {
  code: 'revocation-unknown',
  message: 'whether it was revoked is not known: there is no fresh revocation list',
};

/** What the list says that this home has fetched: what it names was revoked, even when it has ended. */
async function judgeByKnownList(
  home: Home,
  chain: readonly X509Certificate[],
  root: X509Certificate,
  now: Date,
): Promise<{ faults?: PathFault[]; isFresh?: boolean; staleCrl?: Date }> {
  const crl = await loadCrl(home, circleIdOf(root), chain[1] ?? root);
  if (crl === undefined) return {};
  const isFresh = freshnessOf(crl, now) === 'fresh';
  const faults = verifyRevocation(chain, root, [crl], isFresh ? now : crl.thisUpdate);
  const isJudged = !faults.some(({ code }) => code === 'revocation-unknown');
  const revoked = faults.filter(({ code }) => code === 'revoked');
  return { faults: revoked, isFresh: isFresh && isJudged, ...(!isFresh && isJudged && { staleCrl: crl.thisUpdate }) };
}

function parseHost(text: string): string {
  const { value } = parseDnsName(text);
  if (!value.startsWith('*.')) return value;
  throw new QTChatError('ERR_PKI_SAN_INVALID', `${quote(text)} is no host: expected one name, not a wildcard`, {
    hint: 'Name a host that the wildcard should cover',
  });
}

async function readCrlFile(path: string, signal: AbortSignal): Promise<Crl> {
  const content = await readBoundedFile(path, signal, longListBytes);
  try {
    return readCrl(content);
  } catch (error) {
    if (!isQTChatError(error)) throw error;
    throw new QTChatError(error.code, `${quote(path)}: ${error.message}`, { cause: error });
  }
}

/** What the home's own ledger says; undefined when it does not know the certificate. */
export async function faultsByLedger(home: Home, certificate: X509Certificate): Promise<PathFault[] | undefined> {
  if (!(await hasLedger(home))) return undefined;
  const ledger = await openLedger(home);
  try {
    const record = await findCertificate(ledger, certificate.serialNumber);
    if (record === undefined || !record.content.equals(certificate.raw)) return undefined;
    if (record.revokedAt === undefined) return [];
    const reason = record.revocationReason ?? 'unspecified';
    const message = `${nameOf(certificate)} was revoked on ${inWords(record.revokedAt)} (${reason})`;
    return [{ code: 'revoked', message }];
  } finally {
    await ledger.destroy();
  }
}
