/** Reads aloud, to those who use a screen reader, what comes into the conversation that is shown. */
import { useEffect, useState } from 'preact/hooks';
import { escapeText } from '../text/escape-text.js';
import { useStore } from './store-context.js';

export function Announcer() {
  const store = useStore();
  const [said, say] = useState('');
  useEffect(() => {
    store.onEvent((event) => {
      if (event.event === 'message' && event.member === store.active.peek()) {
        say(`${escapeText(event.member)}: ${escapeText(event.text.slice(0, 500))}`);
      } else if (event.event === 'fileDone' && event.direction === 'in') {
        say(`${escapeText(event.name)} has arrived from ${escapeText(event.member)}`);
      }
    });
  }, []);
  return (
    <p class="hidden" aria-live="polite">
      {said}
    </p>
  );
}
