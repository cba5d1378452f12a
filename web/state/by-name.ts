/** Records whose keys others choose: a member may be called as what every object has, such as `constructor`. Pure. */

/** A record by names, which has nothing but what was put there. */
export type ByName<T> = Readonly<Record<string, T>>;

/** One without anything. */
export const empty: ByName<never> = Object.freeze(Object.create(null));

/** The same record with one more, or another, value. */
export function withName<T>(record: ByName<T>, name: string, value: T): ByName<T> {
  return Object.assign(Object.create(null), record, { [name]: value });
}
