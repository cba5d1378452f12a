/** What becomes of a file that was given in the window, and is not read for sending any more. */
import { stat } from 'node:fs/promises';
import type { FileIntents } from '../../conversation/file-intents.js';
import type { SentFiles } from '../../store/sent-files.js';
import { storedKind } from '../stored-kind.js';

const maximumKeptBytes = 100_000_000;

/** Deletes it, unless the page shows it: pictures, sound and films of at most 100 MB stay. Leaves all other files alone. */
export async function letGo(sent: SentFiles, path: string, hasArrived: boolean): Promise<void> {
  if (sent.isOurs(path) && !(hasArrived && (await isShown(path)))) await sent.remove(path);
}

/** Does so for those that other runs have left, which were not open when the files had arrived. */
export async function letGoOfOthers(sent: SentFiles, files: Pick<FileIntents, 'outgoingPaths'>): Promise<void> {
  const old = await sent.old();
  if (old.length === 0) return;
  const waiting = await files.outgoingPaths();
  for (const path of old) if (!waiting.has(path)) await letGo(sent, path, true);
}

async function isShown(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile() || stats.size > maximumKeptBytes) return false;
  return (await storedKind(path).catch(() => undefined)) !== undefined;
}
