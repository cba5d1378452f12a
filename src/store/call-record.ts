/** Calls as the history keeps them: among the messages, in the order in which they ended. */
import type { CallEndReason } from '../protocol/messages.js';
import type { MessagePlace } from './message-record.js';
import { recordPlace } from './record-place.js';

/** What became of a call. */
export interface CallOutcome {
  readonly reason: CallEndReason;
  /** How long both could hear each other; 0 where they never could. */
  readonly durationMs: number;
  /** It was for us, and nobody took it. */
  readonly missed: boolean;
}

/** A call that has ended. */
export interface EndedCall extends CallOutcome {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly startedAt: Date;
}

/**
 * Adds a call. Where several processes of a home have heard of one, the one that took it, or refused it, says what became of
 * it; the others, that it was taken elsewhere.
 */
export async function insertCall({ database, cipher, conversation }: MessagePlace, call: EndedCall): Promise<void> {
  const { id, direction, startedAt, reason, durationMs, missed } = call;
  const outcome: CallOutcome = { reason, durationMs, missed };
  const body = cipher.seal(JSON.stringify(outcome), recordPlace(conversation, direction, id));
  await database
    .insertInto('messages')
    .values({
      conversation,
      direction,
      uuid: id,
      // It is not sent, and so has no place in the order of what is.
      sequence: 0,
      sent_at: startedAt.getTime(),
      state: 'received',
      body,
      kind: 'call',
      target: null,
      epoch: null,
    })
    .onConflict((conflict) => {
      const same = conflict.columns(['conversation', 'direction', 'uuid']);
      return reason === 'elsewhere' ? same.doNothing() : same.doUpdateSet({ body }).where('messages.kind', '=', 'call');
    })
    .execute();
}

/** What {@link insertCall} has kept of a call. */
export function outcomeOf(body: string): CallOutcome {
  return JSON.parse(body) as CallOutcome;
}
