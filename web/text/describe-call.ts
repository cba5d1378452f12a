/** Calls in words for people. */
import type { WireCallOutcome } from '../wire.js';
import { describeSeconds } from './words.js';

const outcomes: Readonly<Record<string, string>> = {
  'hung-up': 'ended',
  cancelled: 'called off',
  declined: 'declined',
  busy: 'busy',
  'no-answer': 'no answer',
  elsewhere: 'taken elsewhere',
  'not-connected': 'no sound came through',
  lost: 'connection lost',
  failed: 'broke off',
  refused: 'refused',
  unknown: 'their program was started anew',
};

/** Why a call ended. */
export function describeReason(reason: string): string {
  return outcomes[reason] ?? 'ended';
}

/** What became of a call, as the conversation says it. */
export function describeOutcome(direction: 'in' | 'out', { reason, durationMs, missed }: WireCallOutcome): string {
  if (missed) return 'Missed call';
  const which = direction === 'in' ? 'Call from them' : 'Your call';
  if (durationMs === 0) return `${which}: ${describeReason(reason)}`;
  const after = reason === 'hung-up' ? '' : `, ${describeReason(reason)}`;
  return `${which}, ${describeSeconds(durationMs / 1000)}${after}`;
}
