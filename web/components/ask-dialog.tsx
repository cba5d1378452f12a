/** Asks before something that cannot be undone. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useStore } from './store-context.js';

export function AskDialog() {
  const store = useStore();
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = store.asked.value;
  useLayoutEffect(() => {
    if (asked !== undefined) dialog.current?.showModal();
  }, [asked]);
  if (asked === undefined) return null;
  return (
    <dialog
      ref={dialog}
      class="ask"
      aria-labelledby="ask-title"
      onClose={() => {
        store.asked.value = undefined;
      }}
    >
      <h2 id="ask-title">{asked.title}</h2>
      <p>{asked.text}</p>
      <div class="ask-buttons">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button
          type="button"
          class={`button ${asked.isDangerous ? 'is-danger' : 'is-filled'}`}
          onClick={() => {
            dialog.current?.close();
            asked.onYes();
          }}
        >
          {asked.yes}
        </button>
      </div>
    </dialog>
  );
}
