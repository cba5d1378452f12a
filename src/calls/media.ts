/**
 * The seam between a call and its sound: what a call asks of the media side, and what that side tells. In the terminal a
 * forked process stands behind it, in a window the browser's own. Types only.
 */
import type { QTChatError } from '../errors.js';

/** The media side of one call. Its promises reject with a `QTChatError`; `close` never does. */
export interface Media {
  /** Our SDP offer; `isRestart` for an ICE restart of a running call. */
  offer(isRestart?: boolean): Promise<string>;
  /** Takes an offer of the peer, gives our SDP answer. */
  answer(offer: string): Promise<string>;
  /** Takes the peer's answer to our offer. */
  accept(answer: string): Promise<void>;
  /** Takes a candidate of the peer, as SDP writes it without `a=`; those that come early wait for the description. */
  addCandidate(candidate: string): Promise<void>;
  /** Silence goes out while it is on. */
  setMuted(isMuted: boolean): void;
  /** Takes another microphone or speaker, both as chosen now; `devices` tells what is in use then. */
  useDevices(choice: DeviceChoice): Promise<void>;
  /** Ends it, and resolves when the sound devices are free. */
  close(): Promise<void>;
}

/** How the sound is, over the last second. */
export interface MediaStats {
  readonly lossPercent: number;
  readonly concealedPercent: number;
  readonly roundTripMs: number;
  readonly jitterMs: number;
  readonly kbps: number;
}

/** What the media side tells. */
export type MediaEvent =
  /** A way to reach us, as SDP writes it without `a=`. */
  | { readonly type: 'candidate'; readonly candidate: string }
  /** Sound can flow. `remoteFingerprint` is SHA-256 of the peer's DTLS certificate in use, written as in SDP: hex with colons. */
  | { readonly type: 'connected'; readonly remoteFingerprint: string }
  | { readonly type: 'interrupted' }
  | { readonly type: 'resumed' }
  /** Once a second. */
  | ({ readonly type: 'stats' } & MediaStats)
  /** How loud both sides are, 0 to 1; at most ten a second. */
  | { readonly type: 'level'; readonly local: number; readonly remote: number }
  /** The devices in use now; undefined for none. */
  | { readonly type: 'devices'; readonly input: string | undefined; readonly output: string | undefined }
  /** It crashed, hangs, or lacks a library: the call ends, never the chat. */
  | { readonly type: 'failed'; readonly error: QTChatError };

/** Sound devices by name; the system's choice for one that is left out. */
export interface DeviceChoice {
  /** The microphone. */
  readonly input?: string;
  /** The speaker. */
  readonly output?: string;
}

/** Another choice: what is left out stays, and undefined is the system's choice. */
export interface DeviceChange {
  readonly input?: string | undefined;
  readonly output?: string | undefined;
}

/** What a media side is opened with. */
export interface MediaOptions extends DeviceChoice {
  /** Whether noise is taken out of what the microphone hears; not when left out. A browser may do as it likes. */
  readonly noiseSuppression?: boolean;
  readonly onEvent: (event: MediaEvent) => void;
}

/** Opens the media side of one call. Rejects with a `QTChatError` that says what to install or to repair. */
export type OpenMedia = (options: MediaOptions) => Promise<Media>;
