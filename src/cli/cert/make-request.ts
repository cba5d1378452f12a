/** `cert request`: a key that stays in this home, and the request for its certificate, to be signed elsewhere. */
import type { KeyObject } from 'node:crypto';
import { join, resolve } from 'node:path';
import { createCsr } from '../../pki/csr.js';
import { csrToPem } from '../../pki/csr-file.js';
import { generateKey, type KeyType, parseKeyType } from '../../pki/key-type.js';
import { parseMemberName } from '../../pki/member-name.js';
import type { SubjectAltName } from '../../pki/subject-alt-name.js';
import { type Home, requestFolder } from '../../store/home.js';
import { createFolder, refuseExisting, takeBack, writeFileSafely } from '../../store/private-file.js';
import { refuseExistingRequest, saveRequest } from '../../store/requests.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import type { Deps } from '../deps.js';
import { ownMemberName } from './own-name.js';
import { type NameFlags, readRequestedNames } from './requested-names.js';

/** What was typed. */
export interface RequestFlags extends NameFlags {
  /** As whom the certificate is asked for; the user of this home when left out. */
  readonly name?: string | undefined;
  readonly key: string;
  /** Folder for NAME.csr; the current one when left out. */
  readonly out?: string | undefined;
  /** Keep a file and a request that stand in the way as `.bak`. */
  readonly force: boolean;
}

/** What was made. */
export interface MadeRequest {
  readonly member: string;
  readonly names: readonly SubjectAltName[];
  readonly keyType: KeyType;
  /** Path of NAME.csr. */
  readonly file: string;
  /** What of a san.cnf was left out, as sentences without a full stop. */
  readonly warnings: readonly string[];
}

/**
 * Makes a key and a request, both or neither.
 *
 * @throws {QTChatError} `ERR_PKI_NAME_INVALID`, `ERR_PKI_SAN_INVALID`, `ERR_PKI_KEY_TYPE`, `ERR_STORE_EXISTS` unless
 *   `force`, `ERR_STORE_UNWRITABLE`; what reading the san.cnf throws
 */
export async function makeRequest(
  home: Home,
  flags: RequestFlags,
  deps: BusyDeps & Pick<Deps, 'loginName' | 'signal'>,
): Promise<MadeRequest> {
  const { loginName, signal } = deps;
  const keyType = parseKeyType(flags.key);
  const { names, commonName, warnings } = await readRequestedNames(flags, signal);
  const member =
    flags.name === undefined
      ? await ownMemberName(home, commonName, loginName, 'qtchat cert request NAME')
      : parseMemberName(flags.name);
  const file = join(resolve(flags.out ?? '.'), `${member}.csr`);
  if (!flags.force) {
    await refuseExisting([file]);
    await refuseExistingRequest(home, member);
  }
  const privateKey = await whileCalculating('Making the key', deps, () => generateKey(keyType));
  const csrPem = csrToPem(await createCsr(privateKey, member, names));
  await save(home, { member, privateKey, csrPem, file, force: flags.force });
  return { member, names, keyType, file, warnings };
}

async function save(
  home: Home,
  made: { member: string; privateKey: KeyObject; csrPem: string; file: string; force: boolean },
): Promise<void> {
  const { member, privateKey, csrPem, file, force } = made;
  const old = await saveRequest(home, { member, privateKey }, csrPem, { replace: force });
  try {
    await createFolder(resolve(file, '..'));
    await writeFileSafely(file, csrPem, { mode: 0o644, existing: force ? 'backup' : 'refuse' });
  } catch (error) {
    await takeBack(requestFolder(home, member), old);
    throw error;
  }
}
