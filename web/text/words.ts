/** Sizes, durations and times in words for people. */

/** Octets: "12.3 MB", in powers of ten. */
export function describeSize(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(sizeBytes, 1)) / 3), units.length - 1);
  const amount = sizeBytes / 1000 ** power;
  return `${power === 0 ? amount : amount.toFixed(1)} ${units[power]}`;
}

/** "0:38", "2:05:00". */
export function describeSeconds(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? `${part}` : `${part}`.padStart(2, '0'))).join(':');
}

const formats = {
  time: new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' }),
  weekday: new Intl.DateTimeFormat(undefined, { weekday: 'long' }),
  day: new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' }),
  date: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' }),
  short: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' }),
};

/** "21:05". */
export function timeOf(atMs: number): string {
  return formats.time.format(atMs);
}

/** "29 November 2026". */
export function dateOf(atMs: number): string {
  return formats.date.format(atMs);
}

/** "29 November 2026, 21:05". */
export function momentOf(atMs: number): string {
  return `${dateOf(atMs)}, ${timeOf(atMs)}`;
}

/** "today, 21:05", "yesterday, 21:05", "29 November 2026, 21:05". */
export function recentlyOf(atMs: number, nowMs: number): string {
  const days = daysBetween(atMs, nowMs);
  if (days === 0) return `today, ${timeOf(atMs)}`;
  return days === 1 ? `yesterday, ${timeOf(atMs)}` : momentOf(atMs);
}

/** "Today", "Yesterday", "Friday, 27 November", with the year where it is another one. */
export function dayOf(atMs: number, nowMs: number): string {
  const days = daysBetween(atMs, nowMs);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return new Date(atMs).getFullYear() === new Date(nowMs).getFullYear()
    ? formats.day.format(atMs)
    : formats.date.format(atMs);
}

/** When something was, in as little room as a list has. */
export function shortlyOf(atMs: number, nowMs: number): string {
  const days = daysBetween(atMs, nowMs);
  if (days === 0) return timeOf(atMs);
  if (days === 1) return 'Yesterday';
  return days > 1 && days < 7 ? formats.weekday.format(atMs) : formats.short.format(atMs);
}

function daysBetween(atMs: number, nowMs: number): number {
  return Math.round((new Date(nowMs).setHours(0, 0, 0, 0) - new Date(atMs).setHours(0, 0, 0, 0)) / 86_400_000);
}
