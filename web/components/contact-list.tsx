/** The conversations: one for everybody whom we know. */
import { hrefOf } from '../route.js';
import type { Contact } from '../state/app-state.js';
import { escapeText } from '../text/escape-text.js';
import { shortlyOf } from '../text/words.js';
import { Avatar } from './avatar.js';
import { Name } from './name.js';
import { useStore } from './store-context.js';
import { useSelect } from './use-select.js';

export function ContactList() {
  const store = useStore();
  const contacts = store.contacts.value;
  return (
    <nav class="contacts" aria-label="Conversations">
      <ul>
        {contacts.map((contact) => (
          <li key={contact.member}>
            <ContactRow contact={contact} isActive={contact.member === store.active.value} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function ContactRow({ contact, isActive }: { contact: Contact; isActive: boolean }) {
  const { member, isHere, unread, lastText, lastAtMs, standing } = contact;
  const name = contact.name ?? member;
  const isTyping = useSelect(({ conversations }) => (conversations[member]?.typingAtMs ?? 0) > 0, [member]);
  return (
    <a class="contact" href={hrefOf(member)} aria-current={isActive ? 'page' : undefined}>
      <Avatar name={name} isHere={isHere} />
      <span class="contact-name">
        <Name name={name} />
        <span class="hidden">{isHere ? ', here now' : ', not here'}</span>
      </span>
      <span class="contact-time">{lastAtMs > 0 && shortlyOf(lastAtMs, Date.now())}</span>
      <span class={`contact-last ${isTyping ? 'is-typing' : ''}`}>
        {isTyping ? 'is writing…' : <bdi>{describe(standing, lastText, isHere)}</bdi>}
      </span>
      {unread > 0 && (
        <span class="badge">
          {unread > 99 ? '99+' : unread}
          <span class="hidden"> unread</span>
        </span>
      )}
    </a>
  );
}

function describe(standing: Contact['standing'], lastText: string, isHere: boolean): string {
  if (standing === 'blocked') return 'Blocked';
  if (standing === 'changed') return 'Shows another key: look who it is';
  if (lastText !== '') return escapeText(lastText.slice(0, 120).replaceAll(/\s+/g, ' '));
  return isHere ? 'Here now: say hello' : 'Nothing said yet';
}
