/** Before the program has said anything. */
import { LinkBar } from './link-bar.js';

export function Opening() {
  return (
    <main class="first-run">
      <p class="small" role="status">
        <span class="spinner" aria-hidden="true" /> Opening…
      </p>
      <LinkBar />
    </main>
  );
}
