/**
 * The guest's side of an enrolment: opens a channel on the way in that it has, asks for an identity,
 * judges the answer, acknowledges, keeps.
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
import type { NoiseTransport } from './noise.js';
import { openAnswer } from './open-answer.js';
import type { WayIn } from './way-in.js';
import { type EnrollmentAnswer, formatRequest, parseAnswer, pfxPasswordFrom } from './wire.js';

/** What an enrolment brings. */
export interface Enrolled {
  readonly identity: Identity;
  /** The host as first contact; absent when the host has no identity of its own. */
  readonly host?: Contact;
}

/** How to enrol. */
export interface EnrollOptions {
  /**
   * Make the key here and send a CSR, instead of receiving a key in a `.pfx`. Without it that still
   * happens where the Auto CA makes no keys.
   */
  readonly localKey: boolean;
  /** Throws when the identity could not be kept, while refusing still costs nothing. */
  readonly check?: (identity: Identity) => Promise<void>;
  /** Keeps what was enrolled. When it throws, the invite stays usable. */
  readonly save: (enrolled: Enrolled) => Promise<void>;
  readonly deps: { readonly clock: () => Date; readonly random: (size: number) => Buffer };
  readonly signal?: AbortSignal;
}

/**
 * Joins the circle that a way leads into. Tries its addresses in turn until one proves to be the right host.
 *
 * @throws {QTChatError} `ERR_ENROLL_UNREACHABLE`, `ERR_ENROLL_REFUSED`, `ERR_ENROLL_TAMPERED`,
 *   `ERR_ENROLL_BUSY`, `ERR_PKI_PATH_INVALID`, `ERR_CANCELLED`, and whatever the way and `save` throw
 */
export async function enroll(way: WayIn, options: EnrollOptions): Promise<Enrolled> {
  const channel = await openChannel(way, options);
  try {
    const enrolled = await request(channel, way, options);
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
    throw asEnrollmentError(error, way, options.signal);
  }
}

interface Channel {
  /** By which the Auto CA was reached. */
  readonly address: string;
  readonly connection: EnrollmentConnection;
  readonly transport: NoiseTransport;
}

async function openChannel(way: WayIn, options: EnrollOptions): Promise<Channel> {
  const failures: QTChatError[] = [];
  for (const address of way.addresses) {
    try {
      return await openChannelTo(address, way, options);
    } catch (error) {
      const failure = asEnrollmentError(error, way, options.signal);
      if (failure.code === 'ERR_CANCELLED') throw failure;
      failures.push(failure);
    }
  }
  throw mostTelling(failures);
}

async function openChannelTo(address: string, way: WayIn, { deps, signal }: EnrollOptions): Promise<Channel> {
  const connection = await EnrollmentConnection.open(address, way.port, way.terms, signal);
  try {
    return { address, connection, transport: await way.openChannel(connection, deps) };
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function request(channel: Channel, way: WayIn, { localKey, deps }: EnrollOptions): Promise<Enrolled> {
  let key: KeyObject | undefined = localKey ? await generateKey('p256') : undefined;
  let answer = await ask(channel, way, key);
  if (answer.localKey === 'required' && key === undefined) {
    key = await generateKey('p256');
    answer = await ask(channel, way, key);
  }
  const opened = await openAnswer(answer, {
    rootSpkiSha256: way.rootSpkiSha256,
    localKey: key,
    pfxPassword: pfxPasswordFrom(channel.transport.exportedKey),
    at: deps.clock(),
  });
  const { membersPort } = answer;
  // The address that has just served comes first.
  const addresses = [...new Set([channel.address, ...way.addresses])];
  const identity = membersPort === undefined ? opened : { ...opened, autoCa: { addresses, port: membersPort } };
  return answer.host === undefined ? { identity } : { identity, host: { ...answer.host, circleId: identity.circleId } };
}

async function ask(
  { connection, transport }: Channel,
  { answerTimeoutMs }: WayIn,
  key: KeyObject | undefined,
): Promise<EnrollmentAnswer> {
  // The common name is a formality: the member's name comes from the host.
  const question = key === undefined ? {} : { csr: await createCsr(key, 'qtchat') };
  const sealed = transport.send.encrypt(formatRequest(question));
  return parseAnswer(transport.receive.decrypt(await connection.exchange(trips.request, sealed, answerTimeoutMs)));
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

function asEnrollmentError(error: unknown, { terms }: WayIn, signal: AbortSignal | undefined): QTChatError {
  if (signal?.aborted === true) {
    return new QTChatError('ERR_CANCELLED', `cancelled; ${terms.left}`, { cause: error });
  }
  if (!isQTChatError(error)) throw error;
  if (error.code !== 'ERR_NOISE_AUTHENTICATION') return error;
  return new QTChatError('ERR_ENROLL_TAMPERED', terms.impostor, {
    hint: `Nothing was kept, and ${terms.left}; try again, over another network if it repeats`,
    cause: error,
  });
}
