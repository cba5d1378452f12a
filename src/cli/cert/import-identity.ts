/** `cert import`: a key with its certificates becomes an identity of this home, if it proves to be a member of a circle. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError } from '../../errors.js';
import { circleIdOf, circleNamesOf } from '../../pki/circle.js';
import { describeCertificate } from '../../pki/describe.js';
import { rootCertificate } from '../../pki/issuer.js';
import { readPfx } from '../../pki/pfx.js';
import { verifyPath } from '../../pki/verify-path.js';
import { loadCaChain } from '../../store/ca.js';
import { currentMember, type Home, identityFolder, speakAs } from '../../store/home.js';
import { hasKeyPassword, type Identity, type KeyOrigin, saveIdentity } from '../../store/identities.js';
import { takeBack } from '../../store/private-file.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import type { Deps } from '../deps.js';
import { readRootFile } from './trust-anchor.js';

/** How to import. */
export interface ImportOptions {
  readonly rootFile?: string | undefined;
  /** Keep an identity of the same name as `.NAME.bak`. */
  readonly force: boolean;
  /** The time for which the certificate must be valid. */
  readonly at: Date;
}

/** A key with its certificates, as somebody handed them over. */
export interface Credential {
  readonly key: KeyObject;
  /** The member's certificate first. */
  readonly certificates: readonly X509Certificate[];
  readonly keyOrigin: KeyOrigin;
}

/** What came of it. */
export interface ImportedIdentity {
  readonly identity: Identity;
  /** Whether the home speaks as it from now on. */
  readonly speaks: boolean;
  /** Whether the key of the one that it replaced had a password. */
  readonly hadPassword: boolean;
}

/**
 * Imports the identity in a `.pfx`. Whoever wrote the file has had the key, so its origin is `server`.
 *
 * The root to trust is that of `rootFile`, of the file itself, which its password protects, or of the CA of the home.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND` without a root; what reading and {@link importIdentity} throw
 */
export async function importPfx(
  home: Home,
  pfx: Buffer,
  password: string,
  options: ImportOptions,
  deps: BusyDeps & Pick<Deps, 'signal'>,
): Promise<ImportedIdentity> {
  const { key, chain: certificates } = await whileCalculating('Decrypting', deps, () => readPfx(pfx, password));
  const trustAnchor = await findRoot(home, certificates, options.rootFile, deps.signal);
  return importIdentity(home, { key, certificates, keyOrigin: 'server' }, trustAnchor, options);
}

/**
 * Imports an identity. In a home that speaks as nobody yet, the home speaks as it from then on.
 *
 * @throws {QTChatError} `ERR_PKI_PATH_INVALID` when the certificate does not lead to the root,
 *   `ERR_PKI_CERTIFICATE_INVALID` when it is not that of one member of that circle,
 *   `ERR_STORE_EXISTS` unless `force`; what saving throws
 */
export async function importIdentity(
  home: Home,
  { key: privateKey, certificates, keyOrigin }: Credential,
  trustAnchor: X509Certificate,
  options: ImportOptions,
): Promise<ImportedIdentity> {
  const chain = certificates.filter((certificate) => !isSelfIssued(certificate));
  const purposes = ['serverAuth', 'clientAuth'] as const;
  const faults = purposes.flatMap((purpose) => verifyPath(chain, trustAnchor, { at: options.at, purpose }));
  if (faults.length > 0) {
    const reasons = [...new Set(faults.map(({ message }) => message))].join('; ');
    throw new QTChatError('ERR_PKI_PATH_INVALID', `the certificate in the file is not valid: ${reasons}`);
  }
  const circleId = circleIdOf(trustAnchor);
  const member = memberOf(chain, circleId);
  const identity: Identity = { member, circleId, privateKey, chain, trustAnchor, keyOrigin };
  const hadPassword = await hasKeyPassword(home, member);
  const old = await saveIdentity(home, identity, { replace: options.force });
  try {
    if ((await currentMember(home)) === undefined) await speakAs(home, member);
    return { identity, speaks: (await currentMember(home)) === member, hadPassword };
  } catch (error) {
    await takeBack(identityFolder(home, member), old);
    throw error;
  }
}

async function findRoot(
  home: Home,
  certificates: readonly X509Certificate[],
  rootFile: string | undefined,
  signal: AbortSignal,
): Promise<X509Certificate> {
  if (rootFile !== undefined) return readRootFile(rootFile, signal);
  const inside = certificates.find(isSelfIssued);
  if (inside !== undefined) return inside;
  try {
    return rootCertificate({ chain: await loadCaChain(home) });
  } catch (error) {
    if (!isQTChatError(error, 'ERR_STORE_NO_CA')) throw error;
    throw new QTChatError('ERR_STORE_NOT_FOUND', 'the file does not hold the root of its circle', {
      hint: 'Name the root with --root-file FILE',
    });
  }
}

function memberOf(chain: readonly X509Certificate[], circleId: string): string {
  const [leaf] = chain;
  const [name, ...others] = leaf === undefined || describeCertificate(leaf).ca ? [] : circleNamesOf(leaf);
  if (name !== undefined && others.length === 0 && name.circleId === circleId) return name.member;
  throw new QTChatError(
    'ERR_PKI_CERTIFICATE_INVALID',
    'the certificate in the file is not that of a member of its circle',
    {
      hint: 'Ask the host of the circle for an invite, or for a certificate made by qtchat cert issue',
    },
  );
}

function isSelfIssued(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate);
}
