/** What the user does with files. */
import { type Signal, signal } from '@preact/signals';
import type { FileEntry } from '../state/entries.js';
import { uploadEntry } from '../state/file-entry.js';
import { type MediaAddress, mediaKey, type Store } from '../store.js';
import type { Parcel } from '../uploads/parcel.js';
import { upload } from '../uploads/upload.js';

const running = new Map<string, AbortController>();
let lastUpload = 0;
/** One after the other: so each arrives sooner. */
let queue: Promise<void> = Promise.resolve();

/** How many uploads there are. */
export const uploads = signal(0);

/** Hands files and folders to the program, which offers them. */
export function sendParcels(store: Store, member: string, parcels: readonly Parcel[]): void {
  for (const parcel of parcels) {
    lastUpload += 1;
    const key = `upload-${lastUpload}`;
    store.do({ deed: 'uploadBegan', member, entry: uploadEntry(key, parcel, Date.now()) });
    const controller = new AbortController();
    running.set(key, controller);
    uploads.value += 1;
    queue = queue.then(() => send(store, member, { key, parcel, signal: controller.signal }));
  }
}

async function send(
  store: Store,
  member: string,
  { key, parcel, signal }: { key: string; parcel: Parcel; signal: AbortSignal },
): Promise<void> {
  const change = (changes: Partial<FileEntry>): void => store.do({ deed: 'uploadChanged', member, key, changes });
  try {
    signal.throwIfAborted();
    await upload(member, parcel, { signal, onProgress: (doneBytes) => change({ doneBytes }) });
    // It may be on its way already; else it is as soon as the other side is here.
    change({ state: 'waiting', doneBytes: 0 });
  } catch (error) {
    if (signal.aborted) store.do({ deed: 'uploadGone', member, key });
    else change({ state: 'failed', reason: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(key);
    uploads.value -= 1;
  }
}

/** Takes or refuses what is offered. */
export function answerOffer(store: Store, answer: 'accept' | 'decline', { id }: FileEntry): void {
  store.connection.run(answer, { id }).catch((error) => store.fail(error));
}

/** Holds a file, lets it go on, or ends it. */
export function steerFile(store: Store, member: string, what: 'pause' | 'resume' | 'cancel', entry: FileEntry): void {
  const controller = running.get(entry.key);
  if (what === 'cancel' && controller !== undefined) {
    controller.abort();
    return;
  }
  // By id: others may be called the same.
  const name = entry.key === entry.id ? entry.name : entry.id;
  store.connection.run(what, { member, name }).catch((error) => store.fail(error));
}

/** Where the content of a file is shown from; asked once, and again by `again` where an address has become stale. */
export function mediaOf(store: Store, member: string, entry: FileEntry, again = false): Signal<MediaAddress> {
  const key = mediaKey(member, entry);
  const known = store.media.get(key);
  if (known !== undefined && !again) return known;
  const address = known ?? signal<MediaAddress>({ state: 'asked' });
  store.media.set(key, address);
  store.connection.run('media', { member, id: entry.id }).then(
    ({ url, kind }) => {
      address.value = { state: 'there', url, kind };
    },
    () => {
      address.value = { state: 'none' };
    },
  );
  return address;
}

/** What cannot be shown after all is a file as any other. */
export function forgetMedia(store: Store, member: string, entry: FileEntry): void {
  const address = store.media.get(mediaKey(member, entry));
  if (address !== undefined) address.value = { state: 'none' };
}
