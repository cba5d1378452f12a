/**
 * Every message of the control channel, and the one place where octets from a peer become a checked
 * value: `parseMessage` knows the exact fields of each message, their types and their bounds, and
 * refuses the rest. What a message means is decided elsewhere.
 */
import * as v from 'valibot';
import { QTChatError } from '../errors.js';
import { type CborMap, decodeCbor, encodeCbor } from './cbor.js';
import { maximumFileBytes } from './file-chunks.js';

/** The version of the protocol, carried in ALPN and hello. */
export const protocolVersion = 1;
/** The largest hello, in octets: before it, a peer may make us keep no more than this. */
export const maximumHelloBytes = 4 * 1024;
/** The longest text, in octets of UTF-8. */
export const maximumTextBytes = 64 * 1024;
/** The longest reaction, in octets of UTF-8: an emoji of many parts has some 40. */
export const maximumReactionBytes = 64;
/** The longest file name offered, in octets of UTF-8; the receiver refuses stranger things in it. */
export const maximumFileNameBytes = 255;
/** The highest number of a file connection: so many there may be of one transfer, in the course of time. */
export const highestConnection = 255;
/** The longest revocation list that is passed on to a peer, in octets: some 3,000 entries. */
export const maximumListBytes = 128 * 1024;
/** The longest description of a call (SDP), in octets of UTF-8. */
export const maximumDescriptionBytes = 16 * 1024;
/** The longest candidate of a call (ICE), in octets of UTF-8. */
export const maximumCandidateBytes = 1_024;
/** The highest sequence number; a thousand a second for 300 years stay below it. */
export const maximumSequence = 2 ** 43;

const uuid = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/));
const id16 = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const sequence = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maximumSequence));
const cursor = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maximumSequence));
const timeMs = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15));
const size = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
const connectionNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(highestConnection));
const sha256 = v.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 32);

const messageText = v.pipe(v.string(), v.minLength(1), v.maxBytes(maximumTextBytes));
/** Nothing of it may break a line, move a cursor or be blank. */
const reaction = v.pipe(v.string(), v.maxBytes(maximumReactionBytes), v.regex(/^[^\p{Cc}\p{Z}]*$/u));
/** What every message that is kept until it is delivered begins with. */
const durable = { id: uuid, sequence, sentAt: timeMs };

const octetsUpTo = (limit: number) =>
  v.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length > 0 && value.length <= limit);

/** Why a peer says goodbye. */
const byeReasons = ['done', 'duplicate', 'key-changed', 'quota'] as const;
/** Why a file is not taken. */
const declineReasons = ['declined', 'too-large', 'name', 'busy', 'unsupported', 'no-room', 'quota'] as const;
/** Why a file that was accepted did not arrive. */
const failureReasons = ['cancelled', 'broken', 'digest', 'storage'] as const;

/** Why a call ends. */
const callEndReasons = [
  'hung-up',
  'cancelled',
  'declined',
  'busy',
  'no-answer',
  'elsewhere',
  'not-connected',
  'lost',
  'failed',
  'refused',
  'unknown',
] as const;
const description = v.pipe(v.string(), v.minLength(1), v.maxBytes(maximumDescriptionBytes));

