/** Says that the program is not there, and what helps. */
import { useEffect, useState } from 'preact/hooks';
import { useStore } from './store-context.js';

export function LinkBar() {
  const store = useStore();
  const link = store.link.value;
  const [, tick] = useState(0);
  const isLost = link.state === 'lost';
  useEffect(() => {
    if (!isLost) return;
    const timer = setInterval(() => tick((count) => count + 1), 500);
    return () => clearInterval(timer);
  }, [isLost]);
  if (!isLost) return null;
  const seconds = Math.max(0, Math.ceil((link.retryAtMs - Date.now()) / 1000));
  return (
    <div class="link-bar" role="alert">
      {link.hasEnded ? (
        <p>
          qtchat has ended. Start it in a terminal with <code>qtchat chat --web</code>: that opens a new window, and
          this one can be closed.
        </p>
      ) : (
        <p>The connection to qtchat on this computer is lost. It is tried again by itself.</p>
      )}
      <button type="button" class="button" onClick={() => store.connection.retry()}>
        {seconds > 0 ? `Try now (${seconds} s)` : 'Trying…'}
      </button>
    </div>
  );
}
