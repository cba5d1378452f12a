/** Draws the dashboard: who holds what, what ends soon, what waits, what was refused. To read only; every value is escaped. */
import { endingSoonDays } from '../src/ledger/overview.js';
import { dayMs } from '../src/pki/day.js';
import type { Dashboard } from './dashboard.js';
import { escapeHtml, makePage, type Page } from './page.js';

const style = `body{max-width:70rem}table{border-collapse:collapse;width:100%;margin:.3rem 0 1.2rem}
th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #8886;vertical-align:top}
td{overflow-wrap:anywhere;font-variant-numeric:tabular-nums}.soon{font-weight:600;color:#b45309}
@media(prefers-color-scheme:dark){.soon{color:#f6ad55}}`;

/** The page. */
export function dashboardPage(dashboard: Dashboard): Page {
  const { at, admin, overview, members, membersLeftOut, invites, requests, renewals, admins, refusals } = dashboard;
  const { crl } = overview;
  const memberRows = members.map(({ name, serialNumber, notAfter }) => {
    if (notAfter === undefined) return [cell(name), cell('no valid certificate'), cell('')];
    const endsSoon = notAfter.getTime() - at.getTime() <= endingSoonDays * dayMs;
    return [cell(name), cell(momentOf(notAfter), endsSoon), cell(serialNumber ?? '')];
  });
  const content = [
    paragraph(`${momentOf(at)}, for ${admin}. This page changes nothing and does not renew itself.`),
    paragraph(
      `${overview.members} members with ${overview.validCertificates} valid certificates, ${overview.certificatesEndingSoon} of which end within ${endingSoonDays} days; ${overview.revokedCertificates} revoked. ` +
        (crl === undefined
          ? 'There is no revocation list yet.'
          : `Revocation list ${crl.number} serves until ${momentOf(crl.nextUpdate)}.`),
    ),
    table('Members', ['Name', 'Until', 'Serial number'], memberRows),
    membersLeftOut > 0 ? paragraph(`${membersLeftOut} more: see qtchat autoca members.`) : '',
    table(
      'Open invites',
      ['For', 'Way', 'Until', 'Id'],
      invites.map(({ id, kind, member, expiresAt }) =>
        [member, kind, momentOf(expiresAt), id].map((text) => cell(text)),
      ),
    ),
    table(
      'Guests that wait for approval',
      ['Request', 'Address', 'Since'],
      requests.map(({ id, address, createdAt }) => [id, address, momentOf(createdAt)].map((text) => cell(text))),
    ),
    table(
      'Renewals that are held',
      ['Member', 'Because', 'Since', 'Allowed until'],
      renewals.map(({ member, reason, heldAt, allowedUntil }) =>
        [
          member,
          reason === 'expired' ? 'the certificate has expired' : 'it was renewed with another key before',
          momentOf(heldAt),
          allowedUntil === undefined ? '' : momentOf(allowedUntil),
        ].map((text) => cell(text)),
      ),
    ),
    table(
      'Refused since the server started',
      ['At', 'Address', 'Why'],
      refusals.map(({ at: refusedAt, address, reason }) =>
        [momentOf(refusedAt), address, reason].map((text) => cell(text)),
      ),
    ),
    table(
      'Admins',
      ['Name', 'Since', 'Certificate'],
      admins.map(({ member, grantedAt, serialNumber }) =>
        [member, momentOf(grantedAt), serialNumber].map((text) => cell(text)),
      ),
    ),
  ];
  return makePage('Auto CA', content.join('\n'), { style });
}

function table(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n');
  const whole = `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
  return `<h2>${escapeHtml(title)}</h2>\n${rows.length === 0 ? '<p>None.</p>' : whole}`;
}

function cell(text: string, isUrgent = false): string {
  return `<td${isUrgent ? ' class="soon"' : ''}>${escapeHtml(text)}</td>`;
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

/** To the second, UTC. */
function momentOf(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
