/** What this tab hands to the program: one after the other, so each is there sooner. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { lostError } from '../connection.js';
import type { FileEntry } from '../state/entries.js';
import { uploadEntry } from '../state/file-entry.js';
import type { Deed } from '../state/reduce.js';
import type { Parcel } from './parcel.js';
import { upload } from './upload.js';

interface Waiting {
  readonly member: string;
  readonly key: string;
  readonly parcel: Parcel;
  readonly controller: AbortController;
}

/** All uploads of the page. */
export class Uploads {
  readonly #do: (deed: Deed) => void;
  readonly #isConnected: () => boolean;
  readonly #running = new Map<string, Waiting>();
  readonly #count = signal(0);
  #begun = 0;
  #queue: Promise<void> = Promise.resolve();

  /**
   * @param perform - shows how they stand
   * @param isConnected - whether the program is there, and not somebody else on its port
   */
  constructor(perform: (deed: Deed) => void, isConnected: () => boolean) {
    this.#do = perform;
    this.#isConnected = isConnected;
  }

  /** How many there are now. */
  get count(): ReadonlySignal<number> {
    return this.#count;
  }

  /** Hands files and folders over; the program offers each when it has all of it. */
  add(member: string, parcels: readonly Parcel[]): void {
    for (const parcel of parcels) {
      this.#begun += 1;
      const key = `upload-${this.#begun}`;
      const waiting = { member, key, parcel, controller: new AbortController() };
      this.#do({ deed: 'uploadBegan', member, entry: uploadEntry(key, parcel, Date.now()) });
      this.#running.set(key, waiting);
      this.#count.value = this.#running.size;
      this.#queue = this.#queue.then(() => this.#send(waiting));
    }
  }

  /** Ends one; whether it was one. */
  cancel(key: string): boolean {
    const waiting = this.#running.get(key);
    waiting?.controller.abort();
    return waiting !== undefined;
  }

  async #send({ member, key, parcel, controller: { signal } }: Waiting): Promise<void> {
    const change = (changes: Partial<FileEntry>): void => this.#do({ deed: 'uploadChanged', member, key, changes });
    try {
      signal.throwIfAborted();
      if (!this.#isConnected()) throw lostError();
      await upload(member, parcel, { signal, onProgress: (doneBytes) => change({ doneBytes }) });
      // It may be on its way already; else it is as soon as the other side is here.
      change({ state: 'waiting', doneBytes: 0 });
    } catch (error) {
      if (signal.aborted) this.#do({ deed: 'uploadGone', member, key });
      else change({ state: 'failed', reason: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#running.delete(key);
      this.#count.value = this.#running.size;
    }
  }
}
