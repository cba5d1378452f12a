/** What `cert sign` says before it signs, and after: lines for people, one object for programs. */
import { createHash } from 'node:crypto';
import { dayOf } from '../../pki/day.js';
import { keyTypeOf } from '../../pki/key-type.js';
import { spkiOf } from '../../pki/spki.js';
import type { SubjectAltName } from '../../pki/subject-alt-name.js';
import type { IssuedCredential } from './issue-and-save.js';
import type { PlannedCredential } from './plan-credential.js';
import type { SigningRequest } from './sign-request.js';

/** What `cert sign --json` prints. */
export interface SignResult {
  readonly member: string;
  readonly circleId: string;
  /** Upper-case hex; null for a dry run. */
  readonly serialNumber: string | null;
  /** As taken from the request or the san.cnf: without the circle URI. */
  readonly names: readonly SubjectAltName[];
  readonly keyType: string;
  /** Of the public key, lower-case hex: to be compared with whoever made the request. */
  readonly spkiSha256: string;
  readonly keyUsages: readonly string[];
  readonly extendedKeyUsages: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  /** Why it ends earlier than asked. */
  readonly validityCut: string | null;
  /** What of the request or the san.cnf is left out. */
  readonly warnings: readonly string[];
  /** Path of NAME.pem. */
  readonly file: string;
  readonly dryRun: boolean;
}

/** What would be signed. */
export function toSignResult(request: SigningRequest, { plan, circleId }: PlannedCredential): SignResult {
  const { member, names, publicKey, profileName, file } = request;
  const given: readonly string[] = plan.extendedKeyUsages;
  const missing = request.extendedKeyUsages.filter((purpose) => !given.includes(purpose));
  const warnings = missing.map(
    (purpose) => `the request asks for the purpose ${purpose}, which profile ${profileName} does not give`,
  );
  return {
    member,
    circleId,
    serialNumber: null,
    names,
    keyType: keyTypeOf(publicKey) ?? 'unknown',
    spkiSha256: createHash('sha256').update(spkiOf(publicKey)).digest('hex'),
    keyUsages: plan.keyUsages,
    extendedKeyUsages: plan.extendedKeyUsages,
    notBefore: plan.notBefore.toISOString(),
    notAfter: plan.notAfter.toISOString(),
    validityCut: plan.validityCut ?? null,
    warnings: [...request.warnings, ...warnings],
    file,
    dryRun: true,
  };
}

/** What was signed. */
export function toSignedResult(planned: SignResult, { certificate, validityCut }: IssuedCredential): SignResult {
  return {
    ...planned,
    serialNumber: certificate.serialNumber,
    notBefore: new Date(certificate.validFrom).toISOString(),
    notAfter: new Date(certificate.validTo).toISOString(),
    validityCut: validityCut ?? null,
    dryRun: false,
  };
}

/** The summary that people read before the CA signs. */
export function signingSummary(result: SignResult): string[] {
  const { member, names, keyType, spkiSha256, notBefore, notAfter, validityCut, warnings } = result;
  const usages = [...result.keyUsages, ...result.extendedKeyUsages];
  const rows = [
    ['member', member],
    ['names', names.map(({ type, value }) => `${type}:${value}`).join(', ') || 'none'],
    ['key', `${keyType}, SPKI ${spkiSha256} (SHA-256)`],
    ['usages', usages.join(', ')],
    ['valid', `${dayOf(notBefore)} to ${dayOf(notAfter)}`],
  ] as const;
  const notes = [...warnings, ...(validityCut === null ? [] : [validityCut])];
  return [
    'To be signed:',
    ...rows.map(([title, text]) => `  ${title.padEnd(8)} ${text}`),
    ...notes.map((note) => `Note: ${note}`),
  ];
}
