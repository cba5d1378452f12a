/**
 * The next certificate of an identity, by the right of the one it has: for the same key, or for a new
 * one. A new key is on disk before it is asked for, so that whatever breaks off can be begun again
 * and leads to the same certificate; and the new certificate is shown to the Auto CA before the old
 * one goes.
 */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { spkiDigest } from '../pki/circle.js';
import { createCsr } from '../pki/csr.js';
import { signSuccession } from '../pki/key-succession.js';
import { generateKey } from '../pki/key-type.js';
import { spkiOf } from '../pki/spki.js';
import { type Home, nextKeyFolder } from '../store/home.js';
import { type AutoCaPlace, type Identity, keyPathIn, saveCertificates, saveSuccessor } from '../store/identities.js';
import { type KeyPassword, keyFileOf, openKeyFile } from '../store/key-password.js';
import { readPrivateFile } from '../store/private-file.js';
import { writeFolderSafely } from '../store/private-folder.js';
import { askAutoCa } from './members-client.js';
import {
  formatBody,
  memberAnswerLimitBytes,
  memberPaths,
  parseMemberAnswer,
  parseRenewalAnswer,
  type RenewalAnswer,
} from './members-wire.js';
import { openAnswer } from './open-answer.js';

/** Contacts that have not met us for so many keys must trust us anew. */
const keptSuccessions = 4;

/** What renewing takes beside the identity. */
export interface RenewalDeps {
  readonly clock: () => Date;
  readonly signal?: AbortSignal;
}

/**
 * When an identity is to be renewed: at two thirds of its certificate's life.
 */
export function renewalTimeOf({ chain: [leaf] }: Pick<Identity, 'chain'>): Date {
  const [start, end] = [Date.parse(leaf?.validFrom ?? ''), Date.parse(leaf?.validTo ?? '')];
  return new Date(start + ((end - start) * 2) / 3);
}

/**
 * Renews the certificate of an identity and saves it; the key stays, as it lies in the home.
 *
 * @throws {QTChatError} `ERR_ENROLL_HELD` when the host must allow it first; what {@link askAutoCa} throws,
 *   `ERR_PKI_PATH_INVALID` when the answer is not right, `ERR_STORE_UNWRITABLE`; the old one then stays
 */
export async function renewIdentity(home: Home, identity: Identity, deps: RenewalDeps): Promise<Identity> {
  const question = { method: 'POST', path: memberPaths.renew, limitBytes: memberAnswerLimitBytes } as const;
  const { body } = await askAutoCa(placeOf(identity), question, identity, deps.signal);
  return take(home, identity, identity.privateKey, parseRenewalAnswer(body), deps);
}

/**
 * Replaces the key of an identity by a new one that is made here, and saves it with its certificate, under the password
 * of the former one if that had any.
 *
 * @throws {QTChatError} as {@link renewIdentity}
 */
export async function rekeyIdentity(home: Home, identity: Identity, deps: RenewalDeps): Promise<Identity> {
  const key = await nextKey(home, identity);
  const succession = signSuccession(identity.privateKey, createPublicKey(key), identity);
  const body = formatBody({ csr: await createCsr(key, 'qtchat'), statement: succession.signature });
  const question = { method: 'POST', path: memberPaths.rekey, body, limitBytes: memberAnswerLimitBytes } as const;
  const reply = await askAutoCa(placeOf(identity), question, identity, deps.signal);
  const successions = [succession, ...(identity.successions ?? [])].slice(0, keptSuccessions);
  const renewed = await take(home, { ...identity, successions }, key, parseRenewalAnswer(reply.body), deps);
  await rm(nextKeyFolder(home, identity.member), { recursive: true, force: true });
  return renewed;
}

async function take(
  home: Home,
  identity: Identity,
  key: KeyObject,
  answer: RenewalAnswer,
  deps: RenewalDeps,
): Promise<Identity> {
  if ('held' in answer) throw heldBack(answer.held, key);
  const renewed = await openAnswer(answer, {
    rootSpkiSha256: spkiDigest(identity.trustAnchor),
    localKey: key,
    pfxPassword: '',
    at: deps.clock(),
  });
  if (renewed.member !== identity.member) {
    throw new QTChatError('ERR_PKI_PATH_INVALID', `the Auto CA sent a certificate of ${renewed.member}, not ours`);
  }
  const hasSameKey = key === identity.privateKey;
  const next: Identity = {
    ...identity,
    privateKey: key,
    chain: renewed.chain,
    keyOrigin: hasSameKey ? identity.keyOrigin : 'local',
  };
  await tryOut(next, deps.signal);
  const old = await (hasSameKey ? saveCertificates(home, next) : saveSuccessor(home, next));
  // What the old certificate could do, the new one can; its key was seen by a server, or is kept.
  if (old !== undefined) await rm(old, { recursive: true, force: true });
  return next;
}

/** Shows the new certificate to who has issued it: only one that is accepted takes the place of the old. */
async function tryOut(identity: Identity, signal: AbortSignal | undefined): Promise<void> {
  const question = { method: 'GET', path: memberPaths.member, limitBytes: memberAnswerLimitBytes } as const;
  const { body } = await askAutoCa(placeOf(identity), question, identity, signal);
  const { member } = parseMemberAnswer(body);
  if (member !== identity.member) {
    throw new QTChatError('ERR_PROTOCOL', 'the Auto CA takes the new certificate for that of somebody else');
  }
}

/** The key that was made for this identity before, or a new one; for whichever certificate it is asked. */
async function nextKey(home: Home, { member, keyPassword }: Identity): Promise<KeyObject> {
  const folder = nextKeyFolder(home, member);
  const known = await readNextKey(folder, keyPassword);
  if (known !== undefined) return known;
  const key = await generateKey('p256');
  try {
    const content = await keyFileOf(key, keyPassword);
    await writeFolderSafely(folder, [{ name: 'key.pem', content, mode: 0o600 }]);
    return key;
  } catch (error) {
    // Another process of this home was faster.
    const other = isQTChatError(error, 'ERR_STORE_EXISTS') ? await readNextKey(folder, keyPassword) : undefined;
    if (other === undefined) throw error;
    return other;
  }
}

async function readNextKey(folder: string, password: KeyPassword | undefined): Promise<KeyObject | undefined> {
  try {
    return await openKeyFile(await readPrivateFile(keyPathIn(folder)), password);
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) return undefined;
    if (!isQTChatError(error, 'ERR_PASSWORD_WRONG') && !isQTChatError(error, 'ERR_PASSWORD_REQUIRED')) throw error;
    throw new QTChatError(error.code, `the key in ${quote(folder)}, which waits to be used, has another password`, {
      hint: 'Set the password again (qtchat identity password), which includes it; or delete it, and the host must allow another',
      cause: error,
    });
  }
}

function placeOf({ autoCa, member }: Identity): AutoCaPlace {
  if (autoCa !== undefined) return autoCa;
  throw new QTChatError('ERR_STORE_NOT_FOUND', `where the Auto CA of ${member} is, this home does not know`, {
    hint: 'Name it with --server HOST[:PORT], or get a new invite',
  });
}

function heldBack(reason: 'second' | 'expired', key: KeyObject): QTChatError {
  const fingerprint = createHash('sha256').update(spkiOf(key)).digest('hex').slice(0, 16);
  const why = reason === 'expired' ? 'the certificate has expired' : 'it was renewed with another key before';
  return new QTChatError('ERR_ENROLL_HELD', `the host must allow this renewal first, because ${why}`, {
    hint: `Ask the host to run qtchat autoca renewals --allow ${fingerprint}, then try again within a day`,
  });
}
