/**
 * What becomes of a WebRTC connection, told once each from what it says of itself: it tells of the same state more than
 * once, and of failed DTLS not at all. The connection may be that of a media process or of a browser. Pure.
 */
import { compareStats, hasDtlsFailed, remoteFingerprint, type StatsSnapshot } from './connection-stats.js';
import type { MediaStats } from './media.js';

/** The states of a connection as WebRTC names them. */
export type ConnectionState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** What a connection may come to. */
export type ConnectionEvent =
  | { type: 'connected'; remoteFingerprint: string }
  | { type: 'interrupted' }
  | { type: 'resumed' }
  | ({ type: 'stats' } & MediaStats)
  | { type: 'failed'; error: { code: 'ERR_CALL_REFUSED' | 'ERR_CALL_FAILED'; message: string } };

/** One connection. */
export class ConnectionWatch {
  readonly #tell: (event: ConnectionEvent) => void;
  #phase: 'connecting' | 'connected' | 'interrupted' | 'ended' = 'connecting';
  #state: ConnectionState = 'new';
  #last: { readonly stats: StatsSnapshot; readonly atMs: number } | undefined;

  constructor(tell: (event: ConnectionEvent) => void) {
    this.#tell = tell;
  }

  /**
   * Its state is this now.
   *
   * @returns whether what it measures would tell more
   */
  see(state: ConnectionState): boolean {
    this.#state = state;
    if (this.#phase === 'connected' && (state === 'disconnected' || state === 'failed')) {
      this.#phase = 'interrupted';
      this.#tell({ type: 'interrupted' });
    } else if (this.#phase === 'interrupted' && state === 'connected') {
      this.#phase = 'connected';
      this.#tell({ type: 'resumed' });
    }
    return this.#phase === 'connecting' && state === 'connected';
  }

  /**
   * It has measured this.
   *
   * @param atMs - when, where this is one of those measurements, once a second, that are told
   */
  measure(stats: StatsSnapshot, atMs?: number): void {
    if (this.#phase === 'connecting') this.#judge(stats);
    if (atMs === undefined) return;
    if (this.#last !== undefined && (this.#phase === 'connected' || this.#phase === 'interrupted'))
      this.#tell({ type: 'stats', ...compareStats(this.#last.stats, stats, atMs - this.#last.atMs) });
    this.#last = { stats, atMs };
  }

  #judge(stats: StatsSnapshot): void {
    const fingerprint = remoteFingerprint(stats);
    if (this.#state === 'connected' && fingerprint !== undefined) {
      this.#phase = 'connected';
      this.#tell({ type: 'connected', remoteFingerprint: fingerprint });
    } else if (hasDtlsFailed(stats)) {
      this.#fail('ERR_CALL_REFUSED', 'the sound is not protected by the certificate that the peer announced');
    } else if (this.#state === 'failed') {
      this.#fail('ERR_CALL_FAILED', 'no way for the sound was found between the two machines');
    }
  }

  #fail(code: 'ERR_CALL_REFUSED' | 'ERR_CALL_FAILED', message: string): void {
    this.#phase = 'ended';
    this.#tell({ type: 'failed', error: { code, message } });
  }
}
