/** What calls say about themselves. Types only. */
import type { QTChatError } from '../errors.js';
import type { CallEndReason } from '../protocol/messages.js';
import type { DevicePresence } from './hold.js';
import type { MediaStats } from './media.js';

/** How far a call has come. `reconnecting`: it was connected, and is to be so again. */
export type CallState = 'calling' | 'ringing' | 'connecting' | 'connected' | 'reconnecting' | 'ended';

/** A call, from this side's view. */
export interface CallDescription {
  /** 32 hexadecimal digits, chosen by the one who calls. */
  readonly id: string;
  /** `out` for ours. */
  readonly direction: 'in' | 'out';
}

/** How a call has ended. */
export interface CallEnd {
  readonly reason: CallEndReason;
  /** Who has ended it. */
  readonly by: 'self' | 'peer';
  /** How long both could hear each other, pauses included; 0 where they never could. */
  readonly durationMs: number;
  /** It was for us, and nobody took it. */
  readonly missed: boolean;
  /** Why, where something went wrong. */
  readonly error?: QTChatError;
}

/** What happens to some call. */
export type CallEventBody =
  | { readonly type: 'callRinging' }
  /** `resumed` where it was before. */
  | { readonly type: 'callConnected'; readonly resumed: boolean }
  | { readonly type: 'callReconnecting' }
  | ({ readonly type: 'callEnded' } & CallEnd)
  /** Once a second while it is connected. */
  | ({ readonly type: 'callStats' } & MediaStats)
  | ({ readonly type: 'callLevel' } & CallLevels)
  /** The sound devices in use now: without a microphone one only listens. */
  | ({ readonly type: 'callDevices' } & DevicesInUse)
  /** What the peer says of its own: without a microphone it is not heard, without a speaker it does not hear. */
  | ({ readonly type: 'callPeerDevices' } & DevicePresence);

/** What happens to a call. */
export type CallEvent = CallDescription & CallEventBody;

/** Sound devices by name; undefined for none. */
export interface DevicesInUse {
  readonly input: string | undefined;
  readonly output: string | undefined;
}

/** How loud both sides are, 0 to 1. */
export interface CallLevels {
  readonly local: number;
  readonly remote: number;
}

/** A call as it stands now. */
export interface CallSnapshot extends CallSessionSnapshot {
  /** Whether one is muted but while one talks. */
  readonly isPushToTalk: boolean;
}

/** What a call itself knows of that. */
export interface CallSessionSnapshot extends CallDescription {
  readonly member: string;
  readonly state: CallState;
  readonly isMuted: boolean;
  /** Since it was connected; undefined before. */
  readonly durationMs: number | undefined;
  /** Of the last second. */
  readonly stats: MediaStats | undefined;
  /** Of the last moment. */
  readonly levels: CallLevels | undefined;
  /** Ours; undefined until they are open. */
  readonly devices: DevicesInUse | undefined;
  readonly peerDevices: DevicePresence;
}
