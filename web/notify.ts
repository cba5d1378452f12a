/** Notices of the desktop, while nobody looks, where they were allowed. */
import type { AppState } from './state/app-state.js';
import type { Store } from './store.js';
import { escapeText } from './text/escape-text.js';
import type { WireEvent } from './wire.js';

const longestText = 140;

/** Notifies of what is for us, and was not seen. */
export function notifyOf(store: Store, event: WireEvent, before: AppState): void {
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  const setting = store.state.peek().settings.notify ?? 'on';
  if (setting === 'off') return;
  const text = textOf(event, before);
  if (text === undefined || !('member' in event) || event.member === store.watched.peek()) return;
  const { member } = event;
  const name = store.state.peek().contacts[member]?.name ?? member;
  const body = setting === 'names' ? '' : escapeText(text.slice(0, longestText));
  const notification = new Notification(escapeText(name), {
    body,
    tag: `${event.event}-${member}`,
    icon: 'favicon.svg',
  });
  notification.onclick = () => {
    window.focus();
    store.show(member);
    notification.close();
  };
}

function textOf(event: WireEvent, before: AppState): string | undefined {
  switch (event.event) {
    case 'message':
      return event.text;
    case 'fileOffered':
      return event.direction === 'in' ? `offers ${event.name}` : undefined;
    case 'fileDone':
      return event.direction === 'in' ? `sent ${event.name}` : undefined;
    case 'callRinging':
      return event.direction === 'in' && before.call?.id !== event.id ? 'is calling' : undefined;
    case 'callEnded':
      return event.missed ? 'called' : undefined;
    default:
      return undefined;
  }
}
