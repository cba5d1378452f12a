/** The first start: no identity yet. An invite makes one. */
import { useRef, useState } from 'preact/hooks';
import { CommandError } from '../connection.js';
import { escapeText } from '../text/escape-text.js';
import { Icon } from './icon.js';
import { useStore } from './store-context.js';
import { useSelect } from './use-select.js';

export function FirstRun() {
  const store = useStore();
  const field = useRef<HTMLTextAreaElement>(null);
  const [invite, setInvite] = useState('');
  const [isJoining, setJoining] = useState(false);
  const [failure, setFailure] = useState<{ text: string; hint: string | null } | undefined>(undefined);
  const notice = useSelect(({ notices }) => notices.at(-1));

  const join = async (): Promise<void> => {
    // As it stands in the field: what was pasted just now may not be drawn yet.
    const line = (field.current?.value ?? '').trim();
    if (line === '') return;
    setFailure(undefined);
    setJoining(true);
    try {
      // What comes then is a new greeting, with an identity: this page is over.
      await store.connection.run('join', { invite: line });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      setFailure({ text, hint: error instanceof CommandError ? error.hint : null });
    } finally {
      setJoining(false);
    }
  };

  return (
    <main class="first-run">
      <div class="first-run-card">
        <span class="logo">
          <Icon name="shield" />
        </span>
        <h1>Join a circle</h1>
        <p>
          QTChat connects you with the people of one circle: your family, your team. Somebody who is in it invites you,
          with one line that begins with <code>qtchat1-</code>. Paste it here.
        </p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void join();
          }}
        >
          <label class="label">
            Your invite
            <textarea
              ref={field}
              class="field"
              rows={4}
              value={invite}
              placeholder="qtchat1-…"
              autocomplete="off"
              spellcheck={false}
              disabled={isJoining}
              aria-invalid={failure !== undefined}
              aria-describedby="join-failure"
              onInput={(event) => setInvite(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return;
                event.preventDefault();
                void join();
              }}
            />
          </label>
          <div id="join-failure" role="alert">
            {failure !== undefined && (
              <p class="failure">
                {escapeText(failure.text)}
                {failure.hint !== null && <span class="small">{escapeText(failure.hint)}</span>}
              </p>
            )}
          </div>
          <button type="submit" class="button is-filled is-wide" disabled={isJoining || invite.trim() === ''}>
            {isJoining ? 'Joining…' : 'Join'}
          </button>
          <p class="small" role="status">
            {isJoining && (
              <>
                <span class="spinner" aria-hidden="true" />{' '}
                {notice ? escapeText(notice.text) : 'Your key is made, and your certificate fetched'}
              </>
            )}
          </p>
        </form>
        <p class="small">
          No invite? Ask whoever hosts the circle to run <code>qtchat autoca invite NAME</code>. To host one yourself,
          run <code>qtchat host</code> in a terminal.
        </p>
      </div>
    </main>
  );
}
