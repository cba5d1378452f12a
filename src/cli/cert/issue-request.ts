/** The flags of `cert issue`, turned into what is to be issued and where it goes. */
import { resolve } from 'node:path';
import { QTChatError, quote } from '../../errors.js';
import { parseKeyType } from '../../pki/key-type.js';
import { parseMemberName } from '../../pki/member-name.js';
import { validityDaysCap } from '../../pki/profile.js';
import type { SubjectAltName } from '../../pki/subject-alt-name.js';
import { checkDays } from '../../pki/validity.js';
import { currentMember, type Home } from '../../store/home.js';
import { refuseExistingIdentity } from '../../store/identities.js';
import { refuseExisting } from '../../store/private-file.js';
import { loadProfile } from '../../store/profiles.js';
import type { Deps } from '../deps.js';
import { credentialPathList, credentialPaths } from './credential-files.js';
import type { CredentialRequest } from './issue-credential.js';
import { ownMemberName } from './own-name.js';
import { type NameFlags, readRequestedNames } from './requested-names.js';

/** What was typed. */
export interface IssueFlags extends NameFlags {
  /** Somebody else's name, unless `me`. */
  readonly name?: string | undefined;
  readonly me: boolean;
  readonly key: string;
  readonly profile: string;
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
export async function judgeIssueRequest(
  home: Home,
  flags: IssueFlags,
  deps: Pick<Deps, 'loginName' | 'signal'>,
): Promise<CredentialRequest> {
  const request = await parseIssueRequest(home, flags, deps);
  if (!request.force) {
    await refuseExisting(credentialPathList(request.paths));
    if (request.adopt && !request.replace) {
      const hint = `qtchat cert renew ${request.member} makes its next certificate; with --replace it begins anew`;
      await refuseExistingIdentity(home, request.member, hint);
    }
  }
  return request;
}

async function parseIssueRequest(
  home: Home,
  flags: IssueFlags,
  { loginName, signal }: Pick<Deps, 'loginName' | 'signal'>,
): Promise<CredentialRequest> {
  if (flags.days !== undefined) checkDays(flags.days, validityDaysCap);
  const adopt = flags.me || flags.name === undefined;
  const { names, commonName, warnings } = await readRequestedNames(flags, signal);
  const member =
    flags.name === undefined
      ? await ownMemberName(home, commonName, loginName, 'qtchat cert issue NAME --me')
      : parseMemberName(flags.name);
  if (adopt && flags.profile !== 'peer') await refuseHalfProfile(home, flags.profile);
  const doubts = [
    ...(flags.name === undefined ? await formerIdentity(home, member) : []),
    ...(adopt ? [] : await namelessServer(home, flags.profile, names)),
  ];
  const parts = { pem: !adopt || flags.out !== undefined, pfx: flags.pfx };
  return {
    member,
    names,
    warnings: [...warnings, ...doubts],
    keyType: parseKeyType(flags.key),
    profileName: flags.profile,
    validityDays: flags.days,
    adopt,
    paths: credentialPaths(resolve(flags.out ?? '.'), member, parts),
    replace: flags.replace,
    force: flags.force,
  };
}

/** An identity of this home both listens and dials. */
async function refuseHalfProfile(home: Home, name: string): Promise<void> {
  const { extendedKeyUsages: usages } = await loadProfile(name, home);
  if (usages.includes('serverAuth') && usages.includes('clientAuth')) return;
  throw new QTChatError('ERR_USAGE', `an identity of yours cannot be of profile ${quote(name)}: it listens and dials`, {
    hint: 'Name the machine or program that it is for: qtchat cert issue NAME',
  });
}

/** The name may have come from a san.cnf that was meant for a machine. */
async function formerIdentity(home: Home, member: string): Promise<string[]> {
  const former = await currentMember(home);
  if (former === undefined || former === member) return [];
  return [`this home spoke as ${former} before; qtchat identity use ${former} goes back to that`];
}

/** A server's certificate that names no host, which clients refuse for any. */
async function namelessServer(home: Home, profileName: string, names: readonly SubjectAltName[]): Promise<string[]> {
  if (profileName === 'peer' || names.some(({ type }) => type === 'dns' || type === 'ip')) return [];
  const { extendedKeyUsages: usages } = await loadProfile(profileName, home);
  return usages.includes('serverAuth')
    ? ['it names no host, so clients will refuse the server: add --dns or --ip']
    : [];
}
