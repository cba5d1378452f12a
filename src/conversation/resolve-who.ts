/** Turns WHO, as typed, into whom to dial: a contact, ourselves, or an address. Looks nothing up in DNS. */
import { isIP, isIPv6 } from 'node:net';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import { isMemberName, parseMemberName } from '../pki/member-name.js';
import type { ContactBook, PeerAddress } from '../store/contacts.js';
import type { Identity } from '../store/identities.js';

/** The ports where a chat listens: the first, and the second where the first is taken. */
export const chatPorts = [17_590, 17_591] as const;

/** Whom to dial. */
export interface Target {
  /** As typed. */
  readonly who: string;
  /** The member it must be; absent where an address was typed. */
  readonly member?: string;
  /** The host typed, that a certificate may vouch for. */
  readonly host?: string;
  /** The member to look for elsewhere where no address leads to it; absent where an address was typed. */
  readonly seek?: string;
  /** In order of trial; empty when there is nobody to dial, or none is known. */
  readonly addresses: readonly PeerAddress[];
}

/**
 * Resolves `who` as our own name, then as contact (what the user calls it comes before what the circle does), then as
 * address, which may also be the name of a member that we have not met.
 *
 * @throws {QTChatError} `ERR_USAGE` when it can be none of them
 */
export async function resolveWho(who: string, self: Identity, contacts: ContactBook): Promise<Target> {
  if (who === self.member) return { who, addresses: [] };
  const contact = await contacts.named(self.circleId, who);
  if (contact !== undefined) {
    const { member, addresses } = contact;
    return { who, member, seek: member, addresses: withDefaultPorts(addresses) };
  }
  const { host, port } = parseAddress(who);
  if (port !== undefined) return { who, host, addresses: [{ host, port }] };
  const addresses = chatPorts.map((one) => ({ host, port: one }));
  return { who, host, addresses, ...(isIP(host) === 0 && isMemberName(who) && { seek: who }) };
}

/**
 * The members that are meant where only names will do: contacts, or members that one has not met yet.
 *
 * @throws {QTChatError} `ERR_PKI_NAME_INVALID`
 */
export async function resolveMembers(
  names: readonly string[],
  self: Identity,
  contacts: ContactBook,
): Promise<ReadonlySet<string>> {
  const members = new Set<string>();
  for (const name of names) {
    const contact = await contacts.named(self.circleId, name);
    members.add(contact?.member ?? parseMemberName(name));
  }
  return members;
}

/**
 * Adds to a failure what the network cannot know: that the name typed, which no host has, is no contact's either.
 *
 * @returns `failure` itself where that explains nothing
 */
export function explainUnknownName(failure: QTChatError, { member }: Target): QTChatError {
  const code = systemErrorCode(failure.cause) ?? '';
  if (member !== undefined || (code !== 'ENOTFOUND' && code !== 'EAI_AGAIN')) return failure;
  return new QTChatError(failure.code, `no contact is called so, and ${failure.message}`, {
    hint: 'See qtchat contacts list for those you have met, or give an address',
    cause: failure,
  });
}

// A contact may have fallen back to the second port, or returned to the first, since we met.
function withDefaultPorts(known: readonly PeerAddress[]): PeerAddress[] {
  const all = [...known, ...known.flatMap(({ host }) => chatPorts.map((port) => ({ host, port })))];
  const keys = all.map(({ host, port }) => `${host} ${port}`);
  return all.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}

/**
 * Reads `HOST`, `HOST:PORT`, an IPv6 address, or `[IPv6]:PORT`.
 *
 * @throws {QTChatError} `ERR_USAGE`
 */
export function parseAddress(text: string): { host: string; port?: number } {
  if (isIPv6(text)) return { host: text };
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text);
  const host = parts?.[1] ?? parts?.[2] ?? '';
  const port = parts?.[3] === undefined ? undefined : Number(parts[3]);
  const isHost = parts?.[1] === undefined ? isIP(host) > 0 || isHostName(host) : isIPv6(host);
  if (!isHost || (port !== undefined && port > 65_535)) {
    throw new QTChatError('ERR_USAGE', `${quote(text)} is neither a contact nor an address`, {
      hint: 'Give a name, an address such as 192.168.1.100, or an address with a port such as [fd00::1]:17590',
    });
  }
  return port === undefined ? { host } : { host, port };
}

function isHostName(host: string): boolean {
  if (host.length > 253 || /^[0-9.]+$/.test(host)) return false;
  return /^(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i.test(host);
}
