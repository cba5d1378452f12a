/**
 * One WebRTC connection of the browser with one sound each way: Opus with redundancy (RED), over the addresses that both
 * sides name, no servers asked. Tells its state and measurements as they are; the program judges them.
 */
import type { MediaHappening, StatsFields } from './wire.js';

const measureEveryMs = 1_000;
const levelEveryMs = 100;
/** Below so many decibels under full scale nothing is shown. */
const floorDb = -60;
/** Redundancy first: at 10 % loss it conceals a third of what Opus' own correction does. */
const codecs = ['audio/red', 'audio/opus'];
/** All that is judged. */
const fields = [
  ...['packetsReceived', 'packetsLost', 'concealedSamples', 'silentConcealedSamples', 'totalSamplesReceived', 'jitter'],
  ...['remoteCertificateId', 'selectedCandidatePairId', 'dtlsState', 'bytesReceived', 'currentRoundTripTime'],
  ...['fingerprint', 'fingerprintAlgorithm'],
];
const kinds = ['inbound-rtp', 'transport', 'certificate', 'candidate-pair'];

/** What a connection is opened with. */
export interface ConnectionOptions {
  readonly tell: (happening: MediaHappening) => void;
  /** Told of the sound of the peer. */
  readonly onSound: (sound: MediaStream) => void;
}

/** One of them: made for one call, and closed with it. */
export class Connection {
  readonly #tell: ConnectionOptions['tell'];
  readonly #peer = new RTCPeerConnection({ iceServers: [] });
  readonly #timers: number[];
  #transceiver: RTCRtpTransceiver | undefined;
  #track: MediaStreamTrack | null = null;
  /** Candidates that wait for a description; undefined once there is one. */
  #early: string[] | undefined = [];

  constructor({ tell, onSound }: ConnectionOptions) {
    this.#tell = tell;
    this.#peer.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.candidate) tell({ type: 'candidate', candidate: candidate.candidate });
    });
    this.#peer.addEventListener('connectionstatechange', () => void this.#report());
    this.#peer.addEventListener('track', ({ track }) => onSound(new MediaStream([track])));
    this.#timers = [
      window.setInterval(() => void this.#report(performance.now()), measureEveryMs),
      window.setInterval(() => void this.#tellLevels(), levelEveryMs),
    ];
  }

  /** What goes out from now on: this microphone, or nothing. */
  async send(track: MediaStreamTrack | undefined): Promise<void> {
    this.#track = track ?? null;
    await this.#transceiver?.sender.replaceTrack(this.#track);
  }

  async offer(isRestart: boolean): Promise<string> {
    if (this.#transceiver === undefined) {
      this.#prepare(this.#peer.addTransceiver(this.#track ?? 'audio', { direction: 'sendrecv' }));
    }
    await this.#peer.setLocalDescription(await this.#peer.createOffer({ iceRestart: isRestart }));
    return this.#peer.localDescription?.sdp ?? '';
  }

  async answer(sdp: string): Promise<string> {
    await this.#hear({ type: 'offer', sdp });
    if (this.#transceiver === undefined) {
      // The one that the offer made: one of our own would not be part of the answer.
      const [transceiver] = this.#peer.getTransceivers();
      if (transceiver === undefined) throw new Error('the call has no sound');
      transceiver.direction = 'sendrecv';
      this.#prepare(transceiver);
      await transceiver.sender.replaceTrack(this.#track);
    }
    await this.#peer.setLocalDescription(await this.#peer.createAnswer());
    return this.#peer.localDescription?.sdp ?? '';
  }

  async accept(sdp: string): Promise<void> {
    await this.#hear({ type: 'answer', sdp });
  }

  async addCandidate(candidate: string): Promise<void> {
    if (this.#early !== undefined) this.#early.push(candidate);
    else await this.#peer.addIceCandidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 });
  }

  close(): void {
    for (const timer of this.#timers) window.clearInterval(timer);
    this.#peer.close();
  }

  async #hear(description: RTCSessionDescriptionInit): Promise<void> {
    await this.#peer.setRemoteDescription(description);
    const early = this.#early ?? [];
    this.#early = undefined;
    // One that is no good leaves the others.
    await Promise.allSettled(early.map((candidate) => this.addCandidate(candidate)));
  }

  #prepare(transceiver: RTCRtpTransceiver): void {
    const known = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [];
    transceiver.setCodecPreferences(
      codecs.flatMap((type) => known.filter(({ mimeType }) => mimeType.toLowerCase() === type)),
    );
    this.#transceiver = transceiver;
  }

  async #report(atMs?: number): Promise<void> {
    const state = this.#peer.connectionState;
    // Chromium keeps the certificates that it sees first: asked before there is one of the peer, it never tells of it.
    const entries = isEarly(state) ? [] : entriesOf(await this.#peer.getStats());
    if (this.#peer.connectionState === 'closed') return;
    const selected = entries.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
    const told = entries
      .filter(({ type, id }) => kinds.includes(type) && (type !== 'candidate-pair' || id === selected))
      .map(shortened);
    this.#tell({ type: 'state', state, stats: told, ...(atMs !== undefined && { atMs }) });
  }

  async #tellLevels(): Promise<void> {
    if (this.#peer.connectionState !== 'connected' || this.#transceiver === undefined) return;
    const { sender, receiver } = this.#transceiver;
    const [source] = receiver.getSynchronizationSources();
    const own = entriesOf(await sender.getStats()).find(({ type }) => type === 'media-source');
    const local = this.#track?.enabled ? levelOf(own?.audioLevel) : 0;
    this.#tell({ type: 'level', local, remote: levelOf(source?.audioLevel) });
  }
}

function isEarly(state: RTCPeerConnectionState): boolean {
  return state === 'new' || state === 'connecting' || state === 'closed';
}

type Entry = { readonly id: string; readonly type: string } & Readonly<Record<string, unknown>>;

function entriesOf(stats: RTCStatsReport): Entry[] {
  const entries: Entry[] = [];
  stats.forEach((entry: Entry) => {
    entries.push(entry);
  });
  return entries;
}

function shortened(entry: Entry): StatsFields {
  const kept = fields.flatMap((name) => {
    const value = entry[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [];
  });
  return { ...Object.fromEntries(kept), id: entry.id, type: entry.type };
}

/** As an ear would say it, even in decibels: 0 for silence, 1 for the loudest there is. */
function levelOf(loudness: unknown): number {
  if (typeof loudness !== 'number' || loudness <= 0) return 0;
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(loudness)) / floorDb));
}
