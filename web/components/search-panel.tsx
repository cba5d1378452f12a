/** Searches one conversation. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { seekMessage } from '../intents/message-intents.js';
import { escapeText } from '../text/escape-text.js';
import { momentOf } from '../text/words.js';
import type { WireMessage } from '../wire.js';
import { IconButton } from './icon-button.js';
import { useStore } from './store-context.js';

const limit = 100;
const pauseMs = 200;

export function SearchPanel({ member }: { member: string }) {
  const store = useStore();
  const field = useRef<HTMLInputElement>(null);
  const [wanted, setWanted] = useState('');
  const [found, setFound] = useState<readonly WireMessage[] | undefined>(undefined);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const text = wanted.trim();
    if (text === '') {
      setFound(undefined);
      return;
    }
    let isStale = false;
    const timer = setTimeout(() => {
      store.connection.run('search', { member, text, limit }).then(
        ({ messages }) => !isStale && setFound(messages),
        (error) => store.fail(error),
      );
    }, pauseMs);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [wanted, member]);

  const close = (): void => {
    store.panel.value = 'none';
  };
  const go = (id: string): void => {
    // On a narrow window the panel covers what was found.
    if (matchMedia('(max-width: 1079px)').matches) close();
    void seekMessage(store, member, id);
  };
  return (
    <section class="panel" aria-label="Search">
      <header class="bar">
        <input
          ref={field}
          type="search"
          class="field"
          placeholder="Search this conversation"
          aria-label="Search this conversation"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        <IconButton icon="cancel" label="Close the search" onClick={close} />
      </header>
      <p class="panel-count" aria-live="polite">
        {found !== undefined && countOf(found.length)}
      </p>
      <ul class="found">
        {found?.toReversed().map((message) => (
          <li key={message.id}>
            <button type="button" onClick={() => go(message.id)}>
              <span class="found-head">
                <bdi>{message.direction === 'out' ? 'You' : escapeText(message.from)}</bdi>
                <time>{momentOf(Date.parse(message.sentAt))}</time>
              </span>
              <bdi class="found-text">{escapeText((message.text ?? '').slice(0, 200).replaceAll(/\s+/g, ' '))}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function countOf(count: number): string {
  if (count === 0) return 'Nothing holds that text';
  if (count >= limit) return `The last ${limit} that hold it`;
  return count === 1 ? 'One message' : `${count} messages`;
}
