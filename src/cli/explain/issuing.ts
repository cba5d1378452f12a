/** The commands that lead to a certificate, in the words of openssl. */
import { keyTypeOf } from '../../pki/key-type.js';
import { parseMemberName } from '../../pki/member-name.js';
import { isRsa as isRsaKey } from '../../pki/plan.js';
import { validityDaysCap } from '../../pki/profile.js';
import type { SubjectAltName } from '../../pki/subject-alt-name.js';
import { checkDays } from '../../pki/validity.js';
import { loadProfile } from '../../store/profiles.js';
import { ownMemberName } from '../cert/own-name.js';
import { readRequestedNames } from '../cert/requested-names.js';
import { revoke } from './ca.js';
import { issuingFile, makeKey, makePfx, makeRequest, signRequest } from './openssl.js';
import { password } from './shell.js';
import { numberOf, type Typed, textOf, textsOf } from './typed.js';

/** `cert issue`: the steps of `cert request` and `cert sign` at once. */
export async function explainIssue(typed: Typed): Promise<string[]> {
  const { flags } = typed;
  const { names, member } = await wanted(typed);
  const isRsa = (textOf(flags.key) ?? '').startsWith('rsa');
  const files = { key: `${member}.key`, certificate: `${member}.pem`, pfx: `${member}.pfx` };
  return [
    makeKey(textOf(flags.key) ?? '', files.key),
    makeRequest(member, []),
    ...signRequest({ member, csr: `${member}.csr`, names, ...(await profiled(typed, isRsa)) }, caPassword(typed)),
    ...(flags.pfx === true ? [makePfx(member, files, textOf(flags['pfx-password-file']))] : []),
  ];
}

/** `cert request`. */
export async function explainRequest(typed: Typed): Promise<string[]> {
  const { names, member } = await wanted(typed);
  return [makeKey(textOf(typed.flags.key) ?? '', `${member}.key`), makeRequest(member, names)];
}

/** `cert sign`: of the request only the key is taken, and the names that it asks for are written out. */
export async function explainSign(typed: Typed): Promise<string[]> {
  const { args, flags, signal } = typed;
  const { judgeSigningRequest } = await import('../cert/sign-request.js');
  const csr = textOf(args.csr) ?? '';
  const typedSign = { csr, name: textOf(args.name), 'san-cnf': textOf(flags['san-cnf']) };
  const judged = await judgeSigningRequest(
    { ...typedSign, profile: textOf(flags.profile) ?? 'peer', replace: false, force: true },
    signal,
  );
  const { member, names, publicKey } = judged;
  return signRequest({ member, csr, names, ...(await profiled(typed, isRsaKey(publicKey))) }, caPassword(typed));
}

/** `cert renew`: names and profile are those of the ledger. */
export async function explainRenew(typed: Typed): Promise<string[]> {
  const { args, flags, home } = typed;
  const { findRenewal } = await import('../cert/renew-credential.js');
  const newKey = flags['new-key'] === true;
  const renewal = await findRenewal(home, { member: textOf(args.name) ?? '', newKey, force: true });
  const { member, record, publicKey } = renewal;
  const terms = await profiled({ ...typed, flags: { ...flags, profile: record.profileName } }, isRsaKey(publicKey));
  return [
    `cp ${member}.pem ${member}.old.pem`,
    ...(newKey ? [makeKey(keyTypeOf(publicKey) ?? 'p256', `${member}.key`)] : []),
    makeRequest(member, []),
    ...signRequest({ member, csr: `${member}.csr`, names: record.names, ...terms }, caPassword(typed)),
    ...revoke(`${member}.old.pem`, 'superseded', terms.issuing, caPassword(typed)),
  ];
}

async function wanted({ args, flags, home, loginName, signal }: Typed) {
  const { names, commonName } = await readRequestedNames(
    {
      ip: textsOf(flags.ip),
      dns: textsOf(flags.dns),
      email: textsOf(flags.email),
      uri: textsOf(flags.uri),
      'san-cnf': textOf(flags['san-cnf']),
    },
    signal,
  );
  const name = textOf(args.name);
  const member =
    name === undefined ? await ownMemberName(home, commonName, loginName, 'give a NAME') : parseMemberName(name);
  return { names, member } satisfies { names: readonly SubjectAltName[]; member: string };
}

/** What the profile and the CA say of a certificate: its days, its usages, and who issues it. */
async function profiled({ flags, home }: Typed, isRsa: boolean) {
  const { defaultValidityDays, maximumValidityDays, ...profile } = await loadProfile(textOf(flags.profile), home);
  const days = numberOf(flags.days, defaultValidityDays);
  checkDays(days, validityDaysCap);
  return {
    issuing: await issuingFile(home),
    days: Math.min(days, maximumValidityDays),
    keyUsages: profile.keyUsages.filter((usage) => usage !== 'keyEncipherment' || isRsa),
    extendedKeyUsages: profile.extendedKeyUsages,
  };
}

function caPassword({ flags }: Typed): string[] {
  return password('-passin', textOf(flags['ca-password-file']));
}
