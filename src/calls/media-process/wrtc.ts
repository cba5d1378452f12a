/** What we use of @roamhq/wrtc, in types of our own: the library is optional, so its types may be absent. */
import type { StatsEntry } from '../connection-stats.js';
import type { ConnectionState } from '../connection-watch.js';

/** The library itself. */
export interface Wrtc {
  readonly RTCPeerConnection: new (configuration: { iceServers: readonly never[] }) => PeerConnection;
  readonly RTCRtpSender: { getCapabilities(kind: 'audio'): { codecs: readonly Codec[] } };
  readonly nonstandard: {
    readonly RTCAudioSource: new () => AudioSource;
    readonly RTCAudioSink: new (track: Track) => AudioSink;
  };
}

/** A way to encode sound that the library knows. */
export interface Codec {
  readonly mimeType: string;
}

/** A description of a connection, as SDP. */
export interface Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

/** One connection (W3C WebRTC). */
export interface PeerConnection {
  readonly connectionState: ConnectionState;
  readonly localDescription: Description | null;
  onicecandidate: ((event: { candidate: { readonly candidate: string } | null }) => void) | null;
  onconnectionstatechange: (() => void) | null;
  addTransceiver(track: Track, init: { direction: 'sendrecv' }): Transceiver;
  getTransceivers(): readonly Transceiver[];
  createOffer(options?: { iceRestart: boolean }): Promise<Description>;
  createAnswer(): Promise<Description>;
  setLocalDescription(description: Description): Promise<void>;
  setRemoteDescription(description: Description): Promise<void>;
  addIceCandidate(candidate: { candidate: string; sdpMid: string; sdpMLineIndex: number }): Promise<void>;
  getStats(): Promise<Iterable<readonly [string, StatsEntry]>>;
  close(): void;
}

/** One sound each way. */
export interface Transceiver {
  direction: 'sendrecv' | 'recvonly' | 'sendonly' | 'inactive' | 'stopped';
  readonly sender: { replaceTrack(track: Track): Promise<void> };
  readonly receiver: { readonly track: Track };
  setCodecPreferences(codecs: readonly Codec[]): void;
}

/** A sound that goes out or comes in. */
export interface Track {
  stop(): void;
}

/** Frames of ours become a track: exactly 10 ms each, in buffers of their own. */
export interface AudioSource {
  createTrack(): Track;
  onData(data: {
    samples: Int16Array;
    sampleRate: number;
    bitsPerSample: number;
    channelCount: number;
    numberOfFrames: number;
  }): void;
}

/** A track becomes frames. */
export interface AudioSink {
  ondata: ((data: { samples: Int16Array; sampleRate: number; channelCount: number }) => void) | null;
  stop(): void;
}
