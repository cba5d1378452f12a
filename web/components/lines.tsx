/** Lines between messages, and above them. */
import { dayOf } from '../text/words.js';
import { Icon } from './icon.js';

export function DayLine({ id, atMs }: { id: string; atMs: number }) {
  return (
    <li class="line" data-key={id}>
      <span>{dayOf(atMs, Date.now())}</span>
    </li>
  );
}

export function UnreadLine({ id }: { id: string }) {
  return (
    <li class="line is-unread" data-key={id}>
      <span>New</span>
    </li>
  );
}

export function Beginning({ id, isEmpty }: { id: string; isEmpty: boolean }) {
  return (
    <li class="beginning" data-key={id}>
      <Icon name="lock" />{' '}
      {isEmpty
        ? 'Nothing was said yet. What you write goes from this computer to theirs, encrypted, and nowhere else.'
        : 'This is where the conversation begins.'}
    </li>
  );
}
