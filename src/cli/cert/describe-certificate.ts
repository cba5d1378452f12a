/** A certificate in the words of `cert inspect`. */
import { escapeControls } from '../../errors.js';
import { dayOf } from '../../pki/day.js';
import type { CertificateDescription } from '../../pki/describe.js';
import { hasEnded } from '../../pki/validity.js';

/** What `--json` says of a certificate: a description with its dates as ISO strings, `circle` null where there is none. */
export function toCertificateResult({ circle, notBefore, notAfter, ...rest }: CertificateDescription) {
  return { ...rest, circle: circle ?? null, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
}

/** Lines for people; text from the certificate is escaped. */
export function certificateLines(description: CertificateDescription, now: Date): string[] {
  const { notBefore, notAfter, circle } = description;
  const state = hasEnded(notAfter, now) ? ' (expired)' : now < notBefore ? ' (not yet valid)' : '';
  const usages = [...description.keyUsages, ...description.extendedKeyUsages];
  const rows = [
    ['subject', description.subject],
    ['issuer', description.selfIssued ? 'itself' : description.issuer],
    ['member', circle && `${circle.member} of circle ${circle.circleId}`],
    ['names', description.names.map(({ type, value }) => `${type}:${value}`).join(', ')],
    ['valid', `${dayOf(notBefore)} to ${dayOf(notAfter)}${state}`],
    ['key', description.keyType],
    ['kind', description.ca ? 'CA' : 'end entity'],
    ['usages', usages.join(', ')],
    ['serial number', description.serialNumber],
    ['fingerprint', `${description.fingerprintSha256} (SHA-256)`],
    ['SPKI', `${description.spkiSha256} (SHA-256)`],
  ] as const;
  return rows.flatMap(([title, text]) => (text ? [`${title.padEnd(13)}  ${escapeControls(text)}`] : []));
}
