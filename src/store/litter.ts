/** What processes that were killed left in a folder: the places where they were writing aside. Keys may be in them. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** No write takes that long: what is younger may belong to a process at work. */
const ageMs = 60 * 60 * 1000;

/** Once a process for each folder. */
const swept = new Set<string>();

/** Names of the places where a folder `name`, or any file, is being written before it appears. */
export const asidePrefix = '.qtchat-';
const asideOf = /^(?:\.qtchat-|\.(.+)\.new-).{6}$/;

/** The prefix of the place where the folder `name` is being written that will replace another. */
export function replacementPrefix(name: string): string {
  return `.${name}.new-`;
}

/** The name of what stands, or stood, in the way of the folder being written at `aside`; undefined for other names. */
export function replacedBy(aside: string): string | undefined {
  return asideOf.exec(aside)?.[1];
}

/** Removes all of them, where no other process writes into the folder. */
export async function removeLitter(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => asideOf.test(one))) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Removes old ones. What cannot be removed stays: nobody waits for it. */
export async function sweepLitter(folder: string): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  const names = await readdir(folder).catch(() => []);
  for (const path of names.filter((name) => asideOf.test(name)).map((name) => join(folder, name))) {
    const stats = await stat(path).catch(() => undefined);
    const isOld = stats?.isDirectory() === true && Date.now() - stats.mtimeMs > ageMs;
    if (isOld) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
