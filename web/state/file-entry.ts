/** Files as entries of a conversation: where they come from. Pure. */
import type { WireFile, WireFileRecord, WireKnownFile, WireMessage } from '../wire.js';
import type { FileEntry, FileProgressState } from './entries.js';

const over: readonly FileProgressState[] = ['done', 'declined', 'failed'];

/** Whether nothing of a file moves any more. */
export function isOver({ state }: FileEntry): boolean {
  return over.includes(state);
}

/** One of which nothing is known but what it is. */
export function newEntry(
  { id, direction, name, sizeBytes, isFolder }: Omit<WireFile, 'member'>,
  atMs: number,
): FileEntry {
  return {
    type: 'file',
    // Ids are chosen by the sender: one of theirs and one of ours could be the same.
    key: `file-${direction}-${id}`,
    id,
    direction,
    atMs,
    name,
    sizeBytes,
    isFolder: isFolder === true,
    state: 'moving',
    doneBytes: 0,
    bytesPerSecond: null,
    etaSeconds: null,
    pausedBy: [],
    reason: null,
    path: null,
  };
}

/** One that was there before the page. */
export function fileEntryOf(file: WireKnownFile, nowMs: number): FileEntry {
  const { id, name, sizeBytes, doneBytes, state = 'moving', at } = file;
  const atMs = at === undefined ? nowMs : Date.parse(at);
  if (id === null) return waitingEntry(name, atMs);
  return { ...newEntry({ ...file, id, sizeBytes: sizeBytes ?? 0 }, atMs), state, doneBytes };
}

/** One of the history. */
export function arrivedEntry(
  { id, direction, sentAt }: Pick<WireMessage, 'id' | 'direction' | 'sentAt'>,
  { name, sizeBytes, isFolder, path = null }: WireFileRecord,
): FileEntry {
  const file = { id, direction, name, sizeBytes, ...(isFolder && { isFolder }) };
  return { ...newEntry(file, Date.parse(sentAt)), state: 'done', doneBytes: sizeBytes, path };
}

/** One that goes from the browser to the program. */
export function uploadEntry(
  key: string,
  { name, sizeBytes, isFolder }: Pick<FileEntry, 'name' | 'sizeBytes' | 'isFolder'>,
  atMs: number,
): FileEntry {
  const file = { id: key, direction: 'out' as const, name, sizeBytes, ...(isFolder && { isFolder }) };
  return { ...newEntry(file, atMs), key, state: 'uploading' };
}

/** One of ours that waits for its receiver, and has no id until it goes. */
export function waitingEntry(name: string, atMs: number): FileEntry {
  const key = `waiting-${atMs}-${name}`;
  return { ...newEntry({ id: key, direction: 'out', name, sizeBytes: 0 }, atMs), key, state: 'waiting' };
}
