/** Whether somebody looks at the page. */
import { type ReadonlySignal, signal } from '@preact/signals';

/** True while the page is in sight and has the focus. */
export function createAttention(): ReadonlySignal<boolean> {
  const look = (): boolean => document.visibilityState === 'visible' && document.hasFocus();
  const attention = signal(look());
  const update = (): void => {
    attention.value = look();
  };
  for (const name of ['focus', 'blur', 'pageshow']) addEventListener(name, update);
  document.addEventListener('visibilitychange', update);
  return attention;
}
