/** Messages of a history as JSON objects: the stable form for programs. Texts are as they were written. */
import type { HistoryEntry } from '../store/history.js';
import type { Speakers } from './terminal/describe-history.js';

/** The JSON form of a message. */
export function historyToJson(entry: HistoryEntry, { self, peer }: Speakers): Record<string, unknown> {
  const { id, direction, sentAt, state, text } = entry;
  return { id, from: direction === 'out' ? self : peer, direction, sentAt: sentAt.toISOString(), state, text };
}
