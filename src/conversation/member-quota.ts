/**
 * How much one member may leave with us in a day: octets, files and messages. Files that somebody here has agreed to do
 * not count; those taken unasked are counted in full when they begin, once, however often they break off. Counted
 * by each process for itself, since it started; a day is one of UTC.
 */
import type { FileEvent } from '../files/file-events.js';
import { dayMs } from '../pki/day.js';
import type { WantedFile } from '../store/part-map.js';

/** What one member may leave in a day. */
export interface QuotaLimits {
  /** Of files, and of texts. */
  readonly bytes: number;
  /** A folder is one. */
  readonly files: number;
  /** Texts, what changes them, offers of files, whatever becomes of these, and their pauses. */
  readonly messages: number;
}

/** More than people send each other, and less than a program that runs wild. */
export const defaultQuota: QuotaLimits = { bytes: 200_000_000_000, files: 100_000, messages: 1_000_000 };

const nothing: QuotaLimits = { bytes: 0, files: 0, messages: 0 };
// Files that were begun and have not arrived; beyond that, one that goes on counts again.
const maximumBegun = 1_024;

/** What one member has left, over all its sessions. */
export class MemberQuota {
  readonly #limits: QuotaLimits;
  readonly #clock: () => Date;
  #day = Number.NaN;
  #used = nothing;
  /** Files that were counted and are not here yet, with how many transfers bring them now. */
  readonly #begun = new Map<string, number>();

  constructor(limits: QuotaLimits, clock: () => Date) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Counts messages; false when they would be too many, or too long, and nothing is counted. */
  admitMessages(messages: number, bytes: number): boolean {
    return this.#take({ bytes, files: 0, messages });
  }

  /** Counts a file, unless it was before; false when that would be too much. */
  begin(file: WantedFile): boolean {
    const key = keyOf(file);
    const carriers = this.#begun.get(key);
    // A second copy on its way is another file; one that goes on is not.
    if (carriers !== 0 && !this.#take({ bytes: file.sizeBytes, files: 1, messages: 0 })) return false;
    this.#begun.delete(key);
    this.#begun.set(key, (carriers ?? 0) + 1);
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > maximumBegun && oldest !== undefined) this.#begun.delete(oldest);
    return true;
  }

  /** Notes that a transfer of a file has ended; `isOver` where nothing of it will go on. */
  end(file: WantedFile, isOver: boolean): void {
    const key = keyOf(file);
    const carriers = this.#begun.get(key) ?? 0;
    if (isOver && carriers <= 1) this.#begun.delete(key);
    else if (carriers > 0) this.#begun.set(key, carriers - 1);
  }

  #take(more: QuotaLimits): boolean {
    const day = Math.floor(this.#clock().getTime() / dayMs);
    if (day !== this.#day) this.#used = nothing;
    this.#day = day;
    const bytes = this.#used.bytes + more.bytes;
    const files = this.#used.files + more.files;
    const messages = this.#used.messages + more.messages;
    const { bytes: maximumBytes, files: maximumFiles, messages: maximumMessages } = this.#limits;
    if (bytes > maximumBytes || files > maximumFiles || messages > maximumMessages) return false;
    this.#used = { bytes, files, messages };
    return true;
  }
}

/** The same for one session, with which the transfers of its files end. */
export class SessionQuota {
  readonly #quota: MemberQuota;
  readonly #files = new Map<string, WantedFile>();

  constructor(quota: MemberQuota) {
    this.#quota = quota;
  }

  /** {@link MemberQuota.admitMessages}. */
  admitMessages(messages: number, bytes: number): boolean {
    return this.#quota.admitMessages(messages, bytes);
  }

  /** {@link MemberQuota.begin} for the transfer `id`. */
  admit(id: string, file: WantedFile): boolean {
    if (!this.#quota.begin(file)) return false;
    this.#files.set(id, file);
    return true;
  }

  /** Notes how a transfer has ended. */
  note(event: FileEvent): void {
    switch (event.type) {
      case 'fileDone':
      case 'fileFailed':
      case 'fileInterrupted':
        this.#end(event.file.id, event.type !== 'fileInterrupted');
    }
  }

  /** Ends what has not ended by itself. */
  close(): void {
    for (const id of [...this.#files.keys()]) this.#end(id, false);
  }

  #end(id: string, isOver: boolean): void {
    const file = this.#files.get(id);
    if (file === undefined) return;
    this.#files.delete(id);
    this.#quota.end(file, isOver);
  }
}

function keyOf(file: WantedFile): string {
  return JSON.stringify(file);
}
