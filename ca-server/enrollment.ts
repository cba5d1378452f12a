/**
 * The Auto CA's side of one enrolment, from hello to confirmation; knows no HTTP and no sockets.
 * Each step may be taken once and in order; after any failure all further steps are refused. A
 * member's private key that is made here is never stored and leaves only inside the locked `.pfx`.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { NoiseHandshake, type NoiseTransport } from '../src/enroll/noise.js';
import {
  type EnrollmentAnswer,
  type EnrollmentRequest,
  formatAnswer,
  parseHello,
  parseRequest,
  pfxPasswordFrom,
  prologueOf,
} from '../src/enroll/wire.js';
import { type ErrorCode, isQTChatError, QTChatError } from '../src/errors.js';
import {
  completeInvite,
  findInviteFault,
  findUsableInvite,
  type Invite,
  reserveInvite,
} from '../src/ledger/invites.js';
import { spkiDigest } from '../src/pki/circle.js';
import { readCsr } from '../src/pki/csr.js';
import { rootCertificate } from '../src/pki/issuer.js';
import { generateKey } from '../src/pki/key-type.js';
import { generatedPasswordIterations, writePfx } from '../src/pki/pfx.js';
import type { AutoCa } from './auto-ca.js';

/** What an enrolment led to. */
export interface Reserved {
  readonly invite: string;
  readonly member: string;
  readonly serialNumber: string;
}

type Step = 'hello' | 'request' | 'acknowledge' | 'confirm' | 'over';

/**
 * One guest's enrolment. Every method throws `ERR_ENROLL_REFUSED` with a reason for the host's log
 * when the guest does not get what it asks for; any other error is the host's own trouble.
 */
export class Enrollment {
  readonly #autoCa: AutoCa;
  readonly #confirming: Set<string>;
  #next: Step = 'hello';
  #inviteId: string | undefined;
  #invite: Invite | undefined;
  #transport: NoiseTransport | undefined;
  #reserved: Reserved | undefined;

  /** @param confirming - ids of the invites whose guest has the receipt and is about to leave; shared by all enrolments */
  constructor(autoCa: AutoCa, confirming: Set<string>) {
    this.#autoCa = autoCa;
    this.#confirming = confirming;
  }

  /** The certificate issued, once there is one. */
  get reserved(): Reserved | undefined {
    return this.#reserved;
  }

