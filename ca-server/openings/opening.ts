/** What the ways in have in common, as the Auto CA sees them: an opening leads, by a hello, to a channel and an invite. */
import { type Beginning, prologueOf } from '../../src/enroll/hello.js';
import { NoiseHandshake, type NoiseTransport } from '../../src/enroll/noise.js';

/** An enrolment that has begun. */
export interface Opening {
  /** How the host's log calls it, such as `invite 4f2a…`. */
  readonly label: string;
  /**
   * Answers Noise message 1.
   *
   * @throws {QTChatError} `ERR_ENROLL_REFUSED`, `ERR_NOISE_AUTHENTICATION`, `ERR_ENROLL_BUSY`
   */
  readonly hello: (noiseMessage: Buffer) => Promise<Opened>;
  /** The guest has left, or the enrolment is over. */
  readonly leave?: () => Promise<void>;
}

/** A channel to a guest. */
export interface Opened {
  /** Noise message 2. */
  readonly answer: Buffer;
  readonly transport: NoiseTransport;
  /**
   * The id of the invite to answer; resolves when the host has decided, where it has to.
   *
   * @throws {QTChatError} `ERR_ENROLL_REFUSED`
   */
  readonly invite: () => Promise<string>;
}

/** The server's half of the handshake, ready for message 1. */
export function beginHandshake(
  beginning: Beginning,
  psk: Buffer,
  { random }: { readonly random: (size: number) => Buffer },
): NoiseHandshake {
  return new NoiseHandshake({ role: 'responder', prologue: prologueOf(beginning), psk, ephemeral: random(32) });
}
