/**
 * What is said over the signer's socket, on both sides: frames of a four-octet length (big-endian) and that
 * many octets of JSON. The signer greets with the certificate that it issues with; after that every request
 * has a number of its own, and its answer has the same one, in any order.
 */
import type { Socket } from 'node:net';
import * as v from 'valibot';
import { type ErrorCode, errorExitCodes, QTChatError } from '../errors.js';

/** The longest request; octets. */
export const requestLimitBytes = 1024;
/** The longest answer: the revocation list of a million certificates; octets. */
export const answerLimitBytes = 64 * 1024 * 1024;

/** What the signer says first. */
export const greetingSchema = v.strictObject({
  version: v.literal(1),
  /** SHA-256 of the issuing certificate, in lower-case hex. */
  issuing: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/**
 * What a signer is asked: to sign what the ledger has reserved under a serial number or the number of a list, or the
 * end of the audit log.
 */
export const requestSchema = v.union([
  v.strictObject({ id, certificate: v.pipe(v.string(), v.regex(/^[0-9A-F]{1,40}$/)) }),
  v.strictObject({ id, crl: id }),
  v.strictObject({ id, auditHead: v.literal(true) }),
]);
/** A question, as {@link requestSchema} passes it. */
export type SignerRequest = v.InferOutput<typeof requestSchema>;

const codes = Object.keys(errorExitCodes) as ErrorCode[];

const base64 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]+={0,2}$/));

/** What it answers, or why it does not. */
export const answerSchema = v.union([
  v.strictObject({ id, der: base64 }),
  v.strictObject({
    id,
    sequence: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    signature: base64,
  }),
  v.strictObject({ id, code: v.picklist(codes), message: v.string(), hint: v.optional(v.string()) }),
]);
/** An answer, as {@link answerSchema} passes it. */
export type SignerAnswer = v.InferOutput<typeof answerSchema>;

/** One frame. */
export function encodeFrame(value: object): Buffer {
  const body = Buffer.from(JSON.stringify(value), 'utf8');
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, 4);
  return frame;
}

/** Sends one frame, together with those that are sent right after it: one call of the system costs as much as a signature. */
export function sendFrame(socket: Socket, value: object): void {
  socket.cork();
  socket.write(encodeFrame(value));
  process.nextTick(() => socket.uncork());
}

/** Takes frames out of a stream of octets and checks what they say. */
export class FrameReader<Message> {
  readonly #limitBytes: number;
  readonly #parse: (value: unknown) => Message;
  #waiting: Buffer[] = [];
  #sizeBytes = 0;

  constructor(limitBytes: number, parse: (value: unknown) => Message) {
    this.#limitBytes = limitBytes;
    this.#parse = parse;
  }

  /**
   * Adds what arrived and gives the messages that are whole now.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` for a frame that is longer than the limit or says something else
   */
  read(chunk: Buffer): Message[] {
    this.#waiting.push(chunk);
    this.#sizeBytes += chunk.length;
    const messages: Message[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) messages.push(this.#check(frame));
    return messages;
  }

  #next(): Buffer | undefined {
    if (this.#sizeBytes < 4) return undefined;
    // The length alone is looked at first: a long frame is not put together again with each of its pieces.
    const lengthBytes = this.#peekLength();
    if (lengthBytes > this.#limitBytes) throw notUnderstood(`a message of ${lengthBytes} octets`);
    if (this.#sizeBytes < 4 + lengthBytes) return undefined;
    const [only, ...more] = this.#waiting;
    const all = only !== undefined && more.length === 0 ? only : Buffer.concat(this.#waiting);
    this.#waiting = [all.subarray(4 + lengthBytes)];
    this.#sizeBytes = all.length - 4 - lengthBytes;
    return all.subarray(4, 4 + lengthBytes);
  }

  #peekLength(): number {
    const [first = Buffer.alloc(0)] = this.#waiting;
    if (first.length >= 4) return first.readUInt32BE();
    const all = Buffer.concat(this.#waiting);
    this.#waiting = [all];
    return all.readUInt32BE();
  }

  #check(frame: Buffer): Message {
    try {
      return this.#parse(JSON.parse(frame.toString('utf8')));
    } catch (cause) {
      throw notUnderstood('something that is no message of its protocol', cause);
    }
  }
}

function notUnderstood(what: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PROTOCOL', `the other side of the signer's socket sent ${what}`, { cause });
}
