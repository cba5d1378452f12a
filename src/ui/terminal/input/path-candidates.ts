/** Files and folders whose names begin like a typed path. */
import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeText } from '../../text/escape-text.js';
import { quotedPath, typedPath, unquoted } from '../../text/typed-path.js';
import { type Candidate, type Candidates, commonStart } from './candidates.js';

const maximumCandidates = 200;
/** In a folder that holds more, not every name is looked at. */
const maximumEntries = 20_000;

/**
 * Looks for what a path goes on with. Names of hidden files have to be begun; what is neither a file nor a folder is left
 * out, and so are names that cannot be shown as they are. A folder that cannot be read holds nothing.
 */
export async function pathCandidates(typed: string): Promise<Candidates> {
  const path = unquoted(typed) ?? unquoted(typed + typed.charAt(0)) ?? typed;
  const [folder, begun] = parted(path);
  const isInHome = /^['"]?~\//.test(typed);
  const lead = isInHome ? `~/${quotedPath(folder.slice(2))}` : quotedPath(folder);
  if (path === '~' || begun === '.' || begun === '..') return only({ text: `${lead}${begun}/`, label: `${begun}/` });
  const place = folder === '' ? '.' : typedPath(lead);
  const { entries, isWhole } = await entriesOf(place, begun);
  const candidates: Candidate[] = [];
  for (const entry of entries.slice(0, maximumCandidates)) {
    const label = (await isFolder(place, entry)) ? `${entry.name}/` : entry.name;
    candidates.push({ text: lead + quotedPath(label), label });
  }
  const [first, ...others] = candidates;
  if (first !== undefined && others.length === 0) return only(first);
  // What was not looked at might begin otherwise.
  const common = isWhole ? commonStart(entries.map(({ name }) => name)) : begun;
  return { candidates, common: lead + quotedPath(common) };
}

function only(candidate: Candidate): Candidates {
  return { candidates: [candidate], common: candidate.text };
}

/** The folder of a path with its slash, and the rest. */
function parted(path: string): [string, string] {
  const slash = process.platform === 'win32' ? /[\\/](?=[^\\/]*$)/ : /\/(?=[^/]*$)/;
  const length = (slash.exec(path)?.index ?? -1) + 1;
  return [path.slice(0, length), path.slice(length)];
}

async function entriesOf(folder: string, begun: string): Promise<{ entries: Dirent[]; isWhole: boolean }> {
  const entries: Dirent[] = [];
  let seen = 0;
  try {
    for await (const entry of await opendir(folder, { bufferSize: 256 })) {
      seen += 1;
      if (seen > maximumEntries) break;
      if (isOffered(entry, begun)) entries.push(entry);
    }
  } catch {
    return { entries: [], isWhole: true };
  }
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  return { entries, isWhole: seen <= maximumEntries };
}

function isOffered(entry: Dirent, begun: string): boolean {
  const { name } = entry;
  if (!name.startsWith(begun) || (name.startsWith('.') && !begun.startsWith('.'))) return false;
  // A name that is no UTF-8 would not be found again.
  if (escapeText(name) !== name || name.includes('\ufffd')) return false;
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
}

async function isFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return await stat(join(folder, entry.name)).then(
    (target) => target.isDirectory(),
    () => false,
  );
}
