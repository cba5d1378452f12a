/**
 * The files of the revocation lists that a home knows of one circle, each named by its number. So the newest is
 * known whichever process writes last: no lock is needed, and a process that is killed anywhere leaves at most an
 * older list beside it, which the next newer one takes away. What a list says is not known here.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isQTChatError, systemErrorCode } from '../errors.js';
import { explained, explainingWrite } from './file-error.js';
import { type Home, knownCrlsFolder } from './home.js';
import { createFolder, longListBytes, readBoundedFile, writeFileSafely } from './private-file.js';

/**
 * Puts a list in place, then takes away those with smaller numbers.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_NO_SPACE`
 */
export async function placeCrlFile(home: Home, circleId: string, number: bigint, content: Buffer): Promise<void> {
  const folder = knownCrlsFolder(home, circleId);
  const path = join(folder, `${number}.crl`);
  await createFolder(folder);
  await writeFileSafely(path, content, { mode: 0o644, existing: 'replace' });
  const older = (await newestFirst(folder)).filter((one) => numberIn(one) < number);
  for (const name of older) await explainingWrite(path, () => rm(join(folder, name), { force: true }));
}

/**
 * Looks through the lists from the newest on, until `read` makes something of one.
 *
 * @throws {QTChatError} `ERR_STORE_PERMISSIONS`, `ERR_STORE_DAMAGED`, what `read` throws
 */
export async function findInCrlFiles<Found>(
  home: Home,
  circleId: string,
  read: (content: Buffer) => Found | undefined,
): Promise<Found | undefined> {
  const folder = knownCrlsFolder(home, circleId);
  for (const name of await newestFirst(folder)) {
    try {
      const found = read(await readBoundedFile(join(folder, name), undefined, longListBytes));
      if (found !== undefined) return found;
    } catch (error) {
      if (!isQTChatError(error, 'ERR_STORE_NOT_FOUND')) throw error;
      // Whoever took it away has put a newer one in place first.
      return findInCrlFiles(home, circleId, read);
    }
  }
  return undefined;
}

/** A text that changes whenever the files do. */
export async function stateOfCrlFiles(home: Home, circleId: string): Promise<string> {
  const folder = knownCrlsFolder(home, circleId);
  const states = (await newestFirst(folder)).map(async (name) => {
    const stats = await stat(join(folder, name)).catch(() => undefined);
    return `${name} ${stats?.mtimeMs}`;
  });
  return (await Promise.all(states)).join('\n');
}

async function newestFirst(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && /^\d+\.crl$/.test(entry.name)).map(({ name }) => name);
    return files.sort((one, other) => (numberIn(one) < numberIn(other) ? 1 : -1));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw explained(error, folder, 'read');
  }
}

function numberIn(name: string): bigint {
  return BigInt(name.slice(0, -'.crl'.length));
}
