/** The call that there is. Pure. */
import type { JsonEvent, WindowEvent, WireCall } from '../wire.js';

/** How the sound was in the last second. */
export type CallStats = Pick<
  Extract<JsonEvent, { event: 'callStats' }>,
  'lossPercent' | 'concealedPercent' | 'roundTripMs' | 'jitterMs' | 'kbps'
>;

/** The call that there is. */
export interface CallState {
  readonly member: string;
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly phase: 'calling' | 'ringing' | 'connecting' | 'connected' | 'reconnecting' | 'ended';
  readonly isMuted: boolean;
  /** When both could hear each other first; undefined before. */
  readonly connectedAtMs: number | undefined;
  readonly stats: CallStats | undefined;
  /** How loud both sides are, 0 to 1. */
  readonly levels: { readonly local: number; readonly remote: number };
  /** Names of the devices in use; null for none, undefined where nothing was said. */
  readonly devices: { readonly input: string | null; readonly output: string | null } | undefined;
  /** Whether the other side has a microphone and a speaker. */
  readonly peerDevices: { readonly input: boolean; readonly output: boolean };
  /** How it ended: it stays in sight for a moment. */
  readonly end: Extract<JsonEvent, { event: 'callEnded' }> | undefined;
}

type AnyEvent = JsonEvent | WindowEvent;
/** The events about calls. */
export type CallEvent = Extract<AnyEvent, { event: `call${string}` }>;

/** Whether an event is about a call. */
export function isCallEvent(event: { readonly event: string }): event is CallEvent {
  return event.event.startsWith('call');
}

/** A call that was there before the page. */
export function callOf(call: WireCall, nowMs: number): CallState {
  const { member, id, direction, state, isMuted, durationMs } = call;
  const connectedAtMs = durationMs === undefined || durationMs === null ? undefined : nowMs - durationMs;
  return { ...beginning({ member, id, direction }), phase: state, isMuted, connectedAtMs };
}

/** A call of ours that was just begun. */
export function callBegun(member: string, id: string): CallState {
  return { ...beginning({ member, id, direction: 'out' }), phase: 'calling' };
}

/** What becomes of the call. */
export function reduceCall(call: CallState | null, event: CallEvent, nowMs: number): CallState | null {
  const { member, id, direction } = event;
  if (event.event === 'callEnded') {
    // One that found us busy is not the one that there is.
    if (call !== null && call.id !== id && call.phase !== 'ended') return call;
    return { ...(call ?? beginning(event)), phase: 'ended', end: event };
  }
  const known = call !== null && call.id === id ? call : { ...beginning({ member, id, direction }) };
  // Both may have called at once: the id and direction are those of the one that is left.
  const current =
    call !== null && call.member === member && call.phase !== 'ended' ? { ...call, id, direction } : known;
  switch (event.event) {
    case 'callRinging':
      if (call !== null && call.member !== member && call.phase !== 'ended') return call;
      return { ...current, phase: 'ringing' };
    case 'callConnected':
      return { ...current, phase: 'connected', connectedAtMs: current.connectedAtMs ?? nowMs };
    case 'callReconnecting':
      return { ...current, phase: 'reconnecting', levels: silence };
    case 'callStats': {
      const { lossPercent, concealedPercent, roundTripMs, jitterMs, kbps } = event;
      return { ...current, stats: { lossPercent, concealedPercent, roundTripMs, jitterMs, kbps } };
    }
    case 'callLevel':
      return call === null || call.phase === 'ended' ? call : { ...current, levels: event };
    case 'callPeerDevices':
      return { ...current, peerDevices: { input: event.input, output: event.output } };
    case 'callDevices':
      return { ...current, devices: { input: event.input, output: event.output } };
  }
}

/** How well one can talk: by what had to be made up, and by how long sound is on its way. */
export function qualityOf({ concealedPercent, roundTripMs }: CallStats): 'good' | 'fair' | 'poor' {
  if (concealedPercent > 8 || roundTripMs > 600) return 'poor';
  return concealedPercent > 2 || roundTripMs > 300 ? 'fair' : 'good';
}

const silence = { local: 0, remote: 0 };

function beginning({ member, id, direction }: Pick<CallState, 'member' | 'id' | 'direction'>): CallState {
  return {
    member,
    id,
    direction,
    phase: 'connecting',
    isMuted: false,
    connectedAtMs: undefined,
    stats: undefined,
    levels: silence,
    devices: undefined,
    peerDevices: { input: true, output: true },
    end: undefined,
  };
}
