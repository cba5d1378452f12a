/**
 * The files of a conversation by the small numbers that users name them by. A file keeps its number when its transfer breaks off
 * and another one takes it up.
 */
import { basename } from 'node:path';
import { declined } from '../../conversation/deliver.js';
import type { ConversationEvent } from '../../conversation/events.js';
import { QTChatError, quote } from '../../errors.js';
import type { FileRecord } from '../../store/file-record.js';
import { ownDeclineReasons } from '../text/describe-event.js';

/** How a file stands. */
export type FileState = 'offered' | 'moving' | 'paused' | 'interrupted' | 'done' | 'declined' | 'cancelled' | 'failed';

/** One file. Texts are as the peer wrote them. */
export interface BookedFile {
  readonly number: number;
  readonly member: string;
  readonly direction: 'in' | 'out';
  readonly name: string;
  /** Of its transfer; undefined for ours before it begins. */
  readonly id: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly isFolder: boolean;
  readonly state: FileState;
  readonly doneBytes: number;
  readonly bytesPerSecond?: number | undefined;
  readonly leftMs?: number | undefined;
  /** Why it waits, was declined, or failed. */
  readonly reason?: string | undefined;
  /** Where it is on this side. */
  readonly path?: string | undefined;
}

type FileEvent = Extract<ConversationEvent, { file: unknown }>;

/** A file that had arrived before. */
interface PastFile {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly file: FileRecord;
}

/** Files that are over and so many younger ones ago are forgotten. */
const mostFiles = 1_000;
const open: ReadonlySet<FileState> = new Set(['offered', 'moving', 'paused', 'interrupted']);

/** All files since the program began. */
export class FileBook {
  readonly #files = new Map<number, BookedFile>();
  #lastNumber = 0;

  /** All of them, in the order of their numbers. */
  get all(): readonly BookedFile[] {
    return [...this.#files.values()];
  }

  /** Those that are not over. */
  get open(): readonly BookedFile[] {
    return this.all.filter(({ state }) => open.has(state));
  }

  /** A file as it stands now; as it stood last where it is forgotten. */
  asItIs(file: BookedFile): BookedFile {
    return this.#files.get(file.number) ?? file;
  }

  /** Books a file that we offer. */
  addOwn(member: string, path: string): BookedFile {
    return this.#put({
      ...{ number: ++this.#lastNumber, member, direction: 'out', name: basename(path), path },
      ...{ id: undefined, sizeBytes: undefined, isFolder: false, state: 'offered', doneBytes: 0 },
    });
  }

  /** Notes that a file of ours is to be sent; one that is booked already, before it begins, stays the same. */
  noteOutgoing({ member, path }: Extract<ConversationEvent, { type: 'outgoingFile' }>): BookedFile {
    const known = this.all.find((one) => one.member === member && one.path === path && one.id === undefined);
    return known ?? this.addOwn(member, path);
  }

