/** The flags of `cert issue`, turned into what is to be issued and where it goes. */
import { resolve } from 'node:path';
import { QTChatError, quote } from '../errors.js';
import { parseKeyType } from '../pki/key-type.js';
import { memberNameFrom, parseMemberName } from '../pki/member-name.js';
import { validityDaysCap } from '../pki/profile.js';
import { invalidDays } from '../pki/validity.js';
import { currentMember, type Home } from '../store/home.js';
import { refuseExistingIdentity } from '../store/identities.js';
import { refuseExisting } from '../store/private-file.js';
import { credentialPathList, credentialPaths } from './credential-files.js';
import type { CredentialRequest } from './issue-credential.js';
import { type NameFlags, readRequestedNames } from './requested-names.js';

/** What was typed. */
export interface IssueFlags extends NameFlags {
  /** Somebody else's name, unless `me`. */
  readonly name?: string | undefined;
  readonly me: boolean;
  readonly key: string;
  readonly days?: number | undefined;
  readonly out?: string | undefined;
  readonly pfx: boolean;
  readonly replace: boolean;
  readonly force: boolean;
}

/**
 * Judges every flag before anything is asked or made, and refuses what would fail for want of room.
 *
 * Without a name the credential is for the user of this home: the common name of the san.cnf, or else the
 * member as whom the home speaks, or else the login name. Files go to `out`; those for somebody else, and a `.pfx`, go to the current folder
 * without it.
 *
 * @throws {QTChatError} `ERR_PKI_NAME_INVALID`, `ERR_PKI_SAN_INVALID`, `ERR_PKI_KEY_TYPE`,
 *   `ERR_PKI_VALIDITY`, `ERR_STORE_EXISTS` unless `force`; what reading the san.cnf throws
 */
export async function judgeIssueRequest(home: Home, flags: IssueFlags, loginName: string): Promise<CredentialRequest> {
  const request = await parseIssueRequest(home, flags, loginName);
  if (!request.force) {
    await refuseExisting(credentialPathList(request.paths));
    if (request.adopt && !request.replace) await refuseExistingIdentity(home, request.member);
  }
  return request;
}

async function parseIssueRequest(home: Home, flags: IssueFlags, loginName: string): Promise<CredentialRequest> {
  if (flags.days !== undefined && flags.days < 1) throw invalidDays(flags.days, validityDaysCap);
  const adopt = flags.me || flags.name === undefined;
  const { names, commonName, warnings } = await readRequestedNames(flags);
  const member =
    flags.name === undefined ? await ownMemberName(home, commonName, loginName) : parseMemberName(flags.name);
  const parts = { pem: !adopt || flags.out !== undefined, pfx: flags.pfx };
  return {
    member,
    names,
    warnings,
    keyType: parseKeyType(flags.key),
    validityDays: flags.days,
    adopt,
    paths: credentialPaths(resolve(flags.out ?? '.'), member, parts),
    replace: flags.replace,
    force: flags.force,
  };
}

/**
 * The name of the user of this home: what `commonName` becomes, or else the member as whom the home speaks, or
 * else what the login name becomes.
 *
 * @throws {QTChatError} `ERR_PKI_NAME_INVALID` when no name can be made of it
 */
export async function ownMemberName(home: Home, commonName: string | undefined, loginName: string): Promise<string> {
  if (commonName !== undefined) return memberNameOf(commonName, 'the common name');
  return (await currentMember(home)) ?? memberNameOf(loginName, 'your login name');
}

function memberNameOf(text: string, origin: string): string {
  const name = memberNameFrom(text);
  if (name !== undefined) return name;
  throw new QTChatError('ERR_PKI_NAME_INVALID', `no member name can be made of ${origin} ${quote(text)}`, {
    hint: 'Choose one: qtchat cert issue NAME --me',
  });
}
