/**
 * What the window and the program say to each other over the WebSocket: one JSON object a frame. The events and commands of
 * docs/JSONL.md, and those that only the window has. Types only; texts and names of peers are data that may hold anything.
 */

/** Why something did not work, for people. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** Who we are. */
export interface WireSelf {
  readonly member: string;
  readonly circleId: string;
  readonly notAfter: string;
  /** SHA-256 of our key, hex. */
  readonly ownKey: string | null;
}

/** What is thought of a contact's key: `new` before the first meeting, `changed` where it showed another one. */
export type WireStanding = 'good' | 'new' | 'changed' | 'blocked';

/** A member we know. */
export interface WireContact {
  readonly member: string;
  /** What we call the member; absent or null where by its name. */
  readonly name?: string | null;
  readonly isHere: boolean;
  readonly standing: WireStanding;
  readonly lastSeenAt: string | null;
  /** How many of its messages nobody here has seen. */
  readonly unread: number;
  /** The newest message, where there is one. */
  readonly last?: WireMessage | null;
}

/** What became of a call, in the history. */
export interface WireCallOutcome {
  readonly reason: string;
  readonly durationMs: number;
  readonly missed: boolean;
}

/** A file that has arrived, in the history. */
export interface WireFileRecord {
  readonly name: string;
  readonly sizeBytes: number;
  readonly isFolder: boolean;
  readonly path?: string | null;
}

/** A message, call or file of the history. */
export interface WireMessage {
  readonly id: string;
  readonly from: string;
  readonly direction: 'in' | 'out';
  readonly sentAt: string;
  readonly state: 'queued' | 'delivered' | 'read' | 'withdrawn' | 'received';
  readonly text: string | null;
  readonly replyTo: string | null;
  readonly editedAt: string | null;
  readonly call: WireCallOutcome | null;
  readonly file?: WireFileRecord | null;
  readonly reactions: readonly { readonly from: string; readonly emoji: string }[];
}

/** Which file an event is about. */
export interface WireFile {
  readonly member: string;
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly name: string;
  readonly sizeBytes: number;
  readonly isFolder?: true;
}

/** A file as it stands when a page opens. Of ours that wait for the member, `id` and `sizeBytes` may be null. */
export interface WireKnownFile extends Omit<WireFile, 'id' | 'sizeBytes'> {
  readonly id: string | null;
  readonly sizeBytes: number | null;
  readonly doneBytes: number;
  /** `moving` where it is left out. */
  readonly state?: 'offered' | 'moving' | 'paused' | 'waiting' | 'done' | 'declined' | 'failed';
  /** When it began; now where it is left out. */
  readonly at?: string;
}

/** A call as it stands when a page opens. */
export interface WireCall {
  readonly member: string;
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly state: 'calling' | 'ringing' | 'connecting' | 'connected' | 'reconnecting' | 'ended';
  readonly isMuted: boolean;
  readonly durationMs?: number | null;
  /** Whether the sound is in a browser, and not in the terminal. */
  readonly isInWindow?: boolean;
}

type Stamped<T> = T & { readonly at: string };
/** One type for each name, so that a name finds its own. */
type Of<Event extends string, Fields = object> = Event extends string
  ? Stamped<{ readonly event: Event } & Readonly<Fields>>
  : never;
type OfFile<Event extends string, Fields = object> = Of<Event, WireFile & Fields>;
type OfCall<Event extends string, Fields = object> = Of<
  Event,
  { member: string; id: string; direction: 'in' | 'out' } & Fields
>;

/** The events of docs/JSONL.md. */
export type JsonEvent =
  | Of<'listening', { host: string; port: number; wantedPort: number }>
  | Of<'waiting', { who: string; reason: WireError | null }>
  | Of<'target', { member: string }>
  | Of<
      'connected',
      {
        member: string;
        circleId: string;
        address: { readonly host: string; readonly port: number };
        security: string;
        keyAgreement: { readonly group: string | null; readonly postQuantum: boolean | null };
        keyOrigin: 'local' | 'server';
        spkiSha256: string;
      }
    >
  | Of<'disconnected', { member: string; reason: string }>
  | Of<'refused', { host: string | null; reason: WireError; count: number }>
  | Of<'revocation', { freshness: string; thisUpdate: string | null; nextUpdate: string | null }>
  | Of<'announced', { onLan: boolean; inDirectory: boolean; reason: WireError | null }>
  | Of<'renewed', { notAfter: string }>
  | Of<'renewalFailed', { notAfter: string; reason: WireError }>
  | Of<'message', { member: string; id: string; text: string; sentAt: string; replyTo?: string }>
  | Of<'edited', { member: string; id: string; text: string; sentAt: string }>
  | Of<'deleted', { member: string; id: string; sentAt: string }>
  | Of<'reaction', { member: string; id: string; emoji: string; sentAt: string }>
  | Of<'changeRefused', { member: string; id: string; kind: string; reason: string; count: number }>
  | Of<'typing', { member: string }>
  | Of<'sent' | 'delivered' | 'read', { member: string; id: string }>
  | OfFile<'fileOffered'>
  | OfFile<'fileStarted', { doneBytes: number }>
  | OfFile<'filePaused' | 'fileResumed', { by: 'self' | 'peer' }>
  | OfFile<'fileInterrupted', { reason: WireError }>
  | OfFile<'fileDone', { root: string | null; sha256: string | null; path: string | null }>
  | OfFile<'fileDeclined', { reason: string }>
  | OfFile<'fileFailed', { reason: WireError }>
  | OfCall<'callRinging' | 'callReconnecting'>
  | OfCall<'callConnected', { resumed: boolean }>
  | OfCall<
      'callStats',
      { lossPercent: number; concealedPercent: number; roundTripMs: number; jitterMs: number; kbps: number }
    >
  | OfCall<'callDevices', { input: string | null; output: string | null }>
  /** What the other side says of its own. */
  | OfCall<'callPeerDevices', { input: boolean; output: boolean }>
  | OfCall<
      'callEnded',
      {
        reason: string;
        by: 'self' | 'peer';
        durationMs: number;
        missed: boolean;
        error: WireError | null;
      }
    >;

