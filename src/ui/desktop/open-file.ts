/**
 * `/open`: a picture, sound or film that has arrived is shown by the desktop's program for it; of anything else, its
 * folder. What is run never depends on a name that a peer gave: the desktop goes by names, so a name that promises
 * another kind than the content is counts as anything else.
 */
import { basename, dirname, isAbsolute } from 'node:path';
import { QTChatError, quote } from '../../errors.js';
import { isNamedAs } from '../media-kind.js';
import { storedKind } from '../stored-kind.js';
import { type Desktop, launch } from './desktop.js';

/** What is shown for a path, and why it is not the file itself. */
export interface Opening {
  readonly path: string;
  /** What the user is told where it is only the folder; no sentence, no full stop. */
  readonly why?: string;
}

/**
 * Decides what is shown for a file or folder that has arrived.
 *
 * @param path - absolute
 * @throws {QTChatError} `ERR_OPEN_FAILED`, `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS`
 */
async function decideOpening(path: string, isFolder: boolean): Promise<Opening> {
  if (!isAbsolute(path)) throw new QTChatError('ERR_OPEN_FAILED', `${quote(path)} is no absolute path`);
  const around = dirname(path);
  // Some systems run folders, by their names (macOS: x.app).
  if (isFolder) return basename(path).includes('.') ? { path: around, why: 'the folder is in here' } : { path };
  const media = await storedKind(path);
  if (media === undefined) return { path: around, why: 'only pictures, sound and films are opened by themselves' };
  if (isNamedAs(media, basename(path))) return { path };
  return { path: around, why: `it is ${media.type}, but its name says something else` };
}

/**
 * Has a file or folder that has arrived shown.
 *
 * @param path - absolute
 * @throws {QTChatError} `ERR_OPEN_FAILED`, `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS`
 */
export async function openArrived(path: string, isFolder: boolean, desktop: Desktop): Promise<Opening> {
  const opening = await decideOpening(path, isFolder);
  await launch(desktop, opening.path, `It is ${quote(path)}`);
  return opening;
}
