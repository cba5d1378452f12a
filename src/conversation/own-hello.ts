/** What this process says of itself at the beginning of every session. */
import type { KeySuccession } from '../pki/key-succession.js';
import { type Hello, protocolVersion } from '../protocol/messages.js';

/** What a peer may do, as announced in hello. */
export type Capability = 'text' | 'files' | 'calls' | 'call-devices' | 'file-connections';

/** What is the same in every hello of this process. */
export interface SelfDescription {
  readonly session: string;
  readonly epoch: string;
  readonly capabilities: readonly Capability[];
  readonly keyOrigin: Hello['keyOrigin'];
  /** Where this process listens, 0 for nowhere. */
  readonly port: number;
  /** How our key follows from former ones. */
  readonly successions?: readonly KeySuccession[];
}

/** How many epochs of a peer a hello has room for. */
export const helloCursors = 16;

/**
 * Our hello to one peer.
 *
 * @param cursors - how far we have what the peer wrote, at most {@link helloCursors}
 * @param crl - the number of the revocation list that we know
 */
export function ownHello(self: SelfDescription, cursors: Hello['cursors'], crl: number | undefined): Hello {
  const { session, epoch, capabilities, keyOrigin, port, successions } = self;
  return {
    type: 'hello',
    version: protocolVersion,
    session,
    epoch,
    keyOrigin,
    port,
    // Of everybody who sends files, also where none are taken.
    capabilities: [...capabilities, 'file-connections'],
    cursors,
    ...(crl !== undefined && { crl }),
    ...(successions !== undefined && { successions: [...successions] }),
  };
}
