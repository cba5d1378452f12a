/** The history of a conversation as lines for people. All that comes from peers is escaped here. */
import type { HistoryEntry } from '../../store/history.js';
import { callOutcome } from './describe-call.js';
import { escapeText } from './escape-text.js';
import { shortPath } from './short-path.js';
import { describeSize } from './size.js';

/** Who speaks in a conversation. */
export interface Speakers {
  readonly self: string;
  readonly peer: string;
}

/** How much of an id is shown, and enough to name a message by. */
export const shortIdLength = 8;

/** Lines of a history: one for each day, one for each message. */
export async function* historyLines(entries: AsyncIterable<HistoryEntry>, who: Speakers): AsyncGenerator<string> {
  let day = '';
  for await (const entry of entries) {
    const today = localDay(entry.sentAt);
    if (today !== day) yield `── ${today} ──`;
    day = today;
    yield historyLine(entry, who);
  }
}

/** One message, call, or file: time, id, how far it has come, who, what, and what others think of it. */
export function historyLine(entry: HistoryEntry, who: Speakers): string {
  const { id, direction, sentAt, text, replyTo, editedAt, reactions, call, file } = entry;
  if (call !== undefined) {
    return [localTime(sentAt), id.slice(0, shortIdLength), '  ', callOutcome(who.peer, direction, call)].join(' ');
  }
  if (file !== undefined) {
    const { name, isFolder, sizeBytes, path } = file;
    const what = `${escapeText(name)}${isFolder ? '/' : ''} (${describeSize(sizeBytes)})`;
    const whose = direction === 'in' ? `↓  ${who.peer}` : `↑  ${who.self}`;
    return [localTime(sentAt), id.slice(0, shortIdLength), `${whose}:`, `${what}: ${escapeText(shortPath(path))}`].join(
      ' ',
    );
  }
  const nameOf = (side: 'in' | 'out'): string => (side === 'out' ? who.self : who.peer);
  const parts = [
    localTime(sentAt),
    id.slice(0, shortIdLength),
    `${markOf(entry).padEnd(2)} ${nameOf(direction)}:`,
    ...(replyTo === undefined ? [] : [`(to ${replyTo.slice(0, shortIdLength)})`]),
    text === undefined ? '(deleted)' : escapeText(text),
    ...(editedAt === undefined ? [] : ['(edited)']),
    ...reactions.map(({ author, emoji }) => `[${escapeText(emoji)} ${nameOf(author)}]`),
  ];
  return parts.join(' ');
}

/** How far one of ours has come, in two cells at most. */
export function markOf({ state }: { readonly state: HistoryEntry['state'] | 'sent' }): string {
  return { queued: '…', sent: '·', delivered: '✓', read: '✓✓', withdrawn: '', received: '' }[state];
}

// People look at their own clock, unlike certificates.
/** The day of a moment, "2026-11-29". */
export function localDay(moment: Date): string {
  return `${moment.getFullYear()}-${twoDigits(moment.getMonth() + 1)}-${twoDigits(moment.getDate())}`;
}

/** The time of a moment, "21:05". */
export function localTime(moment: Date): string {
  return `${twoDigits(moment.getHours())}:${twoDigits(moment.getMinutes())}`;
}

function twoDigits(count: number): string {
  return String(count).padStart(2, '0');
}
