/** The files of a home that belong to its CA: read for a backup, and put in place from one. */

import type { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { QTChatError, systemErrorCode } from '../errors.js';
import { parseCertificates } from '../pki/pem.js';
import type { BackedUpFile } from './backup-file.js';
import { caFolder, caKeyPath, type Home, intermediatePath, profilesFolder, rootPath } from './home.js';
import { createFolder, exists, longListBytes, readBoundedFile, writeFileSafely } from './private-file.js';
import { writeFolderSafely } from './private-folder.js';

/**
 * The CA's keys, certificates and revocation list, and the user's own profiles.
 *
 * @throws {QTChatError} what reading them throws
 */
export async function* readCaFiles(home: Home): AsyncGenerator<BackedUpFile> {
  for (const [folder, path] of [
    ['ca', caFolder(home)],
    ['templates', profilesFolder(home)],
  ] as const) {
    const names = folder === 'ca' ? /^[a-z0-9][a-z0-9.-]{0,99}$/ : /^[a-z0-9][a-z0-9-]{0,62}\.json$/;
    for (const name of (await namesIn(path)).filter((one) => names.test(one)).sort()) {
      const content = await readBoundedFile(join(path, name), undefined, longListBytes);
      const mode = name.endsWith('.pem') || folder === 'templates' ? 0o644 : 0o600;
      yield { file: `${folder}/${name}`, mode, content: content.toString('utf8') };
    }
  }
}

/**
 * The certificates of a CA in a backup: the issuing one first, the root last.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED` when there are none, or no key
 */
export function chainOf(files: readonly BackedUpFile[], home: Home): X509Certificate[] {
  const contentOf = (path: string): string | undefined =>
    files.find(({ file }) => file === `ca/${basename(path)}`)?.content;
  const [root, key, below] = [rootPath(home), caKeyPath(home), intermediatePath(home)].map(contentOf);
  try {
    if (root === undefined || key === undefined) throw new Error('a file is missing');
    return [
      ...(below === undefined ? [] : parseCertificates(Buffer.from(below))),
      ...parseCertificates(Buffer.from(root)),
    ];
  } catch (error) {
    throw new QTChatError('ERR_STORE_DAMAGED', 'the backup holds no CA: its key or certificate is missing', {
      hint: 'Take another backup',
      cause: error,
    });
  }
}

/**
 * Puts the files of a CA in place, the CA last and in one step. Profiles that are here already stay.
 *
 * @param beforePlacing - runs when everything else is written: what fails there leaves no CA behind
 * @throws {QTChatError} `ERR_STORE_EXISTS` when the home has a CA, `ERR_STORE_UNWRITABLE`
 */
export async function placeCaFiles(
  home: Home,
  files: readonly BackedUpFile[],
  beforePlacing: () => Promise<void>,
): Promise<void> {
  const partsOf = (folder: string) =>
    files
      .filter(({ file }) => file.startsWith(`${folder}/`))
      .map(({ file, content, mode }) => ({ name: basename(file), content, mode }));
  await writeFolderSafely(caFolder(home), partsOf('ca'), undefined, async () => {
    for (const { name, content } of partsOf('templates')) {
      const path = join(profilesFolder(home), name);
      await createFolder(profilesFolder(home));
      if (!(await exists(path))) await writeFileSafely(path, content, { mode: 0o644, existing: 'refuse' });
    }
    await beforePlacing();
  });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
