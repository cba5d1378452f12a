/**
 * The invite line: everything a guest needs to join, in one line that survives chat programs,
 * shells and QR codes.
 *
 *     qtchat1-  base64url( id 8 | secret 16 | root SPKI SHA-256 32 | port 2 | addresses | checksum 4 )
 *
 * An address is a type octet (4, 6, or 1 for a name), for a name its length in one octet, then its
 * octets. The checksum, the first octets of SHA-256 over prefix and content, finds slips of the
 * hand, not attacks: whoever holds the line holds the secret.
 */
import { createHash, hkdfSync } from 'node:crypto';
import { QTChatError, quote } from '../errors.js';
import { ipOctets, ipText } from '../pki/ip-address.js';

/** What an invite line says. */
export interface InviteLine {
  /** 16 lower-case hex digits: which invite it is. Public. */
  readonly id: string;
  /** 16 octets: proves that the guest was given this line, and to the guest that the host gave it. */
  readonly secret: Buffer;
  /** SHA-256 of the root's SubjectPublicKeyInfo (32 octets): the only root the guest accepts. */
  readonly rootSpkiSha256: Buffer;
  /** TCP port of the Auto CA. */
  readonly port: number;
  /** IP addresses or host names in order of trial, 1 to {@link addressLimit}. */
  readonly addresses: readonly string[];
}

/** The most addresses of one invite. */
export const addressLimit = 8;

/** The octets of an invite's id; the text form has two hex digits for each. */
export const inviteIdSizeBytes = 8;

/** The octets of an invite's secret. */
export const inviteSecretSizeBytes = 16;

const prefix = 'qtchat1-';
const digestSizeBytes = 32;
const checksumSizeBytes = 4;
// Eight names of 253 octets and the rest, in base64.
const lineLimit = 4096;
const hostName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Writes the line: letters, digits, `-` and `_` only.
 *
 * @throws {QTChatError} `ERR_ENROLL_INVITE_INVALID` when a field cannot be written, such as an address that is none
 */
export function formatInvite(invite: InviteLine): string {
  const { id, secret, rootSpkiSha256, port, addresses } = invite;
  const parts = [Buffer.from(id, 'hex'), secret, rootSpkiSha256, uint16(port), ...addresses.map(addressOctets)];
  const content = Buffer.concat(parts);
  const line = `${prefix}${Buffer.concat([content, checksumOf(content)]).toString('base64url')}`;
  parseInvite(line);
  return line;
}

/**
 * Reads a line as typed or pasted; white space, which mail programs add, is ignored.
 *
 * @throws {QTChatError} `ERR_ENROLL_INVITE_INVALID`, without quoting the line, because it holds a secret
 */
export function parseInvite(text: string): InviteLine {
  const octets = decode(text);
  const content = octets.subarray(0, -checksumSizeBytes);
  const minimum = inviteIdSizeBytes + inviteSecretSizeBytes + digestSizeBytes + 2;
  if (content.length < minimum || !octets.subarray(-checksumSizeBytes).equals(checksumOf(content))) {
    throw mistyped();
  }
  const reader = new Reader(content);
  const invite = {
    id: reader.take(inviteIdSizeBytes).toString('hex'),
    secret: reader.take(inviteSecretSizeBytes),
    rootSpkiSha256: reader.take(digestSizeBytes),
    port: reader.take(2).readUInt16BE(),
    addresses: readAddresses(reader),
  };
  if (invite.port === 0) throw invalid('the invite names port 0');
  return invite;
}

/** The Noise psk of an invite: 32 octets, the only thing of the secret that the host keeps. */
export function inviteKey(invite: Pick<InviteLine, 'id' | 'secret'>): Buffer {
  return Buffer.from(hkdfSync('sha256', invite.secret, Buffer.from(invite.id, 'hex'), 'qtchat invite psk', 32));
}

function decode(text: string): Buffer {
  const line = text.length > lineLimit ? text.slice(0, lineLimit) : text.replace(/\s+/g, '');
  if (!line.startsWith(prefix)) {
    throw invalid(`this is no invite: it must begin with ${quote(prefix)}`);
  }
  const body = line.slice(prefix.length);
  if (!/^[A-Za-z0-9_-]*$/.test(body)) throw invalid('the invite was mistyped: it has characters no invite has');
  const octets = Buffer.from(body, 'base64url');
  // Node ignores spare bits and a single last character; only one spelling counts.
  if (octets.toString('base64url') !== body) throw mistyped();
  return octets;
}

function readAddresses(reader: Reader): string[] {
  const addresses: string[] = [];
  while (reader.remaining > 0) {
    const [type] = reader.take(1);
    if (type === 4) addresses.push(ipText(reader.take(4)) ?? '');
    else if (type === 6) addresses.push(ipText(reader.take(16)) ?? '');
    else if (type === 1) addresses.push(readHostName(reader));
    else throw invalid('the invite holds an address of a kind this version does not know');
  }
  if (addresses.length === 0 || addresses.length > addressLimit) {
    throw invalid(`the invite holds ${addresses.length} addresses: expected 1 to ${addressLimit}`);
  }
  return addresses;
}

function readHostName(reader: Reader): string {
  const name = reader.take(reader.take(1).readUInt8()).toString('latin1');
  if (!hostName.test(name)) throw invalid(`the invite holds ${quote(name)}, which is no host name`);
  return name;
}

function addressOctets(address: string): Buffer {
  const octets = ipOctets(address);
  if (octets !== undefined) return Buffer.concat([Buffer.from([octets.length === 4 ? 4 : 6]), octets]);
  if (!hostName.test(address)) throw invalid(`${quote(address)} is neither an IP address nor a host name`);
  return Buffer.concat([Buffer.from([1, address.length]), Buffer.from(address, 'latin1')]);
}

function uint16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value);
  return octets;
}

function checksumOf(content: Buffer): Buffer {
  return createHash('sha256').update(prefix).update(content).digest().subarray(0, checksumSizeBytes);
}

/** Takes octets from the front, never past the end. */
class Reader {
  #rest: Buffer;

  constructor(octets: Buffer) {
    this.#rest = octets;
  }

  get remaining(): number {
    return this.#rest.length;
  }

  take(size: number): Buffer {
    if (size > this.#rest.length) throw invalid('the invite ends in the middle of an address');
    const taken = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return taken;
  }
}

function mistyped(): QTChatError {
  return invalid('the invite was mistyped or cut: its checksum does not match');
}

function invalid(message: string): QTChatError {
  return new QTChatError('ERR_ENROLL_INVITE_INVALID', message, {
    hint: 'Copy the whole line again, from qtchat1- to its end',
  });
}
