/** Which conversation is shown, kept in the address of the page: reloading keeps it, and the browser's own way back works. */
import { type Signal, signal } from '@preact/signals';

/** The member whose conversation is shown; undefined for the list alone. */
export function createRoute(): Signal<string | undefined> {
  const route = signal(read());
  addEventListener('hashchange', () => {
    route.value = read();
  });
  return route;
}

/** Where a conversation is. */
export function hrefOf(member: string): string {
  return `#${encodeURIComponent(member)}`;
}

function read(): string | undefined {
  try {
    return decodeURIComponent(location.hash.slice(1)) || undefined;
  } catch {
    return undefined;
  }
}
