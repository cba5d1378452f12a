/** A file as it stands now, as a line for people; not escaped. */
import type { BookedFile } from '../commands/file-book.js';
import { describeSize } from './size.js';

const words: Readonly<Record<BookedFile['state'], string>> = {
  offered: 'offered',
  moving: 'on its way',
  paused: 'paused',
  interrupted: 'waits',
  done: 'arrived',
  declined: 'declined',
  cancelled: 'cancelled',
  failed: 'failed',
};

/** "3 from bob: film.mp4 (12.3 MB), on its way, 45 %". */
export function describeFile(file: BookedFile): string {
  const { number, member, direction, name, sizeBytes, state, doneBytes, reason } = file;
  const size = sizeBytes === undefined ? '' : ` (${describeSize(sizeBytes)})`;
  const share = state === 'moving' && sizeBytes ? `, ${Math.floor((doneBytes / sizeBytes) * 100)} %` : '';
  const because = reason === undefined ? '' : `: ${reason}`;
  return `${number} ${direction === 'in' ? 'from' : 'to'} ${member}: ${name}${size}, ${words[state]}${share}${because}`;
}
