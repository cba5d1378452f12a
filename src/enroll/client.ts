/**
 * The guest's side of an enrolment: proves the invite's secret, asks for an identity, judges the
 * answer, acknowledges, keeps.
 *
 * Order matters, because an invite serves once. Only after the server's receipt is the identity
 * saved, and only after it is saved does the connection close in order, which spends the invite.
 * Whatever fails before leaves nothing here and a usable invite there.
 */
import type { KeyObject } from 'node:crypto';
import { type ErrorCode, isQTChatError, QTChatError } from '../errors.js';
import { createCsr } from '../pki/csr.js';
import { generateKey } from '../pki/key-type.js';
import type { Contact } from '../store/contacts.js';
import type { Identity } from '../store/identities.js';
import { EnrollmentConnection } from './connection.js';
import { trips } from './http.js';
import { type InviteLine, inviteKey } from './invite.js';
import { NoiseHandshake, type NoiseTransport } from './noise.js';
import { openAnswer } from './open-answer.js';
import { formatHello, formatRequest, parseAnswer, pfxPasswordFrom, prologueOf } from './wire.js';

/** What an enrolment brings. */
export interface Enrolled {
  readonly identity: Identity;
  /** The host as first contact; absent when the host has no identity of its own. */
  readonly host?: Contact;
}

/** How to enrol. */
export interface EnrollOptions {
  /** Make the key here and send a CSR, instead of receiving a key in a `.pfx`. */
  readonly localKey: boolean;
  /** Throws when the identity could not be kept, while refusing still costs nothing. */
  readonly check?: (identity: Identity) => Promise<void>;
  /** Keeps what was enrolled. When it throws, the invite stays usable. */
  readonly save: (enrolled: Enrolled) => Promise<void>;
  readonly deps: { readonly clock: () => Date; readonly random: (size: number) => Buffer };
  readonly signal?: AbortSignal;
}

/**
 * Joins the circle of an invite. Tries its addresses in turn until one proves to be the inviting host.
 *
 * @throws {QTChatError} `ERR_ENROLL_UNREACHABLE`, `ERR_ENROLL_REFUSED`, `ERR_ENROLL_TAMPERED`,
 *   `ERR_ENROLL_BUSY`, `ERR_PKI_PATH_INVALID`, `ERR_CANCELLED`, and whatever `save` throws
 */
export async function enroll(invite: InviteLine, options: EnrollOptions): Promise<Enrolled> {
  const channel = await openChannel(invite, options);
  try {
    const enrolled = await request(channel, invite, options);
    await options.check?.(enrolled.identity);
    try {
      await acknowledge(channel);
      await options.save(enrolled);
    } catch (error) {
      await channel.connection.abandon();
      throw error;
    }
    await channel.connection.finish();
    return enrolled;
  } catch (error) {
    channel.connection.close();
    throw asEnrollmentError(error, options.signal);
  }
}

interface Channel {
  /** By which the Auto CA was reached. */
  readonly address: string;
  readonly connection: EnrollmentConnection;
  readonly transport: NoiseTransport;
}

async function openChannel(invite: InviteLine, options: EnrollOptions): Promise<Channel> {
  const failures: QTChatError[] = [];
  for (const address of invite.addresses) {
    try {
      return await openChannelTo(address, invite, options);
    } catch (error) {
      const failure = asEnrollmentError(error, options.signal);
      if (failure.code === 'ERR_CANCELLED') throw failure;
      failures.push(failure);
    }
  }
  throw mostTelling(failures);
}

async function openChannelTo(address: string, invite: InviteLine, { deps, signal }: EnrollOptions): Promise<Channel> {
  const connection = await EnrollmentConnection.open(address, invite.port, signal);
  try {
    const handshake = new NoiseHandshake({
      role: 'initiator',
      prologue: prologueOf(invite),
      psk: inviteKey(invite),
      ephemeral: deps.random(32),
    });
    const hello = formatHello(invite.id, handshake.writeMessage());
    handshake.readMessage(await connection.exchange(trips.hello, hello));
    return { address, connection, transport: handshake.split() };
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function request(
  { address, connection, transport }: Channel,
  invite: InviteLine,
  { localKey, deps }: EnrollOptions,
): Promise<Enrolled> {
  const key: KeyObject | undefined = localKey ? await generateKey('p256') : undefined;
  // The common name is a formality: the member's name comes from the invite.
  const question = key === undefined ? {} : { csr: await createCsr(key, 'qtchat') };
  const sealed = transport.send.encrypt(formatRequest(question));
  const answer = parseAnswer(transport.receive.decrypt(await connection.exchange(trips.request, sealed)));
  const opened = await openAnswer(answer, {
    rootSpkiSha256: invite.rootSpkiSha256,
    localKey: key,
    pfxPassword: pfxPasswordFrom(transport.exportedKey),
    at: deps.clock(),
  });
  const { membersPort } = answer;
  // The address that has just served comes first.
  const addresses = [...new Set([address, ...invite.addresses])];
  const identity = membersPort === undefined ? opened : { ...opened, autoCa: { addresses, port: membersPort } };
  return answer.host === undefined ? { identity } : { identity, host: { ...answer.host, circleId: identity.circleId } };
}

async function acknowledge({ connection, transport }: Channel): Promise<void> {
  connection.ignoreCancelling();
  const acknowledgement = transport.send.encrypt(Buffer.alloc(0));
  transport.receive.decrypt(await connection.exchange(trips.acknowledge, acknowledgement));
}

// Of several addresses, the one that came furthest says most.
const telling: readonly ErrorCode[] = ['ERR_ENROLL_REFUSED', 'ERR_ENROLL_TAMPERED', 'ERR_ENROLL_BUSY'];

function mostTelling(failures: readonly QTChatError[]): QTChatError {
  for (const code of telling) {
    const failure = failures.find((candidate) => candidate.code === code);
    if (failure !== undefined) return failure;
  }
  return failures[0] ?? new QTChatError('ERR_ENROLL_INVITE_INVALID', 'the invite names no address');
}

function asEnrollmentError(error: unknown, signal: AbortSignal | undefined): QTChatError {
  if (signal?.aborted === true) {
    return new QTChatError('ERR_CANCELLED', 'cancelled; the invite is still good', { cause: error });
  }
  if (!isQTChatError(error)) throw error;
  if (error.code !== 'ERR_NOISE_AUTHENTICATION') return error;
  return new QTChatError(
    'ERR_ENROLL_TAMPERED',
    'the answer does not come from the host of this invite, or was altered on the way',
    {
      hint: 'Nothing was kept and the invite is still good; try again, over another network if it repeats',
      cause: error,
    },
  );
}
