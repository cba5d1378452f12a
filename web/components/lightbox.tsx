/** A picture in full size, over everything. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from './icon-button.js';
import { useStore } from './store-context.js';

export function Lightbox() {
  const store = useStore();
  const dialog = useRef<HTMLDialogElement>(null);
  const enlarged = store.enlarged.value;
  useLayoutEffect(() => {
    if (enlarged !== undefined) dialog.current?.showModal();
  }, [enlarged]);
  if (enlarged === undefined) return null;
  const close = (): void => {
    dialog.current?.close();
  };
  return (
    <dialog
      ref={dialog}
      class="lightbox"
      aria-label={enlarged.name}
      onClose={() => {
        store.enlarged.value = undefined;
      }}
    >
      <header class="lightbox-bar">
        <bdi>{enlarged.name}</bdi>
        <IconButton icon="cancel" label="Close" onClick={close} />
      </header>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, as does the button */}
      <img src={enlarged.url} alt={enlarged.name} onClick={close} />
    </dialog>
  );
}
