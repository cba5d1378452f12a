/** Says that the other side is writing, for as long as it does. */
import { useEffect } from 'preact/hooks';
import { conversationWith } from '../state/app-state.js';
import { Name } from './name.js';
import { useStore } from './store-context.js';
import { useSelect } from './use-select.js';

const shownForMs = 5_000;

export function TypingLine({ member }: { member: string }) {
  const store = useStore();
  const typingAtMs = useSelect((state) => conversationWith(state, member).typingAtMs, [member]);
  useEffect(() => {
    if (typingAtMs === 0) return;
    const timer = setTimeout(() => store.do({ deed: 'typingOver', member }), shownForMs);
    return () => clearTimeout(timer);
  }, [typingAtMs, member]);
  return (
    <p class="typing" aria-live="polite">
      {typingAtMs > 0 && (
        <>
          <Name name={store.contact.value?.name ?? member} /> is writing
          <span class="dots" aria-hidden="true" />
        </>
      )}
    </p>
  );
}
