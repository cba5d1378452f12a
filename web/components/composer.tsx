/** Where one writes. Enter sends, Shift and Enter begin a line; what was not sent stays, for each conversation. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { beginComposing, stopComposing, writeText } from '../intents/compose-intents.js';
import { sendText, tellTyping } from '../intents/message-intents.js';
import { recordVoicemail } from '../intents/voicemail-intents.js';
import type { Contact } from '../state/app-state.js';
import { conversationWith } from '../state/app-state.js';
import { escapeText } from '../text/escape-text.js';
import { parcelsOfPasted } from '../uploads/collect.js';
import { AttachButtons } from './attach-buttons.js';
import { IconButton } from './icon-button.js';
import { RecordingBar } from './recording-bar.js';
import { useStore } from './store-context.js';

export function Composer({ contact }: { contact: Contact }) {
  const store = useStore();
  const { member } = contact;
  const field = useRef<HTMLTextAreaElement>(null);
  const text = store.text.value;
  const composing = store.composing.value;
  const name = contact.name ?? member;
  const there = store.call.value;
  const isInCall = there !== null && there.phase !== 'ended';

  const change = (next: string): void => writeText(store, member, next);

  useEffect(() => {
    // On a telephone the keyboard would cover what one wants to read.
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);
  const isEdit = composing?.mode === 'edit';
  useLayoutEffect(() => {
    if (composing !== undefined) field.current?.focus();
  }, [composing]);
  // As high as its text; the style sheet says how high at most.
  useLayoutEffect(() => {
    const { current } = field;
    if (current === null) return;
    const { parentElement: row } = current;
    // Meanwhile the messages must not have more room: they would be scrolled by it.
    if (row !== null) row.style.minHeight = `${row.offsetHeight}px`;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight + 2}px`;
    if (row !== null) row.style.minHeight = '';
    // What stands there before something is typed counts, too.
  }, [text, contact.isHere]);

  const send = async (): Promise<void> => {
    // As it stands in the field: what was typed just now may not be drawn yet.
    const text = field.current?.value ?? '';
    if (text.trim() === '') return;
    if (store.composing.peek()?.mode === 'edit') {
      await sendText(store, member, text);
      return;
    }
    change('');
    // What could not be sent comes back, unless something else was written meanwhile.
    if (!(await sendText(store, member, text)) && !store.drafts.get(member)) change(text);
  };
  const editLast = (): void => {
    const last = conversationWith(store.state.peek(), member).entries.findLast(
      (entry) => entry.type === 'message' && entry.direction === 'out' && entry.text !== null,
    );
    if (last?.type === 'message') beginComposing(store, { mode: 'edit', entry: last });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      void send();
    } else if (event.key === 'ArrowUp' && text === '') {
      event.preventDefault();
      editLast();
    } else if (event.key === 'Escape' && composing !== undefined) {
      event.stopPropagation();
      stopComposing(store, member);
    }
  };

  if (contact.standing === 'blocked') {
    return (
      <p class="composer is-closed">
        You have blocked {name}. Lift that in “Who is {name}?” to write again.
      </p>
    );
  }
  const recording = store.voicemail.recording.value;
  if (recording?.member === member) {
    return (
      <footer class="composer">
        <RecordingBar recording={recording} />
      </footer>
    );
  }
  return (
    <footer class="composer">
      {composing !== undefined && (
        <div class="composing">
          <span class="composing-what">{isEdit ? 'Changing your message' : 'Answering'}</span>
          <bdi class="composing-text">{escapeText((composing.entry.text ?? '').slice(0, 200))}</bdi>
          <IconButton
            icon="cancel"
            label={isEdit ? 'Leave it as it is' : 'Not as an answer'}
            onClick={() => stopComposing(store, member)}
          />
        </div>
      )}
      <div class="composer-row">
        <AttachButtons onParcels={(parcels) => store.uploads.add(member, parcels)} />
        <IconButton
          icon="mic"
          label="Record a voice message"
          isDisabled={recording !== undefined || isInCall}
          onClick={() => void recordVoicemail(store, member)}
        />
        <textarea
          ref={field}
          class="field"
          rows={1}
          value={text}
          dir="auto"
          placeholder={contact.isHere ? `Write to ${name}` : `Write to ${name}: it goes out when they come`}
          aria-label={`Message to ${name}`}
          onInput={(event) => {
            change(event.currentTarget.value);
            tellTyping(store, member);
          }}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            if (!event.clipboardData?.files.length) return;
            event.preventDefault();
            store.uploads.add(member, parcelsOfPasted(event.clipboardData, Date.now()));
          }}
        />
        <IconButton
          icon={isEdit ? 'accept' : 'send'}
          look="filled"
          label={isEdit ? 'Keep this text' : 'Send'}
          isDisabled={text.trim() === ''}
          onClick={() => void send()}
        />
      </div>
    </footer>
  );
}
