/** What a conversation is told by whoever opens it. Types only. */
import type { OpenMedia } from '../calls/media.js';
import type { KeepOptions } from '../enroll/keep-identity.js';
import type { Lan } from '../enroll/lan.js';
import type { QTChatError } from '../errors.js';
import type { ConnectionDecision } from '../files/connection-judge.js';
import type { OfferDecision } from '../files/file-events.js';
import type { Home } from '../store/home.js';
import type { Identity } from '../store/identities.js';
import type { Dialler } from '../transport/dial.js';
import type { PeerIdentity } from '../transport/identify-peer.js';
import type { ConversationEvent } from './events.js';
import type { QuotaLimits } from './member-quota.js';
import type { Capability } from './own-hello.js';
import type { SessionTiming } from './session-timing.js';
import type { Timers } from './timers.js';

/** What a conversation needs, and how it behaves. */
export interface ConversationOptions {
  readonly home: Home;
  readonly identity: Identity;
  readonly clock: () => Date;
  readonly random: (size: number) => Buffer;
  /** Ends the conversation when it aborts, as `Conversation.close` does. */
  readonly signal: AbortSignal;
  /** What this process takes from peers. */
  readonly capabilities: readonly Capability[];
  /** Where to listen; absent for nowhere. */
  readonly listen?: { readonly host?: string; readonly ports: readonly number[] };
  /** The only members to let in, as typed; everybody when left out. */
  readonly from?: readonly string[];
  /** The local network, where members who are not where they were are looked for; absent for none. */
  readonly lan?: Lan;
  /** Lets members find us by name, on the local network and in the Auto CA's directory. */
  readonly announce?: boolean;
  /** Whom to dial, as typed. */
  readonly who?: string;
  /** Others to dial, as typed, beside {@link who}. */
  readonly alsoDial?: readonly string[];
  /** Gives up at the first refusal or unconfirmed identity instead of trying on. */
  readonly giveUpWhenRefused?: boolean;
  /** Where received files go; absolute. */
  readonly downloads: string;
  /** What becomes of an offered file. */
  readonly decideOffer: (offer: { member: string; sizeBytes: number }) => OfferDecision;
  /** Decides for a session over how many connections files come; by trial where left out. */
  readonly decideConnections?: () => ConnectionDecision;
  /** Opens the sound of a call; where it is left out, calls are neither made nor taken. */
  readonly openMedia?: OpenMedia;
  /** Why it is left out, for whoever wants to call. */
  readonly noMedia?: QTChatError;
  /** Takes calls even without it: a face that calls or answers brings sound of its own. */
  readonly takesCalls?: boolean;
  /** What one member may leave with us in a day; generous where left out. */
  readonly quota?: Partial<QuotaLimits>;
  /** Asks the user whether the member found at an address is the right one; absent where nobody can be asked. */
  readonly confirmPeer?: (peer: PeerIdentity, who: string, signal: AbortSignal) => Promise<boolean>;
  readonly onEvent: (event: ConversationEvent) => void;
  /** Trusts nobody without a revocation list that holds now. */
  readonly requireFreshCrl?: boolean;
  /** Meets nobody without post-quantum key agreement. */
  readonly requirePostQuantum?: boolean;
  /** Renews the identity when due, and fetches revocation lists, where an Auto CA is known; by itself it does not. */
  readonly keepIdentity?: Pick<KeepOptions, 'intervalMs'>;
  readonly timing?: Partial<SessionTiming>;
  /** The network that is dialled; TCP when left out. */
  readonly dialler?: Dialler;
  /** Of sessions and of dialling; the system's when left out. */
  readonly timers?: Timers;
}
