/**
 * `cert issue`: a key and a certificate for a member, in one step. The files are written while the
 * ledger's transaction is open, so that either all of it happens or nothing does.
 */
import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { issueMemberCertificate } from '../ledger/issue-member-certificate.js';
import { inTransaction, openLedger } from '../ledger/open.js';
import { circleIdOf } from '../pki/circle.js';
import { type Issuer, rootCertificate } from '../pki/issuer.js';
import { generateKey, type KeyType } from '../pki/key-type.js';
import type { SubjectAltName } from '../pki/subject-alt-name.js';
import { currentMember, type Home, identityFolder, speakAs } from '../store/home.js';
import { saveIdentity } from '../store/identities.js';
import { takeBack } from '../store/private-file.js';
import { loadProfile } from '../store/profiles.js';
import { type CredentialPaths, writeCredential } from './credential-files.js';
import type { Deps } from './deps.js';

/** What to issue, and where it goes. */
export interface CredentialRequest {
  readonly member: string;
  readonly names: readonly SubjectAltName[];
  /** What of a san.cnf was left out, as sentences without a full stop. */
  readonly warnings: readonly string[];
  readonly keyType: KeyType;
  /** The profile's default when left out. */
  readonly validityDays?: number | undefined;
  /** Save it as an identity of this home, which speaks as it from then on. */
  readonly adopt: boolean;
  /** Files to write beside that; none when empty. */
  readonly paths: CredentialPaths;
  /** Seals the `.pfx`, where one is asked for. */
  readonly pfxPassword?: string | undefined;
  /** Revoke the member's valid certificate; its identity here is kept as `.NAME.bak`. */
  readonly replace: boolean;
  /** Keep files and identities that stand in the way as `.bak`. */
  readonly force: boolean;
}

/** What came of it. */
export interface IssuedCredential {
  readonly certificate: X509Certificate;
  readonly circleId: string;
  readonly validityCut?: string;
}

/**
 * Issues and saves a credential, all of it or nothing.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`, `ERR_STORE_EXISTS` unless `force`,
 *   what planning and writing throw
 */
export async function issueCredential(
  home: Home,
  request: CredentialRequest,
  issuer: Issuer,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<IssuedCredential> {
  const [profile, key] = await Promise.all([loadProfile(), generateKey(request.keyType)]);
  const { member, names, replace, validityDays = profile.defaultValidityDays } = request;
  const ledger = await openLedger(home);
  const undo: (() => Promise<void>)[] = [];
  try {
    const issued = await inTransaction(ledger, async (transaction) => {
      const publicKey = createPublicKey(key);
      const wanted = { member, names, publicKey, validityDays, replace, by: 'cert issue' };
      const result = await issueMemberCertificate(transaction, issuer, profile, wanted, deps);
      const chain = [result.certificate, ...issuer.chain.slice(0, -1)];
      await writeCredential(request, { key, chain }, undo, deps);
      if (request.adopt) await adopt(home, request, { key, chain, issuer }, undo);
      return result;
    });
    return { ...issued, circleId: circleIdOf(rootCertificate(issuer)) };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  } finally {
    await ledger.destroy();
  }
}

async function adopt(
  home: Home,
  request: CredentialRequest,
  { key, chain, issuer }: { key: KeyObject; chain: X509Certificate[]; issuer: Issuer },
  undo: (() => Promise<void>)[],
): Promise<void> {
  const { member, replace, force } = request;
  const trustAnchor = rootCertificate(issuer);
  const circleId = circleIdOf(trustAnchor);
  const identity = { member, circleId, privateKey: key, chain, trustAnchor, keyOrigin: 'local' } as const;
  const old = await saveIdentity(home, identity, { replace: replace || force });
  undo.push(() => takeBack(identityFolder(home, member), old));
  const former = await currentMember(home);
  await speakAs(home, member);
  undo.push(() => speakAs(home, former));
}
