/** A contact as commands print it: one object for programs, some lines for people. Reads nothing. */
import { minuteOf } from '../../pki/day.js';
import type { ShownKey } from '../../store/contact-keys.js';
import type { Contact, PeerAddress } from '../../store/contacts.js';

/** One contact, as `--json` prints it. */
export interface PrintedContact {
  readonly member: string;
  /** What you call it; null where by its member name. */
  readonly nick: string | null;
  readonly circleId: string;
  readonly addresses: readonly PeerAddress[];
  /** SHA-256 of the pinned key; null before the first meeting. */
  readonly spkiSha256: string | null;
  readonly blocked: boolean;
  /** Keys that were refused, because another one is pinned. */
  readonly otherKeys: readonly { spkiSha256: string; seenAt: string }[];
}

/** The object for programs; `others` are keys that were refused. */
export function contactToJson(contact: Contact, others: readonly ShownKey[]): PrintedContact {
  const { member, nick = null, circleId, addresses, spkiSha256 = null, blocked = false } = contact;
  const otherKeys = others.map(({ spkiSha256, seenAt }) => ({ spkiSha256, seenAt: seenAt.toISOString() }));
  return { member, nick, circleId, addresses, spkiSha256, blocked, otherKeys };
}

/** A word or two about what is unusual with a contact; empty where nothing is. */
export function remarkOn({ blocked, otherKeys, spkiSha256 }: PrintedContact): string {
  if (blocked) return 'blocked';
  if (otherKeys.length > 0) return 'showed another key';
  return spkiSha256 === null ? 'not met yet' : '';
}

/** Where a contact was last; empty where that is not known. */
export function lastPlace({ addresses: [latest] }: PrintedContact): string {
  return latest === undefined ? '' : placeOf(latest);
}

/** Lines about one contact. */
export function contactLines(contact: PrintedContact): string[] {
  const { member, nick, circleId, addresses, spkiSha256, blocked, otherKeys } = contact;
  return [
    `${member}${nick === null ? '' : `, whom you call ${nick}`}${blocked ? ' (blocked)' : ''}`,
    `  circle     ${circleId}`,
    `  addresses  ${addresses.length === 0 ? 'none known' : addresses.map(placeOf).join(', ')}`,
    `  key        ${spkiSha256 === null ? 'none yet: it is pinned when you meet' : groupedKey(spkiSha256)}`,
    ...otherKeys.map(({ spkiSha256: other, seenAt }) => `  refused    ${shownKeyLine(other, new Date(seenAt))}`),
  ];
}

/** A refused key and when it was shown. */
export function describeShownKey({ spkiSha256, seenAt }: ShownKey): string {
  return shownKeyLine(spkiSha256, seenAt);
}

function shownKeyLine(spkiSha256: string, seenAt: Date): string {
  return `${groupedKey(spkiSha256)}, shown ${minuteOf(seenAt)}`;
}

function placeOf({ host, port }: PeerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A key in groups, for comparing aloud; half of it is what the chat shows too. */
export function groupedKey(spkiSha256: string): string {
  return spkiSha256.slice(0, 32).match(/.{4}/g)?.join(' ') ?? '';
}
