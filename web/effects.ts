/** What the page does by itself as things change: reads histories, says what was seen, counts in the title, notifies. */
import { effect } from '@preact/signals';
import { loadHistory, markSeen } from './intents/message-intents.js';
import { dial } from './intents/people-intents.js';
import { notifyOf } from './notify.js';
import { startRinger } from './ringer.js';
import type { Store } from './store.js';

/** Begins all of it. */
export function startEffects(store: Store): void {
  effect(() => {
    const member = store.active.value;
    // Again after each greeting: the program may have started anew.
    if (member === undefined || store.contact.value === undefined || store.conversation.value?.history !== 'none')
      return;
    queueMicrotask(() => {
      void loadHistory(store, member);
      dial(store, member);
    });
  });
  effect(() => {
    const member = store.watched.value;
    if (member === undefined || store.conversation.value?.history !== 'loaded') return;
    if ((store.state.value.contacts[member]?.unread ?? 0) > 0) queueMicrotask(() => markSeen(store, member));
  });
  effect(() => {
    const unread = store.unread.value;
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${store.call.value === null ? '' : '☎ '}qtchat`;
  });
  store.onEvent((event, before) => notifyOf(store, event, before));
  store.onEvent((event) => {
    const target =
      event.event === 'hello' || event.event === 'target'
        ? event.event === 'hello'
          ? event.target
          : event.member
        : null;
    // Where there is room for the list beside it.
    if (target && store.active.peek() === undefined && matchMedia('(min-width: 720px)').matches) store.show(target);
  });
  startRinger(store);
  addEventListener('beforeunload', (event) => {
    if (store.uploads.count.peek() > 0) event.preventDefault();
  });
  addEventListener('keydown', (event) => onKey(store, event));
  // What is dropped beside a conversation would take its place.
  for (const name of ['dragover', 'drop'] as const) addEventListener(name, (event) => event.preventDefault());
}

function onKey(store: Store, event: KeyboardEvent): void {
  const member = store.active.peek();
  // Escape belongs to what is on top.
  if (event.key === 'Escape' && document.querySelector('dialog') === null && store.panel.peek() !== 'none')
    store.panel.value = 'none';
  // The browser's own search finds only what is in sight.
  if (event.key === 'f' && (event.ctrlKey || event.metaKey) && member !== undefined) {
    event.preventDefault();
    store.panel.value = 'search';
  }
  if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    event.preventDefault();
    const members = store.contacts.peek().map((contact) => contact.member);
    const index = member === undefined ? -1 : members.indexOf(member);
    const next = members[index + (event.key === 'ArrowUp' ? -1 : 1)];
    if (next !== undefined) store.show(next);
  }
}
