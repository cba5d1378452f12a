/** Unfinished files in a download folder: how they are called, which can be gone on with, and which are too old. */
import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesOf, setBit } from '../protocol/chunk-bits.js';
import { type ChunkLayout, layoutOf } from '../protocol/file-chunks.js';
import { mapPathOf, readPartMap, type WantedFile } from './part-map.js';
import { exists } from './private-file.js';

/** An unfinished file that nobody writes to, as its map describes it. */
export interface KeptFile {
  readonly partPath: string;
  readonly wanted: WantedFile;
  readonly done: Buffer;
  readonly doneBytes: number;
}

// One without a map, or a map without one: a process was killed soon after it began, or is beginning now.
const abandonedAfterMs = 10 * 60_000;
const keptForMs = 7 * 24 * 60 * 60_000;
/** Of one sender: nobody's may drive out those of another. */
const maximumKept = 64;
const unfinishedName = /\.[0-9a-f]{16}\.part(\.map(\.new)?|\.folder)?$/;

/** Tells whether a file of that name would be taken for an unfinished one, and so deleted one day. */
export function isUnfinishedName(name: string): boolean {
  return unfinishedName.test(name);
}

/** Where the file of a transfer grows. */
export function unfinishedPath(folder: string, name: string, id: string): string {
  return join(folder, `${name}.${id.slice(0, 16)}.part`);
}

/** Where a folder is unpacked, before it gets its name. */
export function asideFolderOf(partPath: string): string {
  return `${partPath}.folder`;
}

/**
 * Deletes unfinished files that are too old or too many.
 *
 * @param activePaths - unfinished files that this process is writing to, which stay
 * @returns those that can be gone on with
 */
export async function sweepUnfinished(
  folder: string,
  activePaths: ReadonlySet<string>,
  nowMs: number,
): Promise<KeptFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const kept: { file: KeptFile; atMs: number }[] = [];
  for (const { name } of entries.filter((entry) => isUnfinishedName(entry.name))) {
    const path = join(folder, name);
    const partPath = path.replace(/\.(map(\.new)?|folder)$/, '');
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined || activePaths.has(partPath)) continue;
    const isMap = path === mapPathOf(partPath);
    const file = isMap ? await readKept(folder, partPath) : undefined;
    if (file !== undefined) {
      kept.push({ file, atMs: stats.mtimeMs });
    } else if (await isAbandoned(path, partPath, nowMs - stats.mtimeMs)) {
      await rm(path, { recursive: path === asideFolderOf(partPath), force: true }).catch(() => {});
    }
  }
  kept.sort((one, other) => other.atMs - one.atMs);
  const counts = new Map<string, number>();
  const staying = kept.filter(({ file, atMs }) => {
    const { sender } = file.wanted;
    const count = (counts.get(sender) ?? 0) + 1;
    counts.set(sender, count);
    return count <= maximumKept && nowMs - atMs <= keptForMs;
  });
  for (const entry of kept) if (!staying.includes(entry)) await removePart(entry.file.partPath);
  return staying.map(({ file }) => file);
}

/** Tells whether nobody will go on with an unfinished file, or with what stands beside it, which is nothing without it. */
async function isAbandoned(path: string, partPath: string, ageMs: number): Promise<boolean> {
  // Its own age tells nothing: a folder is unpacked as long as it arrives.
  if (path === asideFolderOf(partPath)) return !(await exists(partPath));
  const isOld = ageMs > abandonedAfterMs;
  if (path !== partPath) return isOld || !(await exists(partPath));
  return isOld && (await readKept(dirname(partPath), partPath)) === undefined;
}

async function readKept(folder: string, partPath: string): Promise<KeptFile | undefined> {
  const [stats, map] = [await stat(partPath).catch(() => undefined), await readPartMap(partPath)];
  if (!stats?.isFile() || map === undefined) return undefined;
  const { wanted, done } = map;
  // The map of another file cannot have got here by itself.
  const id = /\.([0-9a-f]{16})\.part$/.exec(partPath)?.[1] ?? '';
  if (unfinishedPath(folder, wanted.name, id) !== partPath) return undefined;
  const layout = layoutOf(wanted.sizeBytes);
  claimUpTo(stats.size, done, layout);
  return { partPath, wanted, done, doneBytes: bytesOf(done, layout) };
}

// The map is written now and then, and a process that is killed has written more since. All of it is compared anyway.
function claimUpTo(sizeBytes: number, done: Buffer, { chunkBytes, count }: ChunkLayout): void {
  for (let index = 0; index < count && (index + 1) * chunkBytes <= sizeBytes; index += 1) setBit(done, index);
}

/** Deletes an unfinished file, its map, and what is unpacked of it, as far as they are there. */
export async function removePart(partPath: string): Promise<void> {
  for (const path of [mapPathOf(partPath), partPath]) await rm(path, { force: true }).catch(() => {});
  await removeUnpacked(partPath);
}

/** Deletes what is unpacked of an unfinished file. Fails silently: without that file it is swept away one day. */
export async function removeUnpacked(partPath: string): Promise<void> {
  await rm(asideFolderOf(partPath), { recursive: true, force: true }).catch(() => {});
}

/** Deletes all that a transfer which was cut short may have left. */
export async function removeLeftovers(partPath: string): Promise<void> {
  await removePart(partPath);
  await rm(`${mapPathOf(partPath)}.new`, { force: true }).catch(() => {});
}

/** Tells whether an unfinished file has its final name as well. */
export async function hasSecondName(partPath: string): Promise<boolean> {
  const stats = await lstat(partPath).catch(() => undefined);
  return (stats?.isFile() ?? false) && (stats?.nlink ?? 0) > 1;
}
