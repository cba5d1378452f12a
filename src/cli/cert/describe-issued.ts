/** What `cert issue` says of what it made, or would make: lines for people, one object for programs. */
import { dayOf } from '../../pki/day.js';
import type { SubjectAltName } from '../../pki/subject-alt-name.js';
import { type Home, identityFolder, rootPath } from '../../store/home.js';
import { ed25519PfxWarning } from './credential-files.js';
import type { IssuedCredential } from './issue-and-save.js';
import type { CredentialRequest } from './issue-credential.js';
import type { PlannedCredential } from './plan-credential.js';

/** What `cert issue --json` prints. */
export interface IssueResult {
  readonly member: string;
  readonly circleId: string;
  /** Upper-case hex; null for a dry run. */
  readonly serialNumber: string | null;
  /** As asked for: without the circle URI. */
  readonly names: readonly SubjectAltName[];
  readonly keyType: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Why it ends earlier than asked. */
  readonly validityCut: string | null;
  /** What of a san.cnf was left out. */
  readonly warnings: readonly string[];
  /** Where it is an identity of this home. */
  readonly identityFolder: string | null;
  readonly files: { readonly certificate: string | null; readonly key: string | null; readonly pfx: string | null };
  readonly dryRun: boolean;
}

/** A result with its lines for stdout and for stderr. */
export interface DescribedIssue {
  readonly lines: string[];
  readonly notes: string[];
  readonly result: IssueResult;
}

/** Describes what was issued. */
export function describeIssued(home: Home, request: CredentialRequest, issued: IssuedCredential): DescribedIssue {
  const { certificate, circleId, validityCut } = issued;
  const result: IssueResult = {
    ...common(home, request, validityCut),
    circleId,
    serialNumber: certificate.serialNumber,
    notBefore: new Date(certificate.validFrom).toISOString(),
    notAfter: new Date(certificate.validTo).toISOString(),
    dryRun: false,
  };
  const next = request.adopt
    ? 'qtchat autoca serve, so that others can join, or qtchat chat'
    : `hand the files to ${request.member}, with ${rootPath(home)}`;
  return {
    lines: [
      `Issued ${sentence(result)}`,
      ...places(result),
      ...(request.adopt ? [`You are now ${request.member}`] : []),
    ],
    notes: [...notes(result), `Next: ${next}`],
    result,
  };
}

/** Describes what would be issued. */
export function describePlanned(home: Home, request: CredentialRequest, planned: PlannedCredential): DescribedIssue {
  const { notBefore, notAfter, validityCut } = planned.plan;
  const result: IssueResult = {
    ...common(home, request, validityCut),
    circleId: planned.circleId,
    serialNumber: null,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    dryRun: true,
  };
  return {
    lines: [`Would issue ${sentence(result)}`, ...places(result)],
    notes: [...notes(result), 'Nothing was written'],
    result,
  };
}

function common(home: Home, request: CredentialRequest, validityCut: string | undefined) {
  const { member, names, warnings, keyType, adopt, paths } = request;
  return {
    member,
    names,
    warnings: paths.pfx !== undefined && keyType === 'ed25519' ? [...warnings, ed25519PfxWarning] : warnings,
    keyType,
    validityCut: validityCut ?? null,
    identityFolder: adopt ? identityFolder(home, member) : null,
    files: { certificate: paths.certificate ?? null, key: paths.key ?? null, pfx: paths.pfx ?? null },
  };
}

function notes({ validityCut, warnings }: IssueResult): string[] {
  return [...warnings, ...(validityCut === null ? [] : [validityCut])].map((text) => `Note: ${text}`);
}

function sentence({ member, keyType, names, notAfter }: IssueResult): string {
  const list = names.length === 0 ? '' : ` for ${names.map(({ value }) => value).join(', ')}`;
  return `${member}'s certificate (${keyType})${list}, valid until ${dayOf(notAfter)}`;
}

function places({ identityFolder: identity, files }: IssueResult): string[] {
  const rows = [
    ['identity', identity],
    ['certificate', files.certificate],
    ['key', files.key],
    ['pfx', files.pfx],
  ] as const;
  return rows.flatMap(([title, path]) => (path === null ? [] : [`  ${title.padEnd(12)} ${path}`]));
}
