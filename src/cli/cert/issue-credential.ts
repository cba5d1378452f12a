/** `cert issue`: a key and a certificate for a member, in one step. */
import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import type { OpenedCa } from '../../ledger/signer.js';
import { circleIdOf } from '../../pki/circle.js';
import { rootCertificate } from '../../pki/issuer.js';
import { generateKey, type KeyType } from '../../pki/key-type.js';
import type { SubjectAltName } from '../../pki/subject-alt-name.js';
import { currentMember, type Home, identityFolder, speakAs } from '../../store/home.js';
import { saveIdentity } from '../../store/identities.js';
import { takeBack } from '../../store/private-file.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import type { Deps } from '../deps.js';
import { type CredentialPaths, writeCredential } from './credential-files.js';
import { type IssuedCredential, issueAndSave, type Undo } from './issue-and-save.js';

/** What to issue, and where it goes. */
export interface CredentialRequest {
  readonly member: string;
  readonly names: readonly SubjectAltName[];
  /** What of a san.cnf was left out, as sentences without a full stop. */
  readonly warnings: readonly string[];
  readonly keyType: KeyType;
  readonly profileName: string;
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

/**
 * Issues and saves a credential, all of it or nothing.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`, `ERR_STORE_EXISTS` unless `force`,
 *   what planning and writing throw
 */
export async function issueCredential(
  home: Home,
  request: CredentialRequest,
  ca: OpenedCa,
  deps: BusyDeps & Pick<Deps, 'clock' | 'random' | 'signal'>,
): Promise<IssuedCredential> {
  if (request.paths.pfx !== undefined) {
    const { checkPfxPassword } = await import('../../pki/pfx.js');
    checkPfxPassword(request.pfxPassword ?? '');
  }
  const key = await whileCalculating('Making the key', deps, () => generateKey(request.keyType));
  const { member, names, profileName, replace, validityDays } = request;
  const publicKey = createPublicKey(key);
  const wanted = { member, names, publicKey, profileName, validityDays, replace, by: 'cert issue' };
  const save = async (chain: X509Certificate[], undo: Undo): Promise<void> => {
    await writeCredential(request, { key, chain }, undo, deps);
    if (request.adopt) await adopt(home, request, { key, chain, ca }, undo);
  };
  return issueAndSave(home, ca, wanted, save, deps);
}

async function adopt(
  home: Home,
  request: CredentialRequest,
  { key, chain, ca }: { key: KeyObject; chain: X509Certificate[]; ca: OpenedCa },
  undo: Undo,
): Promise<void> {
  const { member, replace, force } = request;
  const trustAnchor = rootCertificate(ca);
  const circleId = circleIdOf(trustAnchor);
  const identity = { member, circleId, privateKey: key, chain, trustAnchor, keyOrigin: 'local' } as const;
  const old = await saveIdentity(home, identity, { replace: replace || force });
  undo.push(() => takeBack(identityFolder(home, member), old));
  const former = await currentMember(home);
  await speakAs(home, member);
  undo.push(() => speakAs(home, former));
}
