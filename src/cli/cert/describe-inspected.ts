/** What `cert inspect` found, in lines for people and as one JSON object. Text of strangers is escaped. */
import type { X509Certificate } from 'node:crypto';
import { escapeControls } from '../../errors.js';
import { readCertificateFields } from '../../pki/certificate-fields.js';
import { dayOf } from '../../pki/day.js';
import { describeCertificate } from '../../pki/describe.js';
import type { CsrDescription } from '../../pki/describe-csr.js';
import { describeExtensions, type ExtensionDescription } from '../../pki/describe-extensions.js';
import { nameText } from '../../pki/name-text.js';
import type { Crl } from '../../pki/read-crl.js';
import { certificateLines, toCertificateResult } from './describe-certificate.js';
import type { Inspected } from './inspect.js';

/** Lines and object. */
export interface DescribedInspection {
  readonly lines: readonly string[];
  readonly result: { readonly kind: Inspected['kind'] } & Readonly<Record<string, unknown>>;
}

/** Describes it; `now` decides what is called expired. */
export function describeInspected(inspected: Inspected, now: Date): DescribedInspection {
  switch (inspected.kind) {
    case 'certificates': {
      const { lines, certificates } = describeChain(inspected.chain, now);
      return { lines, result: { kind: inspected.kind, certificates } };
    }
    case 'pfx': {
      const { kind, protection, chain } = inspected;
      const { lines, certificates } = describeChain(chain, now);
      const encryption = protection.encryption.map((text) => row('encryption', text));
      const result = { kind, protection, certificates };
      return { lines: [row('MAC', protection.mac), ...encryption, '', ...lines], result };
    }
    case 'server': {
      const { kind, protocol, cipher, chain } = inspected;
      const { lines, certificates } = describeChain(chain, now);
      return {
        lines: [row('connection', `${protocol}, ${cipher}`), '', ...lines],
        result: { kind, protocol, cipher, certificates },
      };
    }
    case 'request':
      return { lines: requestLines(inspected.request), result: { kind: inspected.kind, request: inspected.request } };
    case 'revocation-list':
      return describeList(inspected.list, now);
  }
}

function describeChain(chain: readonly X509Certificate[], now: Date): { lines: string[]; certificates: object[] } {
  const described = chain.map((certificate) => ({
    description: describeCertificate(certificate),
    extensions: describeExtensions(readCertificateFields(certificate)),
  }));
  const lines = described.flatMap(({ description, extensions }, index) => [
    ...(index > 0 ? [''] : []),
    ...certificateLines(description, now),
    ...extensionLines(extensions),
  ]);
  const certificates = described.map(({ description, extensions }) => ({
    ...toCertificateResult(description),
    extensions,
  }));
  return { lines, certificates };
}

function requestLines({ subject, keyType, proofOfPossession, extensions }: CsrDescription): string[] {
  return [
    row('request for', subject === '' ? '(no subject)' : subject),
    row('key', keyType),
    row('signature', proofOfPossession ? 'by this key' : 'NOT by this key'),
    ...extensionLines(extensions),
  ];
}

function describeList(list: Crl, now: Date): DescribedInspection {
  const issuer = nameText(list.issuer);
  const number = list.number?.toString() ?? null;
  const extensions = describeExtensions(list);
  const ended = list.nextUpdate !== undefined && now > list.nextUpdate ? ' (ended)' : '';
  const until = list.nextUpdate === undefined ? 'without an end' : `to ${dayOf(list.nextUpdate)}${ended}`;
  const entries = list.revoked.map(({ serialNumber, revokedAt, reason }) => ({
    serialNumber,
    revokedAt: revokedAt.toISOString(),
    reason,
  }));
  return {
    lines: [
      row('list of', issuer),
      ...(number === null ? [] : [row('number', number)]),
      row('in force', `${dayOf(list.thisUpdate)} ${until}`),
      row('revoked', String(entries.length)),
      ...entries.map(({ serialNumber, revokedAt, reason }) => `  ${serialNumber}  ${dayOf(revokedAt)}  ${reason}`),
      ...extensionLines(extensions),
    ],
    result: {
      kind: 'revocation-list',
      list: {
        issuer,
        number,
        thisUpdate: list.thisUpdate.toISOString(),
        nextUpdate: list.nextUpdate?.toISOString() ?? null,
        revoked: entries,
        extensions,
      },
    },
  };
}

function extensionLines(extensions: readonly ExtensionDescription[]): string[] {
  if (extensions.length === 0) return [];
  const width = Math.max(...extensions.map(({ name }) => name.length));
  return [
    'extensions',
    ...extensions.map(({ name, critical, text }) =>
      escapeControls(`  ${name.padEnd(width)}  ${critical ? '(critical) ' : ''}${text}`),
    ),
  ];
}

/** Columns as in `certificateLines`. */
function row(title: string, text: string): string {
  return `${title.padEnd(13)}  ${escapeControls(text)}`;
}
