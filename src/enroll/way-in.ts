/** What the ways into a circle have in common, as the guest sees them: where the Auto CA is, and how a channel comes about. */
import type { EnrollmentConnection } from './connection.js';
import type { NoiseTransport } from './noise.js';
import type { Terms } from './terms.js';

/** One way in. */
export interface WayIn {
  /** IP addresses or host names in order of trial. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly terms: Terms;
  /** SHA-256 of the root's SubjectPublicKeyInfo; undefined where only the authentic answer tells it. */
  readonly rootSpkiSha256?: Buffer;
  /** How long the Auto CA may take to answer the request, in milliseconds, where people are asked. */
  readonly answerTimeoutMs?: number;
  /**
   * Makes the trips that lead to an authentic channel.
   *
   * @throws {QTChatError} what `exchange` throws; `ERR_NOISE_AUTHENTICATION` when the other side proves nothing
   */
  readonly openChannel: (connection: EnrollmentConnection, deps: WayDeps) => Promise<NoiseTransport>;
}

/** What opening a channel takes. */
export interface WayDeps {
  readonly random: (size: number) => Buffer;
}
