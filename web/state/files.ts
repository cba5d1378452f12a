/** Files on their way. Pure. */
import type { JsonEvent, OwnEvent, WindowEvent, WireFile } from '../wire.js';
import { type Conversation, withChanged, withEntry } from './conversation.js';
import type { FileEntry } from './entries.js';
import { isOver, newEntry, waitingEntry } from './file-entry.js';

/** The events about files. */
export type FileEvent = Extract<JsonEvent | WindowEvent, { event: `file${string}` }>;

/** Whether an event is about a file. */
export function isFileEvent(event: { readonly event: string }): event is FileEvent {
  return event.event.startsWith('file');
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

/** A file of ours is to be sent; the one that this tab has uploaded for that is here already. */
export function noteOutgoing(
  conversation: Conversation,
  event: Extract<OwnEvent, { event: 'outgoingFile' }>,
): Conversation {
  const { name, at } = event;
  const isHere = conversation.entries.some(
    (entry) => entry.type === 'file' && entry.direction === 'out' && entry.name === name && waits(entry),
  );
  return isHere ? conversation : withEntry(conversation, waitingEntry(name, Date.parse(at)));
}

/** A file that goes on after a break has another id, and one that was uploaded has its id only now: they stay where they are. */
function adopt(conversation: Conversation, event: FileEvent): Conversation {
  if (conversation.entries.some((entry) => isSame(entry, event))) return conversation;
  const adopted = withChanged(
    conversation,
    (entry) =>
      entry.type === 'file' && waits(entry) && entry.direction === event.direction && entry.name === event.name,
    (entry) => (entry.type === 'file' ? { ...entry, id: event.id, sizeBytes: event.sizeBytes } : entry),
  );
  return adopted === conversation ? withEntry(conversation, newEntry(event, Date.parse(event.at))) : adopted;
}

function isSame(entry: Conversation['entries'][number], { id, direction }: WireFile): boolean {
  return entry.type === 'file' && entry.id === id && entry.direction === direction;
}

function waits({ state }: FileEntry): boolean {
  return state === 'waiting' || state === 'uploading';
}