  /** Books a file of the history; undefined where it is booked already. */
  addPast(member: string, { id, direction, file }: PastFile): BookedFile | undefined {
    if (this.all.some((one) => one.member === member && one.direction === direction && one.id === id)) return undefined;
    const { name, sizeBytes, isFolder, path } = file;
    return this.#put({
      ...{ number: ++this.#lastNumber, member, direction, id, name, sizeBytes, isFolder, path },
      ...{ state: 'done', doneBytes: sizeBytes },
    });
  }

  /** Forgets a file: nothing was made of it. */
  remove(number: number): void {
    this.#files.delete(number);
  }

  /** Notes an event, whatever it is about. */
  noteAny(event: ConversationEvent): void {
    if ('file' in event) this.note(event);
    else if (event.type === 'outgoingFile') this.noteOutgoing(event);
  }

  /** Notes what happened to a file; returns it as it stands now. */
  note(event: FileEvent): BookedFile {
    const { id, direction, name, sizeBytes, isFolder = false } = event.file;
    const known = this.of(event) ?? this.#new(event);
    const { bytesPerSecond: _rate, leftMs: _left, ...rest } = known;
    return this.#put({ ...rest, id, direction, name, sizeBytes, isFolder, ...changeOf(event) });
  }

  /** The file that an event is about: the one of its transfer, or the one that this transfer takes up. */
  of({ member, file }: FileEvent): BookedFile | undefined {
    const same = this.all.filter((one) => one.member === member && one.direction === file.direction);
    const byId = same.find(({ id }) => id === file.id);
    if (byId !== undefined) return byId;
    const waits = ({ state, id }: BookedFile): boolean => state === 'interrupted' || (state === 'offered' && !id);
    return same.find(
      (one) => one.name === file.name && waits(one) && (one.sizeBytes ?? file.sizeBytes) === file.sizeBytes,
    );
  }

  /**
   * The file that the user means.
   *
   * @param typed - its number, or its name; empty where only one comes into question
   * @param is - which files come into question
   * @param what - what they are called: "is offered"
   * @throws {QTChatError} `ERR_USAGE` when there is none, or more than one
   */
  find(typed: string, is: (file: BookedFile) => boolean, what: string): BookedFile {
    const files = this.all.filter(is);
    const name = typed.replace(/^#/, '');
    const meant = files.filter((file) => name === '' || `${file.number}` === name || file.name === typed);
    const [found, another] = meant;
    if (found !== undefined && another === undefined) return found;
    if (found === undefined) {
      throw new QTChatError('ERR_USAGE', typed === '' ? `no file ${what}` : `no file ${quote(typed)} ${what}`, {
        hint: 'See /files',
      });
    }
    const numbers = meant.map(({ number }) => number).join(', ');
    throw new QTChatError('ERR_USAGE', `more than one file ${what}: ${numbers}`, { hint: 'Add its number' });
  }

  #new({ member, file }: FileEvent): BookedFile {
    return {
      ...{ number: ++this.#lastNumber, member, direction: file.direction, name: file.name, id: file.id },
      ...{ sizeBytes: file.sizeBytes, isFolder: false, state: 'offered', doneBytes: 0 },
    };
  }

  #put(file: BookedFile): BookedFile {
    this.#files.set(file.number, file);
    if (this.#files.size > mostFiles) {
      const files = this.all;
      // A peer that comes and goes leaves as many that wait as it likes.
      const oldest = files.find(({ state }) => !open.has(state)) ?? files.find(({ state }) => state === 'interrupted');
      if (oldest !== undefined) this.#files.delete(oldest.number);
    }
    return file;
  }
}

function changeOf(event: FileEvent): Partial<BookedFile> & { state: FileState } {
  switch (event.type) {
    case 'fileOffered':
      return { state: 'offered', reason: undefined };
    case 'fileStarted':
      return { state: 'moving', reason: undefined, doneBytes: event.doneBytes };
    case 'fileProgress': {
      const { doneBytes, bytesPerSecond, leftMs } = event;
      return { state: 'moving', doneBytes, bytesPerSecond, leftMs };
    }
    case 'filePaused':
      return { state: 'paused', reason: event.by === 'peer' ? `by ${event.member}` : undefined };
    case 'fileResumed':
      return { state: 'moving', reason: undefined };
    case 'fileInterrupted':
      return { state: 'interrupted', reason: event.error.message };
    case 'fileDone':
      return { state: 'done', doneBytes: event.file.sizeBytes, ...(event.path !== undefined && { path: event.path }) };
    case 'fileDeclined': {
      const { file, member, reason } = event;
      if (file.direction === 'out') return { state: 'declined', reason: declined(member, file, reason).message };
      return { state: 'declined', reason: reason === 'declined' ? undefined : ownDeclineReasons[reason] };
    }
    case 'fileFailed':
      if (event.error.code === 'ERR_CANCELLED') return { state: 'cancelled', reason: undefined };
      return { state: 'failed', reason: event.error.message };
  }
}
