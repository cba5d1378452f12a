/** What the Auto CA works with; nothing here does anything. */
import type { EnrollmentAnswer } from '../src/enroll/wire.js';
import type { Ledger } from '../src/ledger/open.js';
import type { Signer } from '../src/ledger/signer.js';
import type { Profile } from '../src/pki/profile.js';
import type { AutoCaEvent } from './event.js';
import type { KeyMaker } from './keys/key-maker.js';
import type { Watch } from './watch.js';

/** Everything the Auto CA needs, given by whoever starts it. */
export interface AutoCa {
  readonly ledger: Ledger;
  /** Signs what the ledger holds. */
  readonly signer: Signer;
  readonly profile: Profile;
  /** Makes the keys of guests that make none. */
  readonly keys: KeyMaker;
  /** Finds the profile by which a certificate was issued that is now renewed. */
  readonly loadProfile: (name: string) => Promise<Profile>;
  readonly deps: { readonly clock: () => Date; readonly random: (size: number) => Buffer };
  /** The host as a guest's first contact, asked for at every enrolment. */
  readonly host: () => Promise<EnrollmentAnswer['host']>;
  /** The port where members are served, once it is open. */
  readonly membersPort?: () => number | undefined;
  /** Make no keys: every guest makes its own. */
  readonly requireLocalKey?: boolean;
  /** Receives every event; must not throw. */
  readonly log: (event: AutoCaEvent) => void;
  /** What it has seen since it started. */
  readonly watch: Watch;
  /** Limits other than the defaults. */
  readonly limits?: Partial<Limits>;
}

/** What one guest, or all of them, may take. */
export interface Limits {
  /** Open connections, all guests together. */
  readonly connections: number;
  /** Open connections from one address. */
  readonly connectionsPerAddress: number;
  /** Hellos from one address a second, on average. */
  readonly hellosPerSecond: number;
  /** Hellos from one address at once, after a pause. */
  readonly helloBurst: number;
  /** Openings for a code or an approval from one address a second, on average: a code costs us more than a hello. */
  readonly openingsPerSecond: number;
  /** Openings from one address at once, after a pause. */
  readonly openingBurst: number;
  /** Openings from everybody a second, on average. */
  readonly openingsPerSecondInAll: number;
  /** Openings from everybody at once, after a pause. */
  readonly openingBurstInAll: number;
  /** Answers to one invite a second, on average; an answer that is not confirmed is revoked by the next. */
  readonly answersPerSecond: number;
  /** Answers to one invite at once, after a pause. */
  readonly answerBurst: number;
  /** How long a request's head may take. */
  readonly headTimeoutMs: number;
  /** How long a whole request may take. */
  readonly requestTimeoutMs: number;
  /** How long a connection may last: a whole enrolment, without the wait for an approval. */
  readonly connectionTimeoutMs: number;
  /** How long a guest that has the receipt may take to close. */
  readonly closeTimeoutMs: number;
  /** How often to look whether the host has decided about those that wait. */
  readonly approvalPollMs: number;
  /** How long a stopping server waits for what is under way. */
  readonly stopTimeoutMs: number;
}

/** The limits in force where {@link AutoCa.limits} says nothing. */
export const defaultLimits: Limits = {
  connections: 256,
  connectionsPerAddress: 32,
  hellosPerSecond: 30,
  helloBurst: 60,
  openingsPerSecond: 1,
  openingBurst: 10,
  openingsPerSecondInAll: 10,
  openingBurstInAll: 60,
  answersPerSecond: 1 / 30,
  answerBurst: 10,
  headTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  connectionTimeoutMs: 30_000,
  closeTimeoutMs: 3_000,
  approvalPollMs: 500,
  stopTimeoutMs: 3_000,
};
