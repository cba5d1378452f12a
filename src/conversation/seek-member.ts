/**
 * Where a member may be who is not where it was last: first who announces it on the local network, then what the Auto
 * CA's directory says. Both may be wrong; whoever is found has to prove who it is.
 */
import { askDirectory } from '../enroll/directory-client.js';
import type { Lan } from '../enroll/lan.js';
import { withAutoCa } from '../enroll/own-auto-ca.js';
import { isQTChatError } from '../errors.js';
import type { PeerAddress } from '../store/contacts.js';
import type { Home } from '../store/home.js';
import type { Identity } from '../store/identities.js';
import { isTagOf } from './lan-tag.js';

/** What looking takes. */
export interface SeekOptions {
  readonly home: Home;
  readonly identity: Identity;
  /** The local network; absent where nobody is looked for there. */
  readonly lan?: Lan | undefined;
  /** The one address that we listen on, if it is one. */
  readonly host?: string | undefined;
  readonly signal: AbortSignal;
}

const lanTimeMs = 1_500;

/** Looks for a member; both ways at once, the nearer one first. */
export async function* seekMember(member: string, options: SeekOptions): AsyncGenerator<PeerAddress> {
  const leaving = new AbortController();
  const signal = AbortSignal.any([options.signal, leaving.signal]);
  const listed = inDirectory(member, { ...options, signal });
  try {
    yield* await onLan(member, { ...options, signal });
    yield* await listed;
  } finally {
    leaving.abort();
    await listed;
  }
}

async function onLan(member: string, { identity, lan, host, signal }: SeekOptions): Promise<PeerAddress[]> {
  if (lan === undefined) return [];
  const root = identity.trustAnchor;
  const found = await lan.find({
    ...{ type: 'qtchat', timeMs: lanTimeMs, host, signal },
    isMeant: ({ name, said }) => isTagOf(said.id, root, name, member),
  });
  return found.map(({ address, port }) => ({ host: address, port }));
}

/** An Auto CA that is away, or refuses us, knows nobody. */
async function inDirectory(member: string, { home, identity, signal }: SeekOptions): Promise<readonly PeerAddress[]> {
  try {
    const { autoCa } = await withAutoCa(home, identity);
    return autoCa === undefined ? [] : await askDirectory(autoCa, member, identity, signal);
  } catch (error) {
    if (isQTChatError(error)) return [];
    throw error;
  }
}
