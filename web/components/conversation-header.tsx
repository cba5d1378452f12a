/** Who a conversation is with, whether they are here, and what can be done with it. */
import { call } from '../intents/call-intents.js';
import type { Contact } from '../state/app-state.js';
import type { Panel } from '../store.js';
import { recentlyOf } from '../text/words.js';
import { Avatar } from './avatar.js';
import { IconButton } from './icon-button.js';
import { Name } from './name.js';
import { useStore } from './store-context.js';

export function ConversationHeader({ contact }: { contact: Contact }) {
  const store = useStore();
  const { member, isHere } = contact;
  const name = contact.name ?? member;
  const toggle = (panel: Panel): void => {
    store.panel.value = store.panel.value === panel ? 'none' : panel;
  };
  const there = store.call.value;
  return (
    <header class="bar">
      <span class="back">
        <IconButton icon="back" label="All conversations" onClick={() => store.show(undefined)} />
      </span>
      <button
        type="button"
        class="who-button"
        onClick={() => toggle('who')}
        aria-expanded={store.panel.value === 'who'}
      >
        <Avatar name={name} isHere={isHere} />
        <span class="who-names">
          <h2 class="bar-title">
            <Name name={name} />
          </h2>
          <span class={`who-status ${contact.standing === 'changed' ? 'is-wrong' : ''}`}>{statusOf(contact)}</span>
        </span>
      </button>
      <IconButton
        icon="call"
        label={isHere ? `Call ${name}` : `${name} is not here: nobody would hear it ring`}
        isDisabled={!isHere || (there !== null && there.phase !== 'ended')}
        onClick={() => void call(store, member)}
      />
      <IconButton
        icon="search"
        label="Search this conversation"
        isPressed={store.panel.value === 'search'}
        onClick={() => toggle('search')}
      />
      <IconButton
        icon="shield"
        label={`Who is ${name}?`}
        isPressed={store.panel.value === 'who'}
        onClick={() => toggle('who')}
      />
    </header>
  );
}

function statusOf({ isHere, standing, lastSeenAt, whyAway }: Contact): string {
  if (standing === 'blocked') return 'blocked: you hear nothing of each other';
  if (standing === 'changed') return 'shows another key than before: look who it is';
  if (isHere) return 'here now';
  if (lastSeenAt !== null) return `last here ${recentlyOf(Date.parse(lastSeenAt), Date.now())}`;
  return whyAway === null ? 'not here: messages wait' : 'not here at the moment';
}
