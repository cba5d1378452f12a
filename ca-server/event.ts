/** What the Auto CA reports; no event has a place for a secret. */
import type { HeldReason } from '../src/ledger/held-renewals.js';
import type { RevocationReason } from '../src/pki/revocation-reason.js';

/** What happened, for the host's eyes. Reasons are never told to guests. */
export type AutoCaEvent = {
  /** The guest's IP address. */
  readonly address: string;
} & (
  | {
      readonly event: 'reserved' | 'enrolled';
      readonly member: string;
      readonly invite: string;
      readonly serialNumber: string;
    }
  | { readonly event: 'unconfirmed'; readonly member: string; readonly invite: string; readonly serialNumber: string }
  | { readonly event: 'renewed'; readonly formerSerialNumber: string; readonly serialNumber: string }
  | { readonly event: 'held'; readonly formerSerialNumber: string; readonly reason: HeldReason }
  | {
      readonly event: 'revoked';
      readonly member: string;
      readonly serialNumber: string;
      readonly reason: RevocationReason;
    }
  | { readonly event: 'requested'; readonly request: string; readonly words: string }
  | { readonly event: 'gone'; readonly request: string }
  | { readonly event: 'unwatched'; readonly reason: string }
  | {
      readonly event: 'fetched';
      readonly member: string;
      readonly invite: string;
      /** Which download of the file it was, from 1. */
      readonly download: number;
    }
  | { readonly event: 'refused'; readonly reason: string }
  | { readonly event: 'failed'; readonly reason: string; readonly requestId: string }
);

/** What happened to the server as a whole. */
export type ServiceEvent =
  | { readonly event: 'database'; readonly database: string }
  | {
      readonly event: 'listening';
      readonly addresses: readonly string[];
      readonly port: number;
      readonly tlsPort: number | null;
      readonly metricsPort: number | null;
      readonly circleId: string;
    }
  | { readonly event: 'unannounced'; readonly reason: string }
  | {
      readonly event: 'signer-ended';
      readonly reason: string;
      /** It is started again. */
      readonly again: boolean;
    }
  | { readonly event: 'stopped' };

/** Everything that is ever written to a log. */
export type LoggedEvent = AutoCaEvent | ServiceEvent;
