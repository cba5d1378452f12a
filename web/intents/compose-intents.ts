/** What the user writes, before it is sent. */
import { batch } from '@preact/signals';
import type { Composing, Store } from '../store.js';

/** Notes what stands in the field; what is no change of a message is a draft, and stays. */
export function writeText(store: Store, member: string, text: string): void {
  // What could not be sent comes back late: another conversation may be shown by then.
  if (store.active.peek() === member) store.text.value = text;
  if (store.composing.peek()?.mode !== 'edit') store.drafts.set(member, text);
}

/** Begins an answer, or the change of a message, whose text then stands in the field. */
export function beginComposing(store: Store, composing: Composing): void {
  batch(() => {
    store.composing.value = composing;
    if (composing.mode === 'edit') store.text.value = composing.entry.text ?? '';
  });
}

/** Leaves that; the draft stands in the field again. */
export function stopComposing(store: Store, member: string): void {
  batch(() => {
    store.composing.value = undefined;
    if (store.active.peek() === member) store.text.value = store.drafts.get(member) ?? '';
  });
}