const schemas = {
  /** The first message of either side; without it there is no session. */
  hello: v.strictObject({
    type: v.literal('hello'),
    version: v.literal(protocolVersion),
    /** Names this process; two connections between the same two processes are duplicates. */
    session: id16,
    /** What this side takes: `text`, `files`, `calls`, of these `call-devices`; and `file-connections`, where it can send over several. Unknown ones are ignored. */
    capabilities: v.pipe(v.array(v.pipe(v.string(), v.maxLength(32))), v.maxLength(16)),
    /** Where the private key was made: by its holder, or by the server that issued it. */
    keyOrigin: v.picklist(['local', 'server']),
    /** The port where this process listens, 0 for none. */
    port,
    /** Names the store whose messages the sequence numbers of this side count. */
    epoch: id16,
    /** The last message stored of an epoch of the receiver of this hello. */
    cursors: v.pipe(v.array(v.strictObject({ epoch: id16, sequence: cursor })), v.maxLength(16)),
    /** The number of the revocation list that this side knows. */
    crl: v.optional(size),
    /** How the key of this side follows from former ones, the latest first: each signed by the one before. */
    successions: v.optional(
      v.pipe(v.array(v.strictObject({ formerSpki: octetsUpTo(600), signature: octetsUpTo(600) })), v.maxLength(4)),
    ),
  }),
  text: v.strictObject({
    type: v.literal('text'),
    ...durable,
    text: messageText,
    /** The message that it answers, of either side. */
    replyTo: v.optional(uuid),
  }),
  /** Another text for a message of the sender. */
  edit: v.strictObject({ type: v.literal('edit'), ...durable, target: uuid, text: messageText }),
  /** A message of the sender is to be no more. */
  delete: v.strictObject({ type: v.literal('delete'), ...durable, target: uuid }),
  /** What the sender thinks of a message of either side; empty to take it back. */
  reaction: v.strictObject({ type: v.literal('reaction'), ...durable, target: uuid, emoji: reaction }),
  /** Somebody has seen the conversation up to `sequence`. */
  read: v.strictObject({ type: v.literal('read'), sequence }),
  /** The sender is writing. */
  typing: v.strictObject({ type: v.literal('typing') }),
  /** Every message up to `sequence` is stored. */
  delivered: v.strictObject({ type: v.literal('delivered'), sequence }),
  /** A newer list than the receiver of it knows, DER. */
  'revocation-list': v.strictObject({ type: v.literal('revocation-list'), list: octetsUpTo(maximumListBytes) }),
  ping: v.strictObject({ type: v.literal('ping') }),
  pong: v.strictObject({ type: v.literal('pong') }),
  bye: v.strictObject({ type: v.literal('bye'), reason: v.picklist(byeReasons) }),
  'file-offer': v.strictObject({
    type: v.literal('file-offer'),
    id: id16,
    name: v.pipe(v.string(), v.minLength(1), v.maxBytes(maximumFileNameBytes)),
    sizeBytes: v.pipe(size, v.maxValue(maximumFileBytes)),
    /** The content is that of a folder. */
    isFolder: v.optional(v.literal(true)),
    /** Another one when the content has changed: what there is of a file is gone on with where it is the same. */
    version: sha256,
    /** The transfer that broke off and goes on with this one. */
    resumes: v.optional(id16),
  }),
  /** `doneBytes`: how much of it the receiver believes to have. */
  'file-accept': v.strictObject({ type: v.literal('file-accept'), id: id16, doneBytes: size }),
  'file-decline': v.strictObject({ type: v.literal('file-decline'), id: id16, reason: v.picklist(declineReasons) }),
  /** The side that did not dial has read the acceptance and expects the file connection. */
  'file-ready': v.strictObject({
    type: v.literal('file-ready'),
    id: id16,
    /** That of the further connection which was asked for; absent for the first. */
    number: v.optional(connectionNumber),
  }),
  /** The receiver wants another connection for a file that is arriving: each number once, and higher than all before. */
  'file-connection': v.strictObject({ type: v.literal('file-connection'), id: id16, number: connectionNumber }),
  /** Nothing of the file is to move until the same side lets it go on. */
  'file-pause': v.strictObject({ type: v.literal('file-pause'), id: id16 }),
  'file-resume': v.strictObject({ type: v.literal('file-resume'), id: id16 }),
  /** The file is complete, on disk, under its final name. */
  'file-received': v.strictObject({ type: v.literal('file-received'), id: id16 }),
  'file-failed': v.strictObject({ type: v.literal('file-failed'), id: id16, reason: v.picklist(failureReasons) }),
  /** The sender calls; or, as the one who called, wants another way for a call that goes on. */
  'call-offer': v.strictObject({
    type: v.literal('call-offer'),
    id: id16,
    sdp: description,
    isRestart: v.optional(v.literal(true)),
  }),
  /** Somebody there can hear that they are called. */
  'call-ringing': v.strictObject({ type: v.literal('call-ringing'), id: id16 }),
  'call-answer': v.strictObject({ type: v.literal('call-answer'), id: id16, sdp: description }),
  /** A way to the sender, as SDP writes it without `a=`. */
  'call-candidate': v.strictObject({
    type: v.literal('call-candidate'),
    id: id16,
    candidate: v.pipe(v.string(), v.minLength(1), v.maxBytes(maximumCandidateBytes)),
  }),
  /** Whether the sender has a microphone, and a speaker, now: without, the call is on hold. */
  'call-devices': v.strictObject({
    type: v.literal('call-devices'),
    id: id16,
    input: v.boolean(),
    output: v.boolean(),
  }),
  'call-end': v.strictObject({ type: v.literal('call-end'), id: id16, reason: v.picklist(callEndReasons) }),
} as const;

type Schemas = typeof schemas;
/** The name of a message. */
type MessageType = keyof Schemas;
/** One message by its name. */
export type MessageOf<Type extends MessageType> = v.InferOutput<Schemas[Type]>;
/** Any message of the control channel. */
export type Message = { [Type in MessageType]: MessageOf<Type> }[MessageType];
/** The first message of either side. */
export type Hello = MessageOf<'hello'>;
/** Why a peer says goodbye. */
export type ByeReason = (typeof byeReasons)[number];
/** Why a file is not taken. */
export type DeclineReason = (typeof declineReasons)[number];
/** Why a file that was accepted did not arrive. */
export type FailureReason = (typeof failureReasons)[number];
/** Why a call ends. */
export type CallEndReason = (typeof callEndReasons)[number];
/** What is said about a call. */
export type CallMessage = Extract<Message, { type: `call-${string}` }>;

/** Tells whether a text may stand as a reaction. */
export function isReaction(text: string): boolean {
  return v.is(reaction, text);
}

/** Encodes a message as the payload of one frame. */
export function encodeMessage(message: Message): Buffer {
  return encodeCbor(message as CborMap);
}

/**
 * Turns the payload of a frame into a message.
 *
 * @throws {QTChatError} `ERR_PROTOCOL` unless it is exactly one of the messages above
 */
export function parseMessage(payload: Uint8Array): Message {
  const value = decodeCbor(payload);
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (!isMessageType(type)) throw new QTChatError('ERR_PROTOCOL', 'the peer sent a message of an unknown type');
  const result = v.safeParse(schemas[type], value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = issue.path?.map((item) => String(item.key)).join('.') ?? '';
  throw new QTChatError(
    'ERR_PROTOCOL',
    `the peer sent a "${type}" message with a wrong field ${JSON.stringify(field)}`,
  );
}

function isMessageType(type: unknown): type is MessageType {
  return typeof type === 'string' && Object.hasOwn(schemas, type);
}
