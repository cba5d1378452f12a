/** What the user does with voicemail. */
import type { Store } from '../store.js';
import { parcelOf } from '../uploads/parcel.js';

/** Records one for a member. */
export async function recordVoicemail(store: Store, member: string): Promise<void> {
  try {
    await store.voicemail.begin(member);
  } catch (error) {
    store.fail(error);
  }
}

/** Sends what was recorded. */
export async function sendVoicemail(store: Store): Promise<void> {
  const { member } = store.voicemail.recording.peek() ?? {};
  const file = await store.voicemail.finish();
  if (member === undefined) return;
  if (file === undefined) store.fail(new Error('Nothing was recorded: try again, and speak a little longer.'));
  else store.uploads.add(member, [parcelOf(file)]);
}
