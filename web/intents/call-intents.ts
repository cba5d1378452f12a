/** What the user does with calls. */
import type { Store } from '../store.js';

/** Calls a member. */
export async function call(store: Store, member: string): Promise<void> {
  try {
    const { id } = await store.sound.begin(() => store.connection.run('call', { member }));
    store.do({ deed: 'callBegan', member, id });
  } catch (error) {
    store.fail(error);
  }
}

/** Takes the call that rings, does not, or ends it. */
export function answerCall(store: Store, answer: 'answer' | 'reject' | 'hangup'): void {
  const run = (): Promise<object> => store.connection.run(answer, {});
  (answer === 'answer' ? store.sound.begin(run) : run()).catch((error) => store.fail(error));
}

/** Lets silence go out, or sound again. */
export async function setMuted(store: Store, isOn: boolean): Promise<void> {
  try {
    await store.connection.run('mute', { isOn });
    store.do({ deed: 'muted', isOn });
  } catch (error) {
    store.fail(error);
  }
}
