/**
 * What travels during an enrolment once guest and Auto CA have a channel (see hello.ts for how they come
 * to it). All trips of an enrolment are POSTs on one TCP connection:
 *
 *     request       transport message: {} or {"csr": …}     ->  transport message: the answer
 *     acknowledge   transport message: empty                ->  transport message: empty
 *
 * An answer may be that a key made by the guest is required; then one more request may follow.
 *
 * Before encryption the JSON is padded with spaces, which JSON ignores, to one of a few sizes: so an
 * observer learns nothing from lengths, and every HTTP head is one of a few constants.
 */
import * as v from 'valibot';
import { QTChatError } from '../errors.js';
import { memberNamePattern } from '../pki/member-name.js';
import { addressLimit } from './invite.js';
import { tagSizeBytes } from './noise-cipher.js';

/** Octets of an encrypted request. */
export const requestSizesBytes = [1024, 4096].map((size) => size + tagSizeBytes);
/** Octets of an encrypted answer. */
export const answerSizesBytes = [4096, 16_384, 61_440].map((size) => size + tagSizeBytes);
/** Octets of the acknowledgement and of its receipt. */
export const acknowledgementSizeBytes = tagSizeBytes;

/** The password of a `.pfx` in an answer: 256 bits that both sides derived and nobody sent, as hex. */
export function pfxPasswordFrom(exportedKey: Buffer): string {
  return exportedKey.toString('hex');
}

const derLimitBytes = 16_384;
const octets = v.pipe(
  v.string(),
  v.maxLength(Math.ceil(derLimitBytes / 3) * 4),
  v.base64(),
  v.transform((text): Buffer => Buffer.from(text, 'base64')),
);
const memberName = v.pipe(v.string(), v.regex(new RegExp(`^${memberNamePattern}$`)));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

const requestSchema = v.strictObject({
  /** PKCS #10, DER. Absent: the Auto CA makes the key. */
  csr: v.optional(octets),
});

const answerSchema = v.strictObject({
  /** PKCS #12 with key and chain, locked by the exported key of the handshake; absent when a CSR was sent. */
  pfx: v.optional(octets),
  /** The chain as DER, end-entity certificate first, root last; absent beside a `.pfx`. */
  chain: v.optional(v.pipe(v.array(octets), v.minLength(2), v.maxLength(4))),
  /** The port where the Auto CA serves members, at the same addresses; absent when it does not. */
  membersPort: v.optional(port),
  /** Alone: there is no answer without a CSR. */
  localKey: v.optional(v.literal('required')),
  /** The host, as the guest's first contact. */
  host: v.optional(
    v.strictObject({
      member: memberName,
      addresses: v.pipe(
        v.array(v.strictObject({ host: v.pipe(v.string(), v.minLength(1), v.maxLength(253)), port })),
        v.maxLength(addressLimit),
      ),
    }),
  ),
});

/** What a guest asks for: names are not in it, for they come from the invite. */
export type EnrollmentRequest = v.InferOutput<typeof requestSchema>;
/** What the Auto CA answers. */
export type EnrollmentAnswer = v.InferOutput<typeof answerSchema>;

/** The request as the plaintext of a transport message. */
export function formatRequest({ csr }: EnrollmentRequest): Buffer {
  return padded({ csr: csr?.toString('base64') }, requestSizesBytes);
}

/** @throws {QTChatError} `ERR_PROTOCOL` for whatever is not a request */
export function parseRequest(plaintext: Buffer): EnrollmentRequest {
  return parseWith(requestSchema, plaintext);
}

/** The answer as the plaintext of a transport message. */
export function formatAnswer({ pfx, chain, localKey, membersPort, host }: EnrollmentAnswer): Buffer {
  const base64 = { pfx: pfx?.toString('base64'), chain: chain?.map((der) => der.toString('base64')) };
  return padded({ ...base64, localKey, membersPort, host }, answerSizesBytes);
}

/** @throws {QTChatError} `ERR_PROTOCOL` for whatever is not an answer */
export function parseAnswer(plaintext: Buffer): EnrollmentAnswer {
  return parseWith(answerSchema, plaintext);
}

function padded(value: object, encryptedSizesBytes: readonly number[]): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  const size = encryptedSizesBytes.map((encrypted) => encrypted - tagSizeBytes).find((limit) => json.length <= limit);
  if (size === undefined) throw new QTChatError('ERR_PROTOCOL', 'the enrolment message is too long to be sent');
  return Buffer.concat([json, Buffer.alloc(size - json.length, ' ')]);
}

function parseWith<Schema extends v.GenericSchema>(schema: Schema, plaintext: Buffer): v.InferOutput<Schema> {
  try {
    const value: unknown = JSON.parse(plaintext.toString('utf8'));
    // An empty list has every field that an object of optional fields must have.
    if (Array.isArray(value)) throw new TypeError('a list');
    return v.parse(schema, value);
  } catch (cause) {
    throw new QTChatError('ERR_PROTOCOL', 'the other side sent an enrolment message of an unknown form', {
      hint: 'Use the same version of qtchat on both sides',
      cause,
    });
  }
}
