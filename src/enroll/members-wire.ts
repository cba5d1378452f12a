/**
 * What travels on the Auto CA's port for members, inside mutual TLS, shared by both sides. Bodies are
 * JSON; who asks is known from the certificate, so no message says it.
 */

import { isIP } from 'node:net';
import * as v from 'valibot';
import { QTChatError } from '../errors.js';
import { revocationReasons } from '../pki/revocation-reason.js';

/** The Auto CA's TCP port for members unless another is chosen. */
export const defaultMembersPort = 17_593;

/** Every address there, with the method that it takes. */
export const memberPaths = {
  /** DER; for anybody. */
  crl: '/crl',
  /** RFC 6960, GET and POST; for anybody. */
  ocsp: '/ocsp',
  /** Says as whom one is known. */
  member: '/member',
  /** Another certificate for the same key. */
  renew: '/renew',
  /** Another certificate for a new key. */
  rekey: '/rekey',
  /** Ends the certificate that one shows. */
  revoke: '/revoke',
  /** Says where one listens; with a name behind it, asks where another member does. */
  directory: '/directory',
} as const;

/** The longest body of a request to the Auto CA, in octets. */
export const memberRequestLimitBytes = 32 * 1024;
/** The longest body of its answers, but for revocation lists. */
export const memberAnswerLimitBytes = 96 * 1024;
/** The longest revocation list that a member takes: some 80,000 entries. */
export const crlLimitBytes = 3 * 1024 * 1024;

/** One machine listens at so many addresses, as an invite holds. */
export const listedHostsLimit = 8;
/** So many addresses of one member are told. */
const listedLimit = 32;

const octetsUpTo = (limitBytes: number) =>
  v.pipe(
    v.string(),
    v.maxLength(Math.ceil(limitBytes / 3) * 4),
    v.base64(),
    v.transform((text): Buffer => Buffer.from(text, 'base64')),
  );

const rekeySchema = v.strictObject({
  /** PKCS #10, DER. */
  csr: octetsUpTo(16_384),
  /** The old key's signature for the new one: see `signSuccession`. */
  statement: octetsUpTo(1024),
});

const revokeSchema = v.strictObject({ reason: v.picklist(revocationReasons) });

const memberSchema = v.strictObject({ member: v.string(), serialNumber: v.string() });

const portSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const hostSchema = v.pipe(
  v.string(),
  v.maxLength(45),
  v.check((host) => isIP(host) > 0 && !host.includes('%')),
);

const listingRequestSchema = v.strictObject({
  port: portSchema,
  /** In order of trial; none to be listed no more. */
  hosts: v.pipe(v.array(hostSchema), v.maxLength(listedHostsLimit)),
});

const listingSchema = v.strictObject({
  addresses: v.pipe(v.array(v.strictObject({ host: hostSchema, port: portSchema })), v.maxLength(listedLimit)),
});

const renewalSchema = v.union([
  v.strictObject({
    /** DER, the new certificate first, the root last. */
    chain: v.pipe(v.array(octetsUpTo(16_384)), v.minLength(2), v.maxLength(4)),
  }),
  v.strictObject({
    /** It waits for the host: another key was certified before, or the certificate has expired. */
    held: v.picklist(['second', 'expired']),
  }),
]);

/** What a member sends for a new key. */
export type RekeyRequest = v.InferOutput<typeof rekeySchema>;
/** As whom the Auto CA knows who asks. */
export type MemberAnswer = v.InferOutput<typeof memberSchema>;
/** Where somebody listens, as the directory says it. */
export type Listing = v.InferOutput<typeof listingSchema>['addresses'];
/** The next certificate, or why there is none yet. */
export type RenewalAnswer = v.InferOutput<typeof renewalSchema>;

/** @throws {QTChatError} `ERR_PROTOCOL` for whatever is no such request */
export function parseRekeyRequest(body: Buffer): RekeyRequest {
  return parseWith(rekeySchema, body);
}

/** @throws {QTChatError} `ERR_PROTOCOL` for whatever is no such request */
export function parseRevokeRequest(body: Buffer): v.InferOutput<typeof revokeSchema> {
  return parseWith(revokeSchema, body);
}

/** @throws {QTChatError} `ERR_PROTOCOL` for whatever is no such request */
export function parseListingRequest(body: Buffer): v.InferOutput<typeof listingRequestSchema> {
  return parseWith(listingRequestSchema, body);
}

/** The body of such a request. */
export function formatListingRequest(request: v.InferOutput<typeof listingRequestSchema>): Buffer {
  return Buffer.from(JSON.stringify(request));
}

/** @throws {QTChatError} `ERR_PROTOCOL` for whatever is no such answer */
export function parseListing(body: Buffer): Listing {
  return parseWith(listingSchema, body).addresses;
}

/** The answer to either question of the directory. */
export function formatListing(addresses: Listing): Buffer {
  return Buffer.from(JSON.stringify({ addresses }));
}

/** @throws {QTChatError} `ERR_PROTOCOL` for whatever is no such answer */
export function parseMemberAnswer(body: Buffer): MemberAnswer {
  return parseWith(memberSchema, body);
}

/** @throws {QTChatError} `ERR_PROTOCOL` for whatever is no such answer */
export function parseRenewalAnswer(body: Buffer): RenewalAnswer {
  return parseWith(renewalSchema, body);
}

/** JSON in which octets stand as base64. */
export function formatBody(fields: Readonly<Record<string, string | Buffer | readonly Buffer[]>>): Buffer {
  const base64 = (octets: Buffer): string => octets.toString('base64');
  const entries = Object.entries(fields).map(([name, field]) => {
    if (typeof field === 'string') return [name, field];
    return [name, Buffer.isBuffer(field) ? base64(field) : field.map(base64)];
  });
  return Buffer.from(JSON.stringify(Object.fromEntries(entries)));
}

function parseWith<Schema extends v.GenericSchema>(schema: Schema, body: Buffer): v.InferOutput<Schema> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return v.parse(schema, value);
  } catch (cause) {
    throw new QTChatError('ERR_PROTOCOL', 'the other side sent a message of an unknown form', {
      hint: 'Use the same version of qtchat on both sides',
      cause,
    });
  }
}