/** Events that come of what another face or tab of this program did. */
export type OwnEvent =
  | Of<'outgoing', { member: string; id: string; text: string; sentAt: string; replyTo?: string }>
  | Of<
      'outgoingChange',
      { member: string; id: string; kind: 'edit' | 'delete' | 'reaction'; text?: string; emoji?: string }
    >
  /** A file of ours is to be sent. */
  | Of<'outgoingFile', { member: string; name: string }>;

/** Events that only the window has. */
export type WindowEvent =
  | Of<
      'hello',
      {
        /** A secret of this run of the program. */
        run: string;
        self: WireSelf | null;
        contacts: readonly WireContact[];
        /** Whom the chat is with. */
        target?: string | null;
        files: readonly WireKnownFile[];
        call: WireCall | null;
        settings?: Readonly<Record<string, string>>;
      }
    >
  | OfFile<'fileProgress', { doneBytes: number; bytesPerSecond: number | null; etaSeconds: number | null }>
  | OfCall<'callLevel', { local: number; remote: number }>
  /** A contact has changed: it is new, has another name, was seen elsewhere. */
  | Of<'contact', WireContact>
  /** A line that the terminal would print. */
  | Of<'notice', { text: string }>
  /** A question that is answered by yes or no, with the command `confirm`; `question` without text: it is answered already. */
  | Of<'question', { id: string; text: string | null }>;

/** Everything that happens, but for what concerns the sound of calls (calls/wire.ts). */
export type WireEvent = JsonEvent | OwnEvent | WindowEvent;

/** What is known of a contact, for the panel about it. */
export interface WireWhois {
  readonly member: string;
  readonly name?: string | null;
  readonly circleId: string;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly spkiSha256: string | null;
  readonly ownKey: string | null;
  readonly blocked: boolean;
  readonly otherKeys: readonly { readonly spkiSha256: string; readonly seenAt: string }[];
  /** Of the certificate in use; null where the member is not here. */
  readonly certificate?: {
    readonly subject: string;
    readonly issuer: string;
    readonly serialNumber: string;
    readonly notBefore: string;
    readonly notAfter: string;
  } | null;
  readonly security?: string | null;
  readonly postQuantum?: boolean | null;
  readonly keyOrigin?: 'local' | 'server' | null;
}

/** What each command takes besides `ref`, and what its `done` holds. */
export interface WireCommands {
  send: [{ member: string; text: string; replyTo?: string }, { id: string }];
  edit: [{ member: string; id: string; text: string }, object];
  delete: [{ member: string; id: string }, object];
  react: [{ member: string; id: string; emoji: string }, object];
  read: [{ member: string; id: string }, object];
  typing: [{ member: string }, object];
  accept: [{ id: string }, object];
  decline: [{ id: string }, object];
  pause: [{ member: string; name: string }, { count: number }];
  resume: [{ member: string; name: string }, { count: number }];
  cancel: [{ member: string; name: string }, { count: number }];
  history: [{ member: string; limit: number; before?: string }, { messages: readonly WireMessage[] }];
  search: [{ member: string; text: string; limit: number }, { messages: readonly WireMessage[] }];
  contacts: [object, { contacts: readonly WireContact[] }];
  dial: [{ member: string }, object];
  whois: [{ member: string }, WireWhois];
  rename: [{ member: string; name: string }, object];
  trust: [{ member: string; key: string }, object];
  block: [{ member: string }, object];
  unblock: [{ member: string }, object];
  forget: [{ member: string }, object];
  call: [{ member: string }, { id: string }];
  answer: [object, object];
  reject: [object, object];
  hangup: [object, object];
  mute: [{ isOn: boolean }, object];
  media: [{ member: string; id: string }, { url: string; kind: 'picture' | 'audio' | 'video'; mediaType: string }];
  join: [{ invite: string }, object];
  confirm: [{ id: string; isYes: boolean }, object];
}

/** The name of a command. */
export type CommandName = keyof WireCommands;

/** The answer to a command. */
export type WireAnswer =
  | ({ readonly event: 'done'; readonly command: string | null; readonly ref: string | null } & Record<string, unknown>)
  | ({ readonly event: 'error'; readonly command: string | null; readonly ref: string | null } & WireError);
