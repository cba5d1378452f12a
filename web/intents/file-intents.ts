/** What the user does with files. */
import { type Signal, signal } from '@preact/signals';
import type { FileEntry } from '../state/entries.js';
import { type MediaAddress, mediaKey, type Store } from '../store.js';

/** Takes or refuses what is offered. */
export function answerOffer(store: Store, answer: 'accept' | 'decline', { id }: FileEntry): void {
  store.connection.run(answer, { id }).catch((error) => store.fail(error));
}

/** Holds a file, lets it go on, or ends it. */
export function steerFile(store: Store, member: string, what: 'pause' | 'resume' | 'cancel', entry: FileEntry): void {
  if (what === 'cancel' && store.uploads.cancel(entry.key)) return;
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
