/** How far something of ours has come. */
import type { MessageProgress } from '../state/entries.js';
import { Icon, type IconName } from './icon.js';

const marks: Record<MessageProgress, { icon: IconName; label: string } | undefined> = {
  queued: { icon: 'clock', label: 'waits here until they come' },
  sent: { icon: 'clock', label: 'sent' },
  delivered: { icon: 'check', label: 'on their disk' },
  read: { icon: 'checks', label: 'seen' },
  withdrawn: { icon: 'cancel', label: 'deleted before it was delivered' },
  received: undefined,
};

export function ProgressMark({ progress }: { progress: MessageProgress }) {
  const mark = marks[progress];
  if (mark === undefined) return null;
  return (
    <span class={`progress-mark is-${progress}`} title={mark.label} role="img" aria-label={mark.label}>
      <Icon name={mark.icon} />
    </span>
  );
}
