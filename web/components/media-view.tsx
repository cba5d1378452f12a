/** The content of a file in the conversation: pictures, sound and films, which play while they arrive. */
import { useRef } from 'preact/hooks';
import { forgetMedia, mediaOf } from '../intents/file-intents.js';
import type { FileEntry } from '../state/entries.js';
import { escapeText } from '../text/escape-text.js';
import { isVoicemail } from '../text/file-names.js';
import { Player } from './player.js';
import { useStore } from './store-context.js';

export function MediaView({ member, entry }: { member: string; entry: FileEntry }) {
  const store = useStore();
  // Only the newest files have an address: one that was lost is asked for once more.
  const isAskedAgain = useRef(false);
  const asked = mediaOf(store, member, entry).value;
  // A file that goes on with another transfer has another address; until that is known, the one before is as good.
  const known = useRef(asked);
  if (asked.state !== 'asked') known.current = asked;
  const address = known.current;
  if (address.state !== 'there') return null;
  const { url, kind } = address;
  const name = escapeText(entry.name);
  const onError = (): void => {
    if (isAskedAgain.current) forgetMedia(store, member, entry);
    else mediaOf(store, member, entry, true);
    isAskedAgain.current = true;
  };
  switch (kind) {
    case 'picture':
      return entry.state === 'done' || entry.direction === 'out' ? (
        <button
          type="button"
          class="picture"
          aria-label={`Show ${name} in full size`}
          onClick={() => {
            store.enlarged.value = { url, name };
          }}
        >
          <img src={url} alt={name} decoding="async" onError={onError} />
        </button>
      ) : null;
    default:
      // The octets of a WebM do not say that there are no pictures in it.
      return (
        <Player
          kind={isVoicemail(entry.name) ? 'audio' : kind}
          url={url}
          name={name}
          state={entry.state}
          onBroken={onError}
        />
      );
  }
}
