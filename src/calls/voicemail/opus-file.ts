/** Sound as a file: Opus in Ogg (RFC 7845), which every player and browser knows. Mono, 48 kHz. */
import { frameSamples, sampleRate } from '../sound/sound-system.js';
import { OggStream, segmentsOf } from './ogg.js';

/** What makes packets of samples. */
export interface OpusEncoder {
  /** A packet of 20 ms: 960 samples of 16 bits, in the order of octets of this machine. */
  encode(samples: Uint8Array): Uint8Array;
}

/** So many samples come out before the first that went in: the encoder of libopus for voice looks 6.5 ms ahead. */
const preSkip = 312;
const packetSamples = 960;
/** A page a second: where the writing ends early, no more is lost than that. */
const pageSamples = sampleRate;
const mostSegments = 255;
const vendor = 'qtchat';

/** A file that is written while it is spoken. */
export class OpusFile {
  readonly #encoder: OpusEncoder;
  readonly #write: (octets: Uint8Array) => void;
  readonly #stream: OggStream;
  /** Waits until there is enough for a packet. */
  #pending: Int16Array[] = [];
  /** Waits until there is enough for a page. */
  #packets: Uint8Array[] = [];
  #encoded = 0;
  #samples = 0;

  /** @param serial - 32 bits, any */
  constructor(encoder: OpusEncoder, write: (octets: Uint8Array) => void, serial: number) {
    this.#encoder = encoder;
    this.#write = write;
    this.#stream = new OggStream(serial);
    write(this.#stream.page([head()], { position: 0, isFirst: true }));
    write(this.#stream.page([tags()], { position: 0 }));
  }

  /** How much has been spoken. */
  get durationMs(): number {
    return Math.round((this.#samples * 1000) / sampleRate);
  }

  /** Takes a frame of 10 ms. */
  add(frame: Int16Array): void {
    this.#samples += frameSamples;
    this.#encode(frame);
  }

  /** Writes what there is yet; the file is complete then. */
  finish(): void {
    // What the encoder still looks at comes out behind silence, of which the last page says that it is none of the sound.
    const end = preSkip + this.#samples;
    while (this.#encoded < end) this.#encode(new Int16Array(frameSamples));
    this.#page({ position: end, isLast: true });
  }

  #encode(frame: Int16Array): void {
    this.#pending.push(frame);
    if (this.#pending.length * frameSamples < packetSamples) return;
    const samples = Buffer.concat(
      this.#pending.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
    );
    this.#pending = [];
    const packet = this.#encoder.encode(samples);
    const segments = [...this.#packets, packet].reduce((sum, one) => sum + segmentsOf(one), 0);
    if (segments > mostSegments || this.#packets.length * packetSamples >= pageSamples)
      this.#page({ position: this.#encoded });
    this.#packets.push(packet);
    this.#encoded += packetSamples;
  }

  #page(fields: { readonly position: number; readonly isLast?: boolean }): void {
    this.#write(this.#stream.page(this.#packets, fields));
    this.#packets = [];
  }
}

/** RFC 7845 §5.1: mono, of 48 kHz, neither louder nor softer. */
function head(): Buffer {
  const packet = Buffer.alloc(19);
  packet.write('OpusHead', 0, 'latin1');
  packet.writeUInt8(1, 8);
  packet.writeUInt8(1, 9);
  packet.writeUInt16LE(preSkip, 10);
  packet.writeUInt32LE(sampleRate, 12);
  return packet;
}

/** RFC 7845 §5.2: who has written it, and nothing else. */
function tags(): Buffer {
  const packet = Buffer.alloc(8 + 4 + vendor.length + 4);
  packet.write('OpusTags', 0, 'latin1');
  packet.writeUInt32LE(vendor.length, 8);
  packet.write(vendor, 12, 'latin1');
  return packet;
}
