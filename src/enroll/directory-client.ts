/** What a member asks and says in the Auto CA's directory of where members listen. */
import { isQTChatError } from '../errors.js';
import type { PeerAddress } from '../store/contacts.js';
import type { AutoCaPlace, Identity } from '../store/identities.js';
import { askAutoCa } from './members-client.js';
import { formatListingRequest, memberAnswerLimitBytes, memberPaths, parseListing } from './members-wire.js';

/**
 * Where a member says that it listens; nothing where the directory does not know, or there is none.
 *
 * @throws {QTChatError} what {@link askAutoCa} throws
 */
export async function askDirectory(
  place: AutoCaPlace,
  member: string,
  identity: Identity,
  signal?: AbortSignal,
): Promise<readonly PeerAddress[]> {
  const path = `${memberPaths.directory}/${encodeURIComponent(member)}`;
  const limitBytes = memberAnswerLimitBytes;
  try {
    const { body } = await askAutoCa(place, { method: 'GET', path, limitBytes }, identity, signal);
    return parseListing(body);
  } catch (error) {
    if (isQTChatError(error, 'ERR_PROTOCOL')) return [];
    throw error;
  }
}

/**
 * Says where we listen, in place of what was said of that port before; without hosts, that we do no more.
 *
 * @returns whether somebody can find us by it now; false where there is no directory
 * @throws {QTChatError} what {@link askAutoCa} throws
 */
export async function tellDirectory(
  place: AutoCaPlace,
  { port, hosts }: { readonly port: number; readonly hosts: readonly string[] },
  identity: Identity,
  signal?: AbortSignal,
): Promise<boolean> {
  const body = formatListingRequest({ port, hosts: [...hosts] });
  const question = { method: 'POST', path: memberPaths.directory, body, limitBytes: memberAnswerLimitBytes } as const;
  try {
    const reply = await askAutoCa(place, question, identity, signal);
    return parseListing(reply.body).length > 0;
  } catch (error) {
    // An older Auto CA, or one whose host has switched it off.
    if (isQTChatError(error, 'ERR_PROTOCOL')) return false;
    throw error;
  }
}
