/** What there is to tell, and questions of the program; each goes by itself or by its button. */
import { useEffect } from 'preact/hooks';
import type { Notice } from '../state/app-state.js';
import { escapeText } from '../text/escape-text.js';
import { IconButton } from './icon-button.js';
import { useStore } from './store-context.js';
import { useSelect } from './use-select.js';

const shownForMs = { info: 6_000, error: 15_000 };

export function Notices() {
  const store = useStore();
  const notices = useSelect((state) => state.notices);
  const questions = useSelect((state) => state.questions);
  return (
    <div class="notices">
      {questions.map(({ id, text }) => (
        <div class="notice is-question" role="alert" key={id}>
          <p>{escapeText(text)}</p>
          <div class="ask-buttons">
            <button type="button" class="button" onClick={() => answer(id, false)}>
              No
            </button>
            <button type="button" class="button is-filled" onClick={() => answer(id, true)}>
              Yes
            </button>
          </div>
        </div>
      ))}
      <div role="status">
        {notices.map((notice) => (
          <NoticeView key={notice.id} notice={notice} />
        ))}
      </div>
    </div>
  );

  function answer(id: string, isYes: boolean): void {
    store.connection.run('confirm', { id, isYes }).catch((error) => store.fail(error));
  }
}

function NoticeView({ notice: { id, kind, text, hint } }: { notice: Notice }) {
  const store = useStore();
  const close = (): void => store.do({ deed: 'noticeClosed', id });
  useEffect(() => {
    const timer = setTimeout(close, shownForMs[kind]);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class={`notice is-${kind}`}>
      <div>
        <p>{escapeText(text)}</p>
        {hint !== null && <p class="small">{escapeText(hint)}</p>}
      </div>
      <IconButton icon="cancel" label="Close" onClick={close} />
    </div>
  );
}
