/** What we use of @roamhq/wrtc, in types of our own: the library is optional, so its types may be absent. */
import type { StatsEntry } from '../connection-stats.js';
import type { ConnectionState } from '../connection-watch.js';

export interface Wrtc {
  readonly RTCPeerConnection: new (configuration: { iceServers: readonly never[] }) => PeerConnection;
  readonly RTCRtpSender: { getCapabilities(kind: 'audio'): { codecs: readonly Codec[] } };
  readonly nonstandard: {
    readonly RTCAudioSource: new () => AudioSource;
    readonly RTCAudioSink: new (track: Track) => AudioSink;
  };
}

export interface Codec {
  readonly mimeType: string;
}

export interface Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

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

export interface Transceiver {
  direction: 'sendrecv' | 'recvonly' | 'sendonly' | 'inactive' | 'stopped';
  readonly sender: { replaceTrack(track: Track): Promise<void> };
  readonly receiver: { readonly track: Track };
  setCodecPreferences(codecs: readonly Codec[]): void;
}

export interface Track {
  stop(): void;
}

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

export interface AudioSink {
  ondata: ((data: { samples: Int16Array; sampleRate: number; channelCount: number }) => void) | null;
  stop(): void;
}
