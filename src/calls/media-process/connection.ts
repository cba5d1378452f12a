/**
 * One WebRTC connection with one sound each way: Opus with redundancy (RED), over the addresses that both sides name,
 * no servers asked. Who is at the other end is not judged here: DTLS refuses everyone but the owner of the certificate
 * in the peer's description, and `connected` tells which one it was.
 */
import { QTChatError } from '../../errors.js';
import type { StatsSnapshot } from '../connection-stats.js';
import { ConnectionWatch } from '../connection-watch.js';
import { frameSamples, sampleRate } from '../sound/sound-system.js';
import type { MediaProcessEvent } from './wire.js';
import type { AudioSink, PeerConnection, Track, Transceiver, Wrtc } from './wrtc.js';

const statsEveryMs = 1_000;
/** Redundancy first: at 10 % loss it conceals a third of what Opus' own correction does. */
const codecs = ['audio/red', 'audio/opus'];
/** How many candidates wait for a description; whoever has more addresses is reached by these. */
const mostEarlyCandidates = 64;

/** Who is told of a connection. */
export interface MediaConnectionOptions {
  readonly onEvent: (event: MediaProcessEvent) => void;
  /** Takes a frame of the peer every 10 ms. */
  readonly onFrame: (frame: Int16Array) => void;
}

/** One connection. What it does not take, WebRTC rejects with errors of its own. */
export class MediaConnection {
  readonly #wrtc: Wrtc;
  readonly #options: MediaConnectionOptions;
  readonly #peer: PeerConnection;
  readonly #source;
  readonly #track: Track;
  #sink: AudioSink | undefined;
  #early: string[] | undefined = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #watch: ConnectionWatch;
  #isOver = false;

  constructor(wrtc: Wrtc, options: MediaConnectionOptions) {
    this.#wrtc = wrtc;
    this.#options = options;
    this.#watch = new ConnectionWatch((event) => options.onEvent(event));
    this.#peer = new wrtc.RTCPeerConnection({ iceServers: [] });
    this.#source = new wrtc.nonstandard.RTCAudioSource();
    this.#track = this.#source.createTrack();
    this.#peer.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) options.onEvent({ type: 'candidate', candidate: candidate.candidate });
    };
    this.#peer.onconnectionstatechange = () => void this.#look();
    this.#timer = setInterval(() => void this.#look(true), statsEveryMs);
  }

  /** Our offer; `isRestart` for another way of a connection that there is. */
  async offer(isRestart: boolean): Promise<string> {
    if (this.#peer.getTransceivers().length === 0) {
      this.#prepare(this.#peer.addTransceiver(this.#track, { direction: 'sendrecv' }));
    }
    const offer = await this.#peer.createOffer(isRestart ? { iceRestart: true } : undefined);
    await this.#peer.setLocalDescription(offer);
    return offer.sdp;
  }

  /**
   * Takes an offer, gives our answer.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` for one without sound
   */
  async answer(sdp: string): Promise<string> {
    await this.#takeDescription({ type: 'offer', sdp });
    const [transceiver] = this.#peer.getTransceivers();
    if (transceiver === undefined) throw new QTChatError('ERR_PROTOCOL', 'the call has no sound');
    if (this.#sink === undefined) {
      // The one that the offer made: one of our own would not be part of the answer.
      await transceiver.sender.replaceTrack(this.#track);
      transceiver.direction = 'sendrecv';
      this.#prepare(transceiver);
    }
    const answer = await this.#peer.createAnswer();
    await this.#peer.setLocalDescription(answer);
    return answer.sdp;
  }

  /** Takes the answer to our offer. */
  async accept(sdp: string): Promise<void> {
    await this.#takeDescription({ type: 'answer', sdp });
  }

  /** Takes a way to the peer; before there is a description, it waits for that. */
  async addCandidate(candidate: string): Promise<void> {
    if (this.#early !== undefined) {
      if (this.#early.length < mostEarlyCandidates) this.#early.push(candidate);
      return;
    }
    await this.#peer.addIceCandidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 });
  }

  /** Sends a frame of 10 ms, in a buffer of its own. */
  send(frame: Int16Array): void {
    if (this.#isOver) return;
    this.#source.onData({
      samples: frame,
      sampleRate,
      bitsPerSample: 16,
      channelCount: 1,
      numberOfFrames: frameSamples,
    });
  }

  /** Ends it; nothing is told or sent any more. */
  close(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#peer.onicecandidate = null;
    this.#peer.onconnectionstatechange = null;
    this.#sink?.stop();
    this.#track.stop();
    this.#peer.close();
  }

  #prepare(transceiver: Transceiver): void {
    const known = this.#wrtc.RTCRtpSender.getCapabilities('audio').codecs;
    transceiver.setCodecPreferences(
      codecs.flatMap((type) => known.filter(({ mimeType }) => mimeType.toLowerCase() === type)),
    );
    this.#sink = new this.#wrtc.nonstandard.RTCAudioSink(transceiver.receiver.track);
    this.#sink.ondata = ({ samples, sampleRate: rate }) => {
      // Until the first packet the library fills in, at another rate.
      if (rate === sampleRate && samples.length === frameSamples) this.#options.onFrame(samples);
    };
  }

  async #takeDescription(description: { type: 'offer' | 'answer'; sdp: string }): Promise<void> {
    await this.#peer.setRemoteDescription(description);
    const early = this.#early ?? [];
    this.#early = undefined;
    // One that is no good leaves the others.
    await Promise.allSettled(early.map((candidate) => this.addCandidate(candidate)));
  }

  /** Looks at what has become of the connection, and when it is time at how the sound was. */
  async #look(isTime = false): Promise<void> {
    if (!this.#watch.see(this.#peer.connectionState) && !isTime) return;
    const stats = await this.#stats();
    if (stats !== undefined && !this.#isOver) this.#watch.measure(stats, isTime ? performance.now() : undefined);
  }

  /** Undefined where the connection has been closed meanwhile. */
  async #stats(): Promise<StatsSnapshot | undefined> {
    try {
      return new Map(await this.#peer.getStats());
    } catch (error) {
      if (this.#isOver) return undefined;
      throw error;
    }
  }
}
