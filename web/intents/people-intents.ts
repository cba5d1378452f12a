/** What the user decides about people. */
import type { Store } from '../store.js';

/** Has the program look for a member, without waiting for it. */
export function dial(store: Store, member: string): void {
  if (store.state.peek().contacts[member]?.isHere === false) store.connection.send({ command: 'dial', member });
}

/** Calls a member what we like; empty for its own name. */
export async function rename(store: Store, member: string, name: string): Promise<void> {
  await decide(store, () => store.connection.run('rename', { member, name }));
}

/** Trusts a key that the member showed in place of the one that is known. */
export async function trust(store: Store, member: string, key: string): Promise<void> {
  await decide(store, () => store.connection.run('trust', { member, key }));
}

/** Hears nothing of a member any more, or again. */
export async function setBlocked(store: Store, member: string, isOn: boolean): Promise<void> {
  await decide(store, () => store.connection.run(isOn ? 'block' : 'unblock', { member }));
}

/** Forgets a member, its key, and all that was said. */
export async function forget(store: Store, member: string): Promise<void> {
  await decide(store, () => store.connection.run('forget', { member }));
}

async function decide(store: Store, run: () => Promise<object>): Promise<void> {
  try {
    await run();
    const { contacts } = await store.connection.run('contacts', {});
    store.do({ deed: 'contactsCame', contacts });
  } catch (error) {
    store.fail(error);
  }
}
