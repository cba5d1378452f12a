/** Days, in which validity is counted and told, and minutes, in which invites are. */

/** A day in milliseconds; X.509 knows no leap seconds. */
export const dayMs = 86_400_000;

/**
 * The day of a moment as people are told it, such as `2027-11-23`; in UTC, as certificates count.
 *
 * @param moment - a date, or the ISO text of one
 */
export function dayOf(moment: Date | string): string {
  return (typeof moment === 'string' ? moment : moment.toISOString()).slice(0, 10);
}

/** To the minute, in UTC, such as `2027-11-23 09:05 UTC`. */
export function minuteOf(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
