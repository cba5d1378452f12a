/** Files on their way. Pure. */
import type { JsonEvent, WindowEvent, WireFile, WireKnownFile } from '../wire.js';
import { type Conversation, withChanged, withEntry } from './conversation.js';
import type { FileEntry, FileProgressState } from './entries.js';

/** The events about files. */
export type FileEvent = Extract<JsonEvent | WindowEvent, { event: `file${string}` }>;

/** Whether an event is about a file. */
export function isFileEvent(event: { readonly event: string }): event is FileEvent {
  return event.event.startsWith('file');
}

const over: readonly FileProgressState[] = ['done', 'declined', 'failed'];

/** Whether nothing of a file moves any more. */
export function isOver({ state }: FileEntry): boolean {
  return over.includes(state);
}

/** A file that was there before the page. */
export function fileEntryOf(file: WireKnownFile, nowMs: number): FileEntry {
  const atMs = file.at === undefined ? nowMs : Date.parse(file.at);
  return { ...newEntry(file, atMs), state: file.state ?? 'moving', doneBytes: file.doneBytes };
}

/** A file that goes from the browser to the program. */
export function uploadEntry(
  key: string,
  { name, sizeBytes, isFolder }: Pick<FileEntry, 'name' | 'sizeBytes' | 'isFolder'>,
  atMs: number,
): FileEntry {
  const file = { member: '', id: key, direction: 'out' as const, name, sizeBytes, ...(isFolder && { isFolder }) };
  return { ...newEntry(file, atMs), key, state: 'uploading' };
}

/** What becomes of the files of a conversation. */
export function reduceFile(conversation: Conversation, event: FileEvent): Conversation {
  const known = adopt(conversation, event);
  const change = (changes: (entry: FileEntry) => Partial<FileEntry>): Conversation =>
    withChanged(
      known,
      (entry) => isSame(entry, event),
      (entry) => (entry.type === 'file' ? { ...entry, ...changes(entry) } : entry),
    );
  const still = { bytesPerSecond: null, etaSeconds: null };
  switch (event.event) {
    case 'fileOffered':
      return change(() => ({ state: 'offered', ...still }));
    case 'fileStarted':
      return change(() => ({ state: 'moving', doneBytes: event.doneBytes, reason: null, pausedBy: [] }));
    case 'fileProgress': {
      const { doneBytes, bytesPerSecond, etaSeconds } = event;
      return change((entry) =>
        isOver(entry)
          ? {}
          : { state: entry.pausedBy.length > 0 ? 'paused' : 'moving', doneBytes, bytesPerSecond, etaSeconds },
      );
    }
    case 'filePaused':
      return change(({ pausedBy }) => ({ state: 'paused', pausedBy: [...new Set([...pausedBy, event.by])], ...still }));
    case 'fileResumed':
      return change((entry) => {
        const pausedBy = entry.pausedBy.filter((by) => by !== event.by);
        return { pausedBy, state: pausedBy.length > 0 ? 'paused' : entry.state === 'paused' ? 'moving' : entry.state };
      });
    case 'fileInterrupted':
      return change(() => ({ state: 'waiting', reason: event.reason.message, ...still }));
    case 'fileDone':
      return change(({ sizeBytes }) => ({
        state: 'done',
        doneBytes: sizeBytes,
        path: event.path,
        reason: null,
        ...still,
      }));
    case 'fileDeclined':
      return change(() => ({ state: 'declined', reason: event.reason, ...still }));
    case 'fileFailed': {
      const { message, hint } = event.reason;
      return change(() => ({ state: 'failed', reason: hint === null ? message : `${message}. ${hint}`, ...still }));
    }
  }
}

/** A file that goes on after a break has another id, and one that was uploaded has its id only now: they stay where they are. */
function adopt(conversation: Conversation, event: FileEvent): Conversation {
  if (conversation.entries.some((entry) => isSame(entry, event))) return conversation;
  const adopted = withChanged(
    conversation,
    (entry) =>
      entry.type === 'file' &&
      (entry.state === 'waiting' || entry.state === 'uploading') &&
      entry.direction === event.direction &&
      entry.name === event.name,
    (entry) => (entry.type === 'file' ? { ...entry, id: event.id, sizeBytes: event.sizeBytes } : entry),
  );
  return adopted === conversation ? withEntry(conversation, newEntry(event, Date.parse(event.at))) : adopted;
}

function isSame(entry: Conversation['entries'][number], { id, direction }: WireFile): boolean {
  return entry.type === 'file' && entry.id === id && entry.direction === direction;
}

function newEntry({ id, direction, name, sizeBytes, isFolder }: WireFile, atMs: number): FileEntry {
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
