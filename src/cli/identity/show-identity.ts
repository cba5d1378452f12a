/** `identity show`: all that is known of an identity of this home. Its key is not opened. */
import type { X509Certificate } from 'node:crypto';
import { withAutoCa } from '../../enroll/own-auto-ca.js';
import { renewalTimeOf } from '../../enroll/renew-identity.js';
import { QTChatError } from '../../errors.js';
import { dayOf } from '../../pki/day.js';
import { type CertificateDescription, describeCertificate } from '../../pki/describe.js';
import { hasEnded } from '../../pki/validity.js';
import { currentMember, type Home } from '../../store/home.js';
import { type AutoCaPlace, loadPublicIdentity, type StoredIdentity } from '../../store/identities.js';
import { groupedKey } from '../../ui/text/describe-contact.js';
import { toCertificateResult } from '../cert/describe-certificate.js';
import { describeKnownList, type Status } from '../status.js';
import { listWords } from './list-words.js';

/** An identity, as `identity show --json` prints it. */
export interface ShownIdentity {
  readonly member: string;
  readonly circleId: string;
  /** Whether the home speaks as it. */
  readonly speaks: boolean;
  readonly keyType: string;
  readonly keyOrigin: string;
  readonly hasPassword: boolean;
  readonly expired: boolean;
  /** When chat renews it by itself. */
  readonly renewalDue: string;
  readonly certificate: ReturnType<typeof toCertificateResult>;
  /** SHA-256 of the key, by which contacts know it. */
  readonly spkiSha256: string;
  /** SHA-256 of the root's key, by which the circle is known. */
  readonly rootSpkiSha256: string;
  /** Where its Auto CA serves members; null where that is not known. */
  readonly autoCa: AutoCaPlace | null;
  readonly revocationList: NonNullable<Status['revocationList']>;
}

/** Both forms. */
export interface DescribedIdentity {
  readonly lines: readonly string[];
  readonly result: ShownIdentity;
}

/**
 * Looks at an identity, by default that of the member as whom the home speaks.
 *
 * @throws {QTChatError} what `loadPublicIdentity` throws
 */
export async function showIdentity(home: Home, member: string | undefined, now: Date): Promise<DescribedIdentity> {
  const identity = await withAutoCa(home, await loadPublicIdentity(home, member));
  const certificate = describeCertificate(leafOf(identity));
  const revocationList = await describeKnownList(home, identity, now);
  const { autoCa, circleId, hasPassword, keyOrigin, trustAnchor } = identity;
  const result: ShownIdentity = {
    member: identity.member,
    circleId,
    speaks: (await currentMember(home)) === identity.member,
    keyType: certificate.keyType,
    keyOrigin,
    hasPassword,
    expired: hasEnded(certificate.notAfter, now),
    renewalDue: renewalTimeOf(identity).toISOString(),
    certificate: toCertificateResult(certificate),
    spkiSha256: certificate.spkiSha256,
    rootSpkiSha256: describeCertificate(trustAnchor).spkiSha256,
    autoCa: autoCa ?? null,
    revocationList,
  };
  return { lines: linesOf(result, certificate), result };
}

function leafOf({ member, chain: [leaf] }: StoredIdentity): X509Certificate {
  if (leaf !== undefined) return leaf;
  throw new QTChatError('ERR_STORE_DAMAGED', `the identity ${member} has no certificate`);
}

function linesOf(shown: ShownIdentity, { names, notBefore, notAfter, serialNumber }: CertificateDescription): string[] {
  const { member, speaks, keyType, keyOrigin, hasPassword, expired, autoCa } = shown;
  const origin = keyOrigin === 'server' ? 'made by the host, who has seen it' : 'made here';
  const rows = [
    ['circle', shown.circleId],
    ['key', `${keyType}, ${origin}, ${hasPassword ? 'with a password' : 'without a password'}`],
    ['to compare', groupedKey(shown.spkiSha256)],
    ['valid', `${dayOf(notBefore)} to ${dayOf(notAfter)}${expired ? ' (expired)' : ''}`],
    ...(autoCa === null ? [] : [['renewed', `from ${dayOf(shown.renewalDue)} on, while chat or listen runs`] as const]),
    ['names', names.map(({ type, value }) => `${type}:${value}`).join(', ')],
    ['serial', serialNumber],
    ['SPKI', `${shown.spkiSha256} (SHA-256)`],
    ['root', `${shown.rootSpkiSha256} (SHA-256 of its SPKI)`],
    ['Auto CA', autoCa === null ? 'not known here' : `${autoCa.addresses.join(', ')} port ${autoCa.port}`],
    ['revoked', listWords(shown.revocationList)],
  ] as const;
  const title = speaks ? `${member}, as whom this home speaks` : member;
  return [title, ...rows.map(([name, text]) => `  ${name.padEnd(10)}  ${text}`)];
}
