/** What can be done with a message; the style sheet shows it while that is pointed at, or has the focus. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { beginComposing } from '../intents/compose-intents.js';
import { deleteMessage, react } from '../intents/message-intents.js';
import type { MessageEntry } from '../state/entries.js';
import { IconButton } from './icon-button.js';
import { useStore } from './store-context.js';

const emojis = ['👍', '❤️', '😂', '😮', '😢', '🎉'];

export function MessageTools({ member, entry }: { member: string; entry: MessageEntry }) {
  const store = useStore();
  const [isReacting, setReacting] = useState(false);
  const group = useRef<HTMLFieldSetElement>(null);
  // What had the focus is gone: it goes on to what came in its place.
  useLayoutEffect(() => {
    if (isReacting) group.current?.querySelector('button')?.focus();
  }, [isReacting]);
  const leave = (): void => {
    group.current?.closest<HTMLElement>('.entry')?.focus({ preventScroll: true });
    setReacting(false);
  };
  const compose = (mode: 'reply' | 'edit') => (): void => {
    beginComposing(store, { mode, entry });
  };
  if (isReacting) {
    return (
      <fieldset class="tools" aria-label="Reactions" ref={group} onMouseLeave={() => setReacting(false)}>
        {emojis.map((emoji) => (
          <button
            type="button"
            key={emoji}
            class="emoji"
            aria-label={`React with ${emoji}`}
            onClick={() => {
              react(store, member, entry, emoji);
              leave();
            }}
          >
            {emoji}
          </button>
        ))}
        <IconButton icon="cancel" label="No reaction" onClick={leave} />
      </fieldset>
    );
  }
  return (
    <fieldset class="tools" aria-label="This message">
      <IconButton icon="react" label="React" onClick={() => setReacting(true)} />
      <IconButton icon="reply" label="Answer" onClick={compose('reply')} />
      {entry.direction === 'out' && (
        <>
          <IconButton icon="edit" label="Change" onClick={compose('edit')} />
          <IconButton icon="trash" label="Delete" onClick={() => deleteMessage(store, member, entry)} />
        </>
      )}
    </fieldset>
  );
}
