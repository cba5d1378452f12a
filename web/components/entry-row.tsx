/** One entry of a conversation, on the side of its author. */
import type { Entry } from '../state/entries.js';
import { describeOutcome } from '../text/describe-call.js';
import { momentOf, timeOf } from '../text/words.js';
import { FileCard } from './file-card.js';
import { Icon } from './icon.js';
import { MessageBubble } from './message-bubble.js';
import { MessageTools } from './message-tools.js';
import { useSelect } from './use-select.js';

interface EntryRowProps {
  readonly member: string;
  readonly entry: Entry;
  readonly isFirst: boolean;
  readonly isSought: boolean;
}

export function EntryRow({ member, entry, isFirst, isSought }: EntryRowProps) {
  const peer = useSelect(({ contacts }) => contacts[member]?.name ?? member, [member]);
  const author = entry.direction === 'out' ? 'You' : peer;
  const classes = [
    'entry-row',
    `is-${entry.direction}`,
    `is-${entry.type}`,
    ...(isFirst ? ['is-first'] : []),
    ...(isSought ? ['is-sought'] : []),
  ];
  return (
    <li class={classes.join(' ')} data-key={entry.key}>
      <article class="entry" tabIndex={-1} aria-label={`${author}, ${momentOf(entry.atMs)}`}>
        {entry.type === 'message' && <MessageBubble member={member} entry={entry} />}
        {entry.type === 'file' && <FileCard member={member} entry={entry} />}
        {entry.type === 'call' && (
          <p class={`call-line ${entry.outcome.missed ? 'is-missed' : ''}`}>
            <Icon name="call" /> {describeOutcome(entry.direction, entry.outcome)}
            <span class="meta">{timeOf(entry.atMs)}</span>
          </p>
        )}
        {entry.type === 'message' && entry.text !== null && <MessageTools member={member} entry={entry} />}
      </article>
    </li>
  );
}
