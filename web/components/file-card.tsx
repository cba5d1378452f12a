/** A file or folder: what it is, how far it is, what can be done with it, and its content where that can be shown. */
import { answerOffer, steerFile } from '../intents/file-intents.js';
import type { FileEntry } from '../state/entries.js';
import { escapeText } from '../text/escape-text.js';
import { isVoicemail } from '../text/file-names.js';
import { describeSeconds, describeSize, timeOf } from '../text/words.js';
import { Icon } from './icon.js';
import { IconButton } from './icon-button.js';
import { MediaView } from './media-view.js';
import { ProgressMark } from './progress-mark.js';
import { useStore } from './store-context.js';
import { useSelect } from './use-select.js';

export function FileCard({ member, entry }: { member: string; entry: FileEntry }) {
  const { name, isFolder, state, direction, atMs, sizeBytes, doneBytes } = entry;
  const isHere = useSelect(({ contacts }) => contacts[member]?.isHere ?? false, [member]);
  const isSpoken = isVoicemail(name);
  const isMoving =
    state === 'moving' || state === 'uploading' || state === 'paused' || (state === 'waiting' && doneBytes > 0);
  return (
    <div class={`bubble file is-${state}`}>
      {hasContent(entry) && <MediaView member={member} entry={entry} />}
      <div class="file-row">
        <span class="file-icon">
          <Icon name={isFolder ? 'folder' : isSpoken ? 'mic' : 'file'} />
        </span>
        <span class="file-words">
          <bdi class="file-name" title={escapeText(entry.path ?? name)}>
            {isSpoken ? 'Voice message' : escapeText(name)}
          </bdi>
          <span class="file-state">{describeState(entry, isHere)}</span>
        </span>
        <FileButtons member={member} entry={entry} />
      </div>
      {isMoving && (
        <progress
          max={Math.max(sizeBytes, 1)}
          value={doneBytes}
          aria-label={`How much of ${escapeText(name)} is there`}
        />
      )}
      <span class="meta">
        <time dateTime={new Date(atMs).toISOString()}>{timeOf(atMs)}</time>
        {direction === 'out' && state === 'done' && <ProgressMark progress="delivered" />}
      </span>
    </div>
  );
}

/** Whether there may be something to show: of what is ours at once, of theirs as soon as it comes. */
function hasContent({ isFolder, state, direction, doneBytes, sizeBytes, key, id }: FileEntry): boolean {
  if (isFolder || sizeBytes === 0 || key === id) return false;
  if (state === 'offered' || state === 'declined' || state === 'failed' || state === 'uploading') return false;
  return direction === 'out' || state === 'done' || doneBytes > 0;
}

function FileButtons({ member, entry }: { member: string; entry: FileEntry }) {
  const store = useStore();
  const { state, direction, pausedBy } = entry;
  const name = escapeText(entry.name);
  const steer = (what: 'pause' | 'resume' | 'cancel') => (): void => steerFile(store, member, what, entry);
  if (state === 'offered' && direction === 'in') {
    return (
      <span class="file-buttons">
        <IconButton
          icon="accept"
          look="good"
          label={`Accept ${name}`}
          onClick={() => answerOffer(store, 'accept', entry)}
        />
        <IconButton icon="cancel" label={`Decline ${name}`} onClick={() => answerOffer(store, 'decline', entry)} />
      </span>
    );
  }
  if (state === 'done' || state === 'declined' || state === 'failed') return null;
  return (
    <span class="file-buttons">
      {state === 'moving' && <IconButton icon="pause" label={`Pause ${name}`} onClick={steer('pause')} />}
      {state === 'paused' && pausedBy.includes('self') && (
        <IconButton icon="play" label={`Go on with ${name}`} onClick={steer('resume')} />
      )}
      <IconButton icon="cancel" label={`Cancel ${name}`} onClick={steer('cancel')} />
    </span>
  );
}

const declined: Readonly<Record<string, string>> = {
  declined: 'not taken',
  'too-large': 'not taken: too large',
  name: 'not taken: its name is not allowed',
  busy: 'not taken: too many at once',
  unsupported: 'not taken: their program cannot',
  'no-room': 'not taken: the disk is full',
  quota: 'not taken: enough for today',
};

function describeState(entry: FileEntry, isHere: boolean): string {
  const { state, sizeBytes, doneBytes, bytesPerSecond, etaSeconds, direction, reason, pausedBy, path } = entry;
  const size = describeSize(sizeBytes);
  const percent = sizeBytes === 0 ? 100 : Math.floor((doneBytes / sizeBytes) * 100);
  switch (state) {
    case 'uploading':
      return `${percent} % of ${size} read`;
    case 'offered':
      return direction === 'in' ? `${size}: do you want it?` : `${size}, offered`;
    case 'moving': {
      const rate = bytesPerSecond === null ? '' : ` · ${describeSize(bytesPerSecond)}/s`;
      const left = etaSeconds === null ? '' : ` · ${describeSeconds(Math.ceil(etaSeconds))} left`;
      return `${percent} % of ${size}${rate}${left}`;
    }
    case 'paused':
      return `${percent} % of ${size} · paused${pausedBy.includes('self') ? '' : ' by them'}`;
    case 'waiting':
      return `${sizeBytes === 0 ? '' : `${size} · `}${isHere ? 'waits for their answer' : 'waits until they are here'}`;
    case 'done':
      return path === null || direction === 'out' ? size : `${size} · in your downloads`;
    case 'declined':
      return `${size} · ${declined[reason ?? ''] ?? 'not taken'}`;
    case 'failed':
      return `${size} · ${escapeText(reason ?? 'did not arrive')}`;
  }
}
