/** A message: what it answers, its text, what was thought of it, when it was written, and how far it has come. */
import { react, seekMessage } from '../intents/message-intents.js';
import { conversationWith } from '../state/app-state.js';
import type { MessageEntry } from '../state/entries.js';
import { escapeText } from '../text/escape-text.js';
import { timeOf } from '../text/words.js';
import { ProgressMark } from './progress-mark.js';
import { RichText } from './rich-text.js';
import { useStore } from './store-context.js';

export function MessageBubble({ member, entry }: { member: string; entry: MessageEntry }) {
  const { text, isEdited, atMs, progress, direction, replyTo } = entry;
  const meta = (
    <span class="meta" dir="ltr">
      {isEdited && text !== null && 'edited · '}
      <time dateTime={new Date(atMs).toISOString()}>{timeOf(atMs)}</time>
      {direction === 'out' && <ProgressMark progress={progress} />}
    </span>
  );
  return (
    <div class="bubble">
      {replyTo !== null && <Quote member={member} id={replyTo} />}
      {text === null ? <p class="deleted">This message was deleted{meta}</p> : <RichText text={text}>{meta}</RichText>}
      {entry.reactions.length > 0 && <Reactions member={member} entry={entry} />}
    </div>
  );
}

/** The beginning of the message that is answered. */
function Quote({ member, id }: { member: string; id: string }) {
  const store = useStore();
  const quoted = conversationWith(store.state.peek(), member).entries.find((entry) => entry.id === id);
  const text = quoted?.type === 'message' ? (quoted.text ?? 'a deleted message') : 'an earlier message';
  const author = quoted?.direction === 'out' ? 'You' : (store.contact.peek()?.name ?? member);
  return (
    <button type="button" class="quote" onClick={() => void seekMessage(store, member, id)}>
      <span class="quote-author">
        <bdi>{quoted === undefined ? 'In answer to' : escapeText(author)}</bdi>
      </span>
      <bdi class="quote-text">{escapeText(text.slice(0, 200).replaceAll(/\s+/g, ' '))}</bdi>
    </button>
  );
}

function Reactions({ member, entry }: { member: string; entry: MessageEntry }) {
  const store = useStore();
  const self = store.self.value?.member;
  const kinds = [...new Set(entry.reactions.map(({ emoji }) => emoji))];
  return (
    <span class="reactions">
      {kinds.map((emoji) => {
        const from = entry.reactions.filter((one) => one.emoji === emoji).map((one) => one.from);
        const shown = escapeText(emoji);
        return (
          <button
            type="button"
            key={emoji}
            class={from.some((one) => one === self) ? 'reaction is-own' : 'reaction'}
            aria-label={`${shown} by ${from.map((one) => (one === self ? 'you' : one)).join(' and ')}`}
            onClick={() => react(store, member, entry, emoji)}
          >
            <bdi>{shown}</bdi>
            {from.length > 1 && from.length}
          </button>
        );
      })}
    </span>
  );
}
