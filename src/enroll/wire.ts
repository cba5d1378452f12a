/**
 * What travels during an enrolment, shared by guest and Auto CA. One enrolment is three POSTs on one
 * TCP connection:
 *
 *     hello         version 1 | mode 1 | invite id 8 | Noise message 1      ->  Noise message 2
 *     request       transport message: {} or {"csr": …}                     ->  transport message: the answer
 *     acknowledge   transport message: empty                                ->  transport message: empty
 *
 * Before encryption the JSON is padded with spaces, which JSON ignores, to one of a few sizes: so an
 * observer learns nothing from lengths, and every HTTP head is one of a few constants.
 */
import * as v from 'valibot';
import { QTChatError } from '../errors.js';
import { memberNamePattern } from '../pki/member-name.js';
import { addressLimit, inviteIdSizeBytes } from './invite.js';
import { handshakeMessageSizeBytes } from './noise.js';
import { tagSizeBytes } from './noise-cipher.js';

/** Version of this protocol. */
export const protocolVersion = 1;
/** The mode in which an invite names the psk. */
export const inviteMode = 1;
// The one who writes the first Noise message. Other modes may turn this round.
const guestInitiates = 1;

/** Octets of the hello. */
export const helloSizeBytes = 2 + inviteIdSizeBytes + handshakeMessageSizeBytes;
/** Octets of an encrypted request. */
export const requestSizesBytes = [1024, 4096].map((size) => size + tagSizeBytes);
/** Octets of an encrypted answer. */
export const answerSizesBytes = [4096, 16_384, 61_440].map((size) => size + tagSizeBytes);
/** Octets of the acknowledgement and of its receipt. */
export const acknowledgementSizeBytes = tagSizeBytes;

/** What both sides must agree on before the handshake can succeed: version, mode, id, role, root. */
export function prologueOf(invite: { readonly id: string; readonly rootSpkiSha256: Buffer }): Buffer {
  return Buffer.concat([
    Buffer.from('qtchat enroll', 'latin1'),
    Buffer.from([protocolVersion, inviteMode]),
    Buffer.from(invite.id, 'hex'),
    Buffer.from([guestInitiates]),
    invite.rootSpkiSha256,
  ]);
}

/** Puts the hello together. */
export function formatHello(inviteId: string, noiseMessage: Buffer): Buffer {
  return Buffer.concat([Buffer.from([protocolVersion, inviteMode]), Buffer.from(inviteId, 'hex'), noiseMessage]);
}

/** Takes a hello apart; undefined when it is of another version, mode or size. */
export function parseHello(octets: Buffer): { inviteId: string; noiseMessage: Buffer } | undefined {
  if (octets.length !== helloSizeBytes || octets[0] !== protocolVersion || octets[1] !== inviteMode) return undefined;
  const idEnd = 2 + inviteIdSizeBytes;
  return { inviteId: octets.subarray(2, idEnd).toString('hex'), noiseMessage: octets.subarray(idEnd) };
}

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
export function formatAnswer({ pfx, chain, membersPort, host }: EnrollmentAnswer): Buffer {
  const base64 = { pfx: pfx?.toString('base64'), chain: chain?.map((der) => der.toString('base64')) };
  return padded({ ...base64, membersPort, host }, answerSizesBytes);
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
