/**
 * `cert renew`: another certificate for a member, with the names, profile and (unless a new one is
 * wanted) key of the one that it has. All of that comes from the ledger, nothing from whoever asks.
 */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { type CertificateRecord, listCertificates } from '../../ledger/certificates.js';
import { openLedger } from '../../ledger/open.js';
import type { OpenedCa } from '../../ledger/signer.js';
import { generateKey, keyTypeOf } from '../../pki/key-type.js';
import { parseMemberName } from '../../pki/member-name.js';
import { validityDaysCap } from '../../pki/profile.js';
import { samePublicKey } from '../../pki/spki.js';
import { checkDays } from '../../pki/validity.js';
import { loadCaChain } from '../../store/ca.js';
import { type Home, identityFolder } from '../../store/home.js';
import { loadPublicIdentity, type StoredIdentity, saveCertificates, saveSuccessor } from '../../store/identities.js';
import { refuseExisting, takeBack } from '../../store/private-file.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import type { Deps } from '../deps.js';
import type { OpenIdentity } from '../identity/open-identity.js';
import { type CredentialPaths, credentialPathList, credentialPaths, writeCredential } from './credential-files.js';
import { type IssuedCredential, issueAndSave, type Undo } from './issue-and-save.js';

/** What was typed. */
export interface RenewalRequest {
  readonly member: string;
  readonly newKey: boolean;
  /** The profile's default when left out. */
  readonly validityDays?: number | undefined;
  /** Folder for NAME.pem, and NAME.key where the key is new; the current one, unless an identity here is renewed. */
  readonly out?: string | undefined;
  /** Keep files that stand in the way as `.bak`. */
  readonly force: boolean;
}

/** What is to be renewed, and where it goes. */
export interface Renewal extends RenewalRequest {
  /** The certificate that ends. */
  readonly record: CertificateRecord;
  readonly publicKey: KeyObject;
  /** That of this home which has the certificate. */
  readonly identity?: StoredIdentity;
  readonly paths: CredentialPaths;
}

/**
 * Finds what is to be renewed: the member's certificate that ends last and was not revoked; it may have expired.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_PKI_NAME_INVALID`, `ERR_LEDGER_NOT_FOUND` when there is none, `ERR_PKI_VALIDITY`,
 *   `ERR_PKI_KEY_TYPE` when the ledger does not know its key, `ERR_STORE_EXISTS` unless `force`
 */
export async function findRenewal(home: Home, request: RenewalRequest): Promise<Renewal> {
  const { newKey, out, force, validityDays } = request;
  if (validityDays !== undefined) checkDays(validityDays, validityDaysCap);
  const member = parseMemberName(request.member);
  await loadCaChain(home); // without a CA no ledger is to appear
  const record = await findRecord(home, member);
  if (record.content.length === 0) {
    throw new QTChatError('ERR_LEDGER_NOT_FOUND', `the ledger does not have the certificate of ${member} itself`, {
      hint: `Issue one: qtchat cert issue ${member} --replace`,
    });
  }
  const { publicKey } = new X509Certificate(record.content);
  const identity = await findIdentity(home, member, publicKey);
  const all =
    out === undefined && identity !== undefined ? {} : credentialPaths(out ?? '.', member, { pem: true, pfx: false });
  const { key: _, ...certificateOnly } = all;
  const paths = newKey ? all : certificateOnly;
  if (!force) await refuseExisting(credentialPathList(paths));
  return { ...request, member, record, publicKey, ...(identity && { identity }), paths };
}

async function findRecord(home: Home, member: string): Promise<CertificateRecord> {
  const ledger = await openLedger(home);
  try {
    const records = (await listCertificates(ledger, { member })).filter(({ revokedAt }) => revokedAt === undefined);
    const last = records.sort((a, b) => a.notAfter.getTime() - b.notAfter.getTime()).at(-1);
    if (last !== undefined) return last;
  } finally {
    await ledger.destroy();
  }
  throw new QTChatError('ERR_LEDGER_NOT_FOUND', `${quote(member)} has no certificate that could be renewed`, {
    hint: `What was revoked is not renewed; issue another with qtchat cert issue ${member}`,
  });
}

async function findIdentity(home: Home, member: string, publicKey: KeyObject): Promise<StoredIdentity | undefined> {
  try {
    const identity = await loadPublicIdentity(home, member);
    const [leaf] = identity.chain;
    return leaf !== undefined && samePublicKey(leaf.publicKey, publicKey) ? identity : undefined;
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NO_IDENTITY')) return undefined;
    throw error;
  }
}

/**
 * Issues the new certificate, saves it, and revokes the old one as superseded: all or nothing.
 *
 * @param open - opens the identity of this home where it gets a new key: that is to have the password of the old one
 * @throws {QTChatError} what issuing and writing throw, and `open`
 */
export async function renewCredential(
  home: Home,
  renewal: Renewal,
  open: OpenIdentity,
  ca: OpenedCa,
  deps: BusyDeps & Pick<Deps, 'clock' | 'random' | 'signal'>,
): Promise<IssuedCredential> {
  const { member, newKey, record, identity, validityDays } = renewal;
  const keyType = keyTypeOf(renewal.publicKey) ?? 'p256';
  const former = newKey && identity !== undefined ? await open(member) : undefined;
  const made = newKey ? await whileCalculating('Making the key', deps, () => generateKey(keyType)) : undefined;
  // Without a path for the key only the certificate is written: then the public key will do.
  const key = made ?? renewal.publicKey;
  const save = async (chain: X509Certificate[], undo: Undo): Promise<void> => {
    await writeCredential(renewal, { key, chain }, undo, deps);
    if (identity === undefined) return;
    const renewed = { ...identity, chain };
    const password = former?.keyPassword && { keyPassword: former.keyPassword };
    const old = await (made === undefined
      ? saveCertificates(home, renewed)
      : saveSuccessor(home, { ...renewed, ...password, privateKey: made, keyOrigin: 'local' }));
    undo.push(() => takeBack(identityFolder(home, member), old));
  };
  const { names, profileName } = record;
  const publicKey = made === undefined ? renewal.publicKey : createPublicKey(made);
  const wanted = { member, names, publicKey, profileName, validityDays, replace: true, by: 'cert renew' };
  return issueAndSave(home, ca, wanted, save, deps);
}
