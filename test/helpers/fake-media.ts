/**
 * Sound without hardware: media sides of one process that connect as WebRTC does, by what they are told of each other. Each has a
 * key of its own; what the other side's really is, it tells when both have connected.
 */
import { randomBytes } from 'node:crypto';
import type { DeviceChoice, Media, MediaEvent, MediaOptions, OpenMedia } from '../../src/calls/media.js';

/** A description as browsers write it. */
export function descriptionOf(fields: {
  ufrag: string;
  fingerprint: string;
  setup?: string;
  version?: number;
}): string {
  const { ufrag, fingerprint, setup = 'actpass', version = 2 } = fields;
  return [
    'v=0',
    `o=- 4611731400430051336 ${version} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS',
    'm=audio 9 UDP/TLS/RTP/SAVPF 63 111',
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    `a=ice-ufrag:${ufrag}`,
    'a=ice-pwd:asd88fgpdd777uzjYhagZg++',
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${setup}`,
    'a=mid:0',
    'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    'a=sendrecv',
    'a=msid:- 8a6b4f5c-5d1e-4b2f-a3f5-000000000001',
    'a=rtcp-mux',
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=ssrc:1184534733 cname:m3JbY8gGS0mVgVn6',
    '',
  ].join('\r\n');
}

/** A fingerprint that nobody else has. */
export function makeFingerprint(): string {
  return [...randomBytes(32)].map((octet) => octet.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

/** A candidate on this machine. */
export function candidateOf(port: number): string {
  return `candidate:842163049 1 udp 1677729535 127.0.0.1 ${port} typ host generation 0`;
}

/** One media side. */
export class FakeMedia implements Media {
  readonly fingerprint = makeFingerprint();
  readonly log: string[] = [];
  devices: DeviceChoice = {};
  readonly noiseSuppression: boolean;
  isMuted = false;
  isClosed = false;
  /** Changes what it says of itself; for those who lie. */
  lie: (sdp: string) => string = (sdp) => sdp;
  ufrag = '';
  remoteUfrag: string | undefined;
  candidates = 0;
  isUp = false;
  readonly #network: FakeSound;
  readonly #options: MediaOptions;
  #version = 1;

  constructor(network: FakeSound, options: MediaOptions) {
    this.#network = network;
    this.#options = options;
    const { onEvent: _, noiseSuppression = false, ...devices } = options;
    this.noiseSuppression = noiseSuppression;
    this.devices = devices;
  }

  async offer(isRestart = false): Promise<string> {
    this.log.push(isRestart ? 'restart' : 'offer');
    return this.#describe('actpass');
  }

  async answer(offer: string): Promise<string> {
    this.log.push('answer');
    const answer = this.#describe('active');
    this.#hear(offer);
    return answer;
  }

  async accept(answer: string): Promise<void> {
    this.log.push('accept');
    this.#hear(answer);
  }

  async addCandidate(candidate: string): Promise<void> {
    this.log.push(candidate);
    this.candidates += 1;
    this.#network.look();
  }

  setMuted(isMuted: boolean): void {
    this.isMuted = isMuted;
  }

  async useDevices(choice: DeviceChoice): Promise<void> {
    this.devices = { ...this.devices, ...choice };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.isUp = false;
  }

  /** Tells something. */
  emit(event: MediaEvent): void {
    this.#options.onEvent(event);
  }

  #describe(setup: string): string {
    this.ufrag = randomBytes(4).toString('hex');
    this.#version += 1;
    this.candidates = 0;
    const { ufrag, fingerprint } = this;
    const candidate = candidateOf(40_000 + this.#version);
    // As soon as it has described itself, as WebRTC does.
    queueMicrotask(() => this.emit({ type: 'candidate', candidate }));
    return this.lie(descriptionOf({ ufrag, fingerprint, setup, version: this.#version }));
  }

  #hear(sdp: string): void {
    this.remoteUfrag = /^a=ice-ufrag:(.*)$/m.exec(sdp)?.[1]?.trim();
    this.#network.look();
  }
}

/** All media sides of a test, and the air between them. */
export class FakeSound {
  readonly all: FakeMedia[] = [];
  /** Nothing gets through while it is on. */
  isBlocked = false;

  /** Opens one; `prepare` may change it before anything is asked of it. */
  open(prepare: (media: FakeMedia) => void = () => {}): OpenMedia {
    return async (options) => {
      const media = new FakeMedia(this, options);
      prepare(media);
      this.all.push(media);
      return media;
    };
  }

  /** Those that can be heard, or hear, now. */
  get up(): FakeMedia[] {
    return this.all.filter(({ isUp }) => isUp);
  }

  /** Connects those who know each other. */
  look(): void {
    if (this.isBlocked) return;
    for (const one of this.all) {
      const other = this.all.find((media) => media.ufrag === one.remoteUfrag && one.ufrag === media.remoteUfrag);
      if (other === undefined || one.isUp || one.isClosed || other.isClosed) continue;
      if (one.candidates === 0 && other.candidates === 0) continue;
      for (const [media, peer] of [
        [one, other],
        [other, one],
      ] as const) {
        media.isUp = true;
        queueMicrotask(() => media.emit({ type: 'connected', remoteFingerprint: peer.fingerprint }));
      }
    }
  }

  /** The way between them is gone, until they find another one. */
  interrupt(): void {
    for (const media of this.up) {
      media.isUp = false;
      media.emit({ type: 'interrupted' });
    }
  }
}
