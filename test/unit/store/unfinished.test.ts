import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mapPathOf, writePartMap } from '../../../src/store/part-map.js';
import { asideFolderOf, sweepUnfinished, unfinishedPath } from '../../../src/store/unfinished.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Leaves an unfinished file that was written to so many seconds ago. */
async function leave(sender: string, index: number, ageSeconds: number): Promise<void> {
  const name = `film-${index}`;
  const partPath = unfinishedPath(folder, name, `${index}`.padStart(32, '0'));
  await writeFile(partPath, 'x');
  const wanted = { sender, name, sizeBytes: 300_000, isFolder: false, version: '00'.repeat(32) };
  await writePartMap(partPath, { wanted, done: Buffer.from([1]) });
  const at = Date.now() / 1000 - ageSeconds;
  await utimes(mapPathOf(partPath), at, at);
}

describe('unfinished files', () => {
  it('of one sender do not drive out those of another, however many they are', async () => {
    await leave('circle/alice', 0, 3_600);
    for (let index = 1; index <= 70; index += 1) await leave('circle/mallory', 1000 + index, index);
    const kept = await sweepUnfinished(folder, new Set(), Date.now());
    const names = kept.map(({ wanted }) => wanted.name);
    expect(names).toContain('film-0');
    // Of its own, the oldest go.
    expect(names).toHaveLength(65);
    expect(names).not.toContain('film-1070');
    expect(await readdir(folder)).toHaveLength(2 * 65);
  });

  it('keep what another process unpacks of them, however long that takes, and nothing else stays unpacked', async () => {
    await leave('circle/alice', 1, 0);
    for (const index of [1, 2]) {
      const aside = asideFolderOf(unfinishedPath(folder, `film-${index}`, `${index}`.padStart(32, '0')));
      await mkdir(aside);
      await writeFile(join(aside, 'x'), 'x');
      await utimes(aside, 0, 0);
    }
    await sweepUnfinished(folder, new Set(), Date.now());
    const unpacked = (await readdir(folder)).filter((name) => name.endsWith('.folder'));
    expect(unpacked).toEqual([`film-1.${'0'.repeat(16)}.part.folder`]);
  });
});