  /** Answers a hello with Noise message 2. */
  async hello(octets: Buffer): Promise<Buffer> {
    return this.#take('hello', 'request', async () => {
      const { ledger, signer, deps } = this.#autoCa;
      const hello = parseHello(octets);
      if (hello === undefined) throw refusal('the hello is of another version, or damaged');
      this.#inviteId = hello.inviteId;
      const invite = await findUsableInvite(ledger, hello.inviteId, deps.clock());
      const handshake = new NoiseHandshake({
        role: 'responder',
        prologue: prologueOf({ id: hello.inviteId, rootSpkiSha256: spkiDigest(rootCertificate(signer)) }),
        // Without an invite no guest can be right, and finding that out takes as long as with one.
        psk: invite?.psk ?? deps.random(32),
        ephemeral: deps.random(32),
      });
      try {
        handshake.readMessage(hello.noiseMessage);
      } catch (cause) {
        const fault = await findInviteFault(ledger, hello.inviteId, deps.clock());
        throw refusal(fault ?? 'the guest does not know the secret, or was altered on the way', cause);
      }
      if (invite === undefined) throw refusal('unknown');
      this.#invite = invite;
      const answer = handshake.writeMessage();
      this.#transport = handshake.split();
      return answer;
    });
  }

  /** Answers a request with certificate and key, or certificate alone, and reserves the invite. */
  async request(octets: Buffer): Promise<Buffer> {
    return this.#take('request', 'acknowledge', async () => {
      const { invite, transport } = this.#established();
      const request = parseRequest(transport.receive.decrypt(octets));
      const answer = await this.#issue(invite, request, transport);
      const host = await this.#autoCa.host();
      const membersPort = this.#autoCa.membersPort?.();
      const more = { ...(membersPort !== undefined && { membersPort }), ...(host !== undefined && { host }) };
      return transport.send.encrypt(formatAnswer({ ...answer, ...more }));
    });
  }

  /** Answers the acknowledgement with the receipt. The invite is not spent yet: see {@link confirm}. */
  async acknowledge(octets: Buffer): Promise<Buffer> {
    return this.#take('acknowledge', 'confirm', async () => {
      const { transport } = this.#established();
      if (transport.receive.decrypt(octets).length > 0) throw refusal('the acknowledgement is not empty');
      await this.#claim();
      return transport.send.encrypt(Buffer.alloc(0));
    });
  }

  /**
   * Spends the invite: the guest has the receipt and left in order.
   *
   * @returns false when the invite was answered anew meanwhile
   */
  async confirm(): Promise<boolean> {
    const reserved = this.#reserved;
    if (this.#next !== 'confirm' || reserved === undefined) return false;
    this.#next = 'over';
    try {
      return await completeInvite(this.#autoCa.ledger, reserved.invite, reserved.serialNumber, this.#autoCa.deps);
    } finally {
      this.#confirming.delete(reserved.invite);
    }
  }

  /** Refuses whatever still comes; the invite may be answered anew. */
  end(): void {
    if (this.#next === 'confirm' && this.#reserved !== undefined) this.#confirming.delete(this.#reserved.invite);
    this.#next = 'over';
  }

  // Several guests may have got an answer to one invite. Only the last certificate is valid, and from
  // the receipt until its guest has left it stays so: nobody ends up with one that was revoked meanwhile.
  async #claim(): Promise<void> {
    const { ledger, deps } = this.#autoCa;
    const reserved = this.#reserved;
    if (reserved === undefined) throw refusal('there was no request');
    if (this.#confirming.has(reserved.invite)) throw confirmedByAnother();
    this.#confirming.add(reserved.invite);
    try {
      const invite = await findUsableInvite(ledger, reserved.invite, deps.clock());
      if (invite?.serialNumber !== reserved.serialNumber) throw refusal('it was answered anew meanwhile, or has ended');
    } catch (error) {
      this.#confirming.delete(reserved.invite);
      throw error;
    }
  }

  // The step counts as over until it has succeeded: a failure, or a second message at the same time, ends all.
  async #take(step: Step, next: Step, action: () => Promise<Buffer>): Promise<Buffer> {
    const isInTurn = this.#next === step;
    this.#next = 'over';
    if (!isInTurn) throw refusal(`the guest's ${step} came out of turn`);
    try {
      const answer = await action();
      this.#next = next;
      return answer;
    } catch (error) {
      throw asRefusal(error, this.#inviteId);
    }
  }

  #established(): { invite: Invite; transport: NoiseTransport } {
    const [invite, transport] = [this.#invite, this.#transport];
    if (invite === undefined || transport === undefined) throw refusal('there was no hello');
    return { invite, transport };
  }

  async #issue(invite: Invite, request: EnrollmentRequest, transport: NoiseTransport): Promise<EnrollmentAnswer> {
    const { ledger, signer, profile, deps } = this.#autoCa;
    const key = request.csr === undefined ? await generateKey('p256') : undefined;
    const publicKey = await publicKeyOf(request, key);
    // Asked while holding the ledger: see #claim.
    const mayAnswer = (): void => {
      if (this.#confirming.has(invite.id)) throw confirmedByAnother();
    };
    const { certificate } = await reserveInvite(ledger, signer, profile, invite.id, publicKey, deps, mayAnswer);
    this.#reserved = { invite: invite.id, member: invite.member, serialNumber: certificate.serialNumber };
    const chain = [certificate, ...signer.chain];
    if (key === undefined) return { chain: chain.map(({ raw }) => raw) };
    const pfx = await writePfx(
      { key, chain },
      {
        password: pfxPasswordFrom(transport.exportedKey),
        friendlyName: invite.member,
        iterations: generatedPasswordIterations,
        random: deps.random,
      },
    );
    return { pfx };
  }
}

async function publicKeyOf(request: EnrollmentRequest, key: KeyObject | undefined): Promise<KeyObject> {
  if (key !== undefined) return createPublicKey(key);
  if (request.csr === undefined) throw refusal('the request holds no CSR');
  return (await readCsr(request.csr)).publicKey;
}

const guestFaults: ReadonlySet<ErrorCode> = new Set([
  'ERR_NOISE_AUTHENTICATION',
  'ERR_PROTOCOL',
  'ERR_PKI_CSR_REFUSED',
  'ERR_PKI_KEY_INVALID',
  'ERR_PKI_KEY_TYPE',
  'ERR_LEDGER_NAME_TAKEN',
  'ERR_LEDGER_KEY_TAKEN',
]);

function asRefusal(error: unknown, inviteId: string | undefined): unknown {
  if (!isQTChatError(error)) return error;
  if (error.code !== 'ERR_ENROLL_REFUSED' && !guestFaults.has(error.code)) return error;
  return inviteId === undefined
    ? refusal(error.message, error)
    : refusal(`invite ${inviteId}: ${error.message}`, error);
}

function confirmedByAnother(): QTChatError {
  return refusal('another guest is just confirming it');
}

function refusal(reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_ENROLL_REFUSED', reason, { cause });
}
