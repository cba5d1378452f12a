/** Which of the files that we have accepted are taken now: a few at a time, in the order of their offers. */
import type { IncomingTransfer } from './transfer.js';
import type { TransferList } from './transfer-list.js';

// Each takes a connection of the 32 that one host may have, and up to 18 MiB of memory.
const maximumMoving = 4;
/** With those that are paused, of which there is a connection, and memory, all the same. */
const maximumOpen = 8;
/** Files of up to so many octets do not wait for longer ones: as many of them move beside those. */
export const smallBytes = 4 * 1024 * 1024;

/** Those that wait in the queue, as far as there is room beside what moves; of what is paused, some does not count. */
export function dueArrivals(transfers: TransferList): IncomingTransfer[] {
  return [true, false].flatMap((isSmall) => {
    const incoming = transfers.incoming.filter(({ file }) => file.sizeBytes <= smallBytes === isSmall);
    const open = incoming.filter(({ state }) => state === 'accepted' || state === 'moving');
    const moving = open.filter(({ hold }) => !hold.isOn);
    const room = Math.min(maximumMoving - moving.length, maximumOpen - open.length);
    return incoming.filter(({ state }) => state === 'queued').slice(0, Math.max(room, 0));
  });
}
