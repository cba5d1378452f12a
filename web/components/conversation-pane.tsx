/** One conversation: who it is with, what was said, and where to write. */
import { useRef, useState } from 'preact/hooks';
import { parcelsOfDropped } from '../uploads/collect.js';
import { Composer } from './composer.js';
import { ConversationHeader } from './conversation-header.js';
import { Icon } from './icon.js';
import { MessageList } from './message-list.js';
import { useStore } from './store-context.js';
import { TypingLine } from './typing-line.js';

export function ConversationPane() {
  const store = useStore();
  const member = store.active.value;
  const contact = store.contact.value;
  const [isOver, setOver] = useState(false);
  // Enter and leave come for every element within, too.
  const depth = useRef(0);
  if (member === undefined || contact === undefined) return <NothingChosen isUnknown={member !== undefined} />;

  const leave = (): void => {
    depth.current = 0;
    setOver(false);
  };
  return (
    <main
      class="conversation"
      onDragEnter={(event) => {
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        depth.current += 1;
        setOver(true);
      }}
      onDragOver={(event) => event.preventDefault()}
      onDragLeave={() => {
        depth.current -= 1;
        if (depth.current <= 0) leave();
      }}
      onDrop={(event) => {
        event.preventDefault();
        leave();
        if (event.dataTransfer === null) return;
        parcelsOfDropped(event.dataTransfer).then(
          (parcels) => store.uploads.add(member, parcels),
          (error) => store.fail(error),
        );
      }}
    >
      <ConversationHeader contact={contact} />
      <MessageList key={member} member={member} />
      <TypingLine member={member} />
      <Composer key={`composer-${member}`} contact={contact} />
      {isOver && (
        <div class="drop-target" aria-hidden="true">
          <Icon name="attach" />
          <p>Let go to send it to {contact.name ?? member}</p>
        </div>
      )}
    </main>
  );
}

function NothingChosen({ isUnknown }: { isUnknown: boolean }) {
  return (
    <main class="conversation is-empty">
      <div class="empty">
        <h2>{isUnknown ? 'You do not know anybody of that name' : 'Choose a conversation'}</h2>
        <p>
          Write, call, or drop files and folders into it. Messages to those who are not here wait, and go out when they
          come.
        </p>
      </div>
    </main>
  );
}
