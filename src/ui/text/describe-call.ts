/** Calls in words for people. */
import type { CallDescription, CallEnd, CallSnapshot } from '../../calls/call-events.js';
import type { DevicePresence } from '../../calls/hold.js';
import type { MediaStats } from '../../calls/media.js';
import type { CallOutcome } from '../../store/call-record.js';
import { describeError } from './describe-error.js';
import { describePassed } from './duration.js';

/** What became of a call with `peer`, as the history says it. */
export function callOutcome(
  peer: string,
  direction: 'in' | 'out',
  { reason, durationMs, missed }: CallOutcome,
): string {
  if (missed) return `missed call from ${peer}`;
  const which = direction === 'in' ? `call from ${peer}` : `call to ${peer}`;
  if (durationMs === 0) return `${which}: ${outcomes[reason]}`;
  return `${which}: ${describePassed(durationMs)}${reason === 'hung-up' ? '' : `, ${outcomes[reason]}`}`;
}

const outcomes: Readonly<Record<CallOutcome['reason'], string>> = {
  'hung-up': 'ended',
  cancelled: 'called off',
  declined: 'declined',
  busy: 'busy',
  'no-answer': 'no answer',
  elsewhere: 'taken elsewhere',
  'not-connected': 'no sound came through',
  lost: 'connection lost',
  failed: 'failed',
  refused: 'refused',
  unknown: 'their program was started anew',
};

/** The same with its cause, for the one who was there. */
export function describeCallEnd(peer: string, direction: 'in' | 'out', end: CallEnd): string {
  const { error } = end;
  const why = error === undefined ? '' : ` (${describeError(error)})`;
  return callOutcome(peer, direction, end) + why;
}

/** Whether nobody has taken a call of ours: then they can be left a message. */
export function wasNotAnswered({
  direction,
  reason,
}: Pick<CallDescription & CallEnd, 'direction' | 'reason'>): boolean {
  return direction === 'out' && reason === 'no-answer';
}

/** How well one can talk: by what had to be made up, and by how long sound is on its way. */
export function callQuality({ concealedPercent, roundTripMs }: MediaStats): 'good' | 'fair' | 'poor' {
  if (concealedPercent > 8 || roundTripMs > 600) return 'poor';
  return concealedPercent > 2 || roundTripMs > 300 ? 'fair' : 'good';
}

/** "call to bob 1:02 · good · loss 0 % · 23 ms · you ▃ them ▅ · muted". */
export function callLine(call: CallSnapshot): string {
  const { member, state, direction, durationMs, stats, levels } = call;
  const name = `call ${direction === 'in' ? 'from' : 'to'} ${member}`;
  const head =
    durationMs === undefined ? `${name}: ${beginnings[state] ?? state}…` : `${name} ${describePassed(durationMs)}`;
  const isConnected = state === 'connected';
  const parts = [
    head,
    ...(state === 'reconnecting' ? ['reconnecting…'] : []),
    ...(isConnected && stats !== undefined
      ? [callQuality(stats), `loss ${Math.round(stats.lossPercent)} %`, `${Math.round(stats.roundTripMs)} ms`]
      : []),
    ...hindrances(call),
    ...(isConnected && levels !== undefined ? [`you ${meter(levels.local)} them ${meter(levels.remote)}`] : []),
  ];
  return parts.join(' · ');
}

/** What a peer says of its microphone and speaker. */
export function describePeerDevices({ member, input, output }: DevicePresence & { readonly member: string }): string {
  if (!input) return `on hold: ${member} has no microphone now${output ? '' : ', and no speaker'}`;
  return output ? `${member} can be heard, and hears you` : `${member} has no speaker now, and cannot hear you`;
}

/** Why one of both is not heard. */
function hindrances({ state, isMuted, isPushToTalk, devices, peerDevices }: CallSnapshot): string[] {
  const isOn = state === 'connected' || state === 'reconnecting';
  return [
    ...(isPushToTalk ? [isMuted ? `${talkKey} to talk` : `talking, ${talkKey} ends it`] : isMuted ? ['muted'] : []),
    ...(isOn && devices !== undefined && devices.input === undefined ? ['no mic here'] : []),
    ...(isOn && devices !== undefined && devices.output === undefined ? ['no speaker here'] : []),
    ...(isOn && !peerDevices.input ? ['on hold: no mic there'] : []),
    ...(isOn && !peerDevices.output ? ['no speaker there'] : []),
  ];
}

/** The key that lets one talk, or mutes one. */
const talkKey = 'F8';

/** How loud it is, 0 to 1, in one cell. */
export function meter(level: number): string {
  return '▁▂▃▄▅▆▇█'[Math.max(0, Math.min(7, Math.floor(level * 8)))] ?? '▁';
}

const beginnings: Readonly<Partial<Record<CallSnapshot['state'], string>>> = {
  calling: 'calling',
  ringing: 'it rings',
  connecting: 'connecting',
};

/** Statistics of the last second, one a line. */
export function statsLines(stats: MediaStats): string[] {
  const { lossPercent, concealedPercent, roundTripMs, jitterMs, kbps } = stats;
  return [
    `quality    ${callQuality(stats)}`,
    `loss       ${lossPercent.toFixed(1)} %; ${concealedPercent.toFixed(1)} % of the sound had to be made up`,
    `round trip ${Math.round(roundTripMs)} ms, jitter ${Math.round(jitterMs)} ms`,
    `receiving  ${Math.round(kbps)} kbit/s`,
  ];
}
