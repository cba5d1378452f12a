/**
 * The Auto CA's side of one enrolment, from opening or hello to confirmation; knows no HTTP and no sockets.
 * Each step may be taken once and in order; after any failure all further steps are refused.
 */
import { type Mode, parseHello, parseOpening } from '../src/enroll/hello.js';
import type { NoiseTransport } from '../src/enroll/noise.js';
import { type EnrollmentRequest, formatAnswer, parseRequest } from '../src/enroll/wire.js';
import { claimInvite, completeInvite, releaseInvite } from '../src/ledger/answer-invite.js';
import { answerRequest, type Reserved } from './answer-request.js';
import type { Answering } from './answering.js';
import type { ApprovalDesk } from './approval-desk.js';
import type { AutoCa } from './auto-ca.js';
import { openByApproval } from './openings/by-approval.js';
import { openByCode } from './openings/by-code.js';
import { openByInvite } from './openings/by-invite.js';
import type { Opened, Opening } from './openings/opening.js';
import { asRefusal, refusal } from './refusal.js';

type Step = 'opening' | 'hello' | 'request' | 'acknowledge' | 'confirm' | 'over';

/**
 * One guest's enrolment. Every method throws `ERR_ENROLL_REFUSED` with a reason for the host's log
 * when the guest does not get what it asks for, `ERR_ENROLL_BUSY` when too many wait or the invite is being
 * confirmed; any other error is the host's own trouble.
 */
export class Enrollment {
  readonly #autoCa: AutoCa;
  readonly #answering: Answering;
  readonly #desk: ApprovalDesk;
  readonly #address: string;
  #next: readonly Step[] = ['opening', 'hello'];
  #opening: { readonly mode: Mode; readonly opening: Opening } | undefined;
  #opened: Opened | undefined;
  #mayAskForKey = true;
  #reserved: Reserved | undefined;

  /**
   * @param shared - by all guests of the server
   * @param address - the guest's, as the host's log shows it
   */
  constructor(autoCa: AutoCa, shared: { answering: Answering; desk: ApprovalDesk }, address: string) {
    this.#autoCa = autoCa;
    this.#answering = shared.answering;
    this.#desk = shared.desk;
    this.#address = address;
  }

  /** The certificate issued, once there is one. */
  get reserved(): Reserved | undefined {
    return this.#reserved;
  }

  /** Whether people have a say in this enrolment, which takes its time. */
  get isByApproval(): boolean {
    return this.#opening?.mode === 'approval';
  }

  /** Answers an opening: by a CPace share, or by a request's id and our commitment. */
  async opening(octets: Buffer): Promise<Buffer> {
    return this.#take('opening', ['hello'], async () => {
      const message = parseOpening(octets);
      if (message === undefined) throw refusal('the opening is of another version, or damaged');
      const { opening, answer } =
        message.mode === 'code'
          ? await openByCode(this.#autoCa, message.code)
          : openByApproval(this.#desk, this.#address, this.#autoCa.deps);
      this.#opening = { mode: message.mode, opening };
      return answer;
    });
  }

  /** Answers a hello with Noise message 2. */
  async hello(octets: Buffer): Promise<Buffer> {
    return this.#take('hello', ['request'], async () => {
      const hello = parseHello(octets);
      if (hello === undefined) throw refusal('the hello is of another version, or damaged');
      if (this.#opening === undefined && hello.mode === 'invite') {
        this.#opening = { mode: 'invite', opening: openByInvite(this.#autoCa, hello.id) };
      }
      if (this.#opening?.mode !== hello.mode) throw refusal('the hello does not follow from what came before');
      this.#opened = await this.#opening.opening.hello(hello.noiseMessage);
      return this.#opened.answer;
    });
  }

  /** Answers a request with certificate and key, or certificate alone, and reserves the invite. */
  async request(octets: Buffer): Promise<Buffer> {
    const { transport, invite } = this.#established();
    let isKeyMissing = false;
    const sealed = await this.#take('request', ['acknowledge'], async () => {
      const request = parseRequest(transport.receive.decrypt(octets));
      isKeyMissing = request.csr === undefined && this.#autoCa.requireLocalKey === true;
      if (isKeyMissing) return transport.send.encrypt(formatAnswer({ localKey: 'required' }));
      const id = await invite();
      const { answer, reserved } = await this.#answer(id, request, transport);
      this.#reserved = reserved;
      const host = await this.#autoCa.host();
      const membersPort = this.#autoCa.membersPort?.();
      const more = { ...(membersPort !== undefined && { membersPort }), ...(host !== undefined && { host }) };
      return transport.send.encrypt(formatAnswer({ ...answer, ...more }));
    });
    // The guest may ask once more, with a key of its own.
    if (isKeyMissing) this.#next = this.#mayAskForKey ? ['request'] : [];
    this.#mayAskForKey = false;
    return sealed;
  }

  /** Answers the acknowledgement with the receipt. The invite is not spent yet: see {@link confirm}. */
  async acknowledge(octets: Buffer): Promise<Buffer> {
    return this.#take('acknowledge', ['confirm'], async () => {
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
    if (!this.#next.includes('confirm') || reserved === undefined) return false;
    this.#next = [];
    return completeInvite(this.#autoCa.ledger, reserved.invite, reserved.serialNumber, this.#autoCa.deps);
  }

  /** Refuses whatever still comes; the invite may be answered anew. */
  async end(): Promise<void> {
    const reserved = this.#next.includes('confirm') ? this.#reserved : undefined;
    this.#next = [];
    if (reserved !== undefined) await releaseInvite(this.#autoCa.ledger, reserved.invite, reserved.serialNumber);
  }

  /** The guest's connection is no more: nothing waits for it any longer. */
  async leave(): Promise<void> {
    await this.#opening?.opening.leave?.();
  }

  async #answer(id: string, request: EnrollmentRequest, transport: NoiseTransport) {
    this.#answering.begin(id);
    try {
      return await answerRequest(this.#autoCa, id, request, transport);
    } finally {
      this.#answering.end(id);
    }
  }

  // Several guests may have got an answer to one invite. Only the last certificate is valid, and from
  // the receipt until its guest has left it stays so: nobody ends up with one that was revoked meanwhile.
  async #claim(): Promise<void> {
    const reserved = this.#reserved;
    if (reserved === undefined) throw refusal('there was no request');
    await claimInvite(this.#autoCa.ledger, reserved.invite, reserved.serialNumber, this.#autoCa.deps);
  }

  // The step counts as over until it has succeeded: a failure, or a second message at the same time, ends all.
  async #take<Answer>(step: Step, next: readonly Step[], action: () => Promise<Answer>): Promise<Answer> {
    const isInTurn = this.#next.includes(step);
    this.#next = [];
    try {
      if (!isInTurn) throw refusal(`the guest's ${step} came out of turn`);
      const answer = await action();
      this.#next = next;
      return answer;
    } catch (error) {
      throw asRefusal(error, this.#opening?.opening.label);
    }
  }

  #established(): Opened {
    if (this.#opened === undefined) throw refusal('there was no hello');
    return this.#opened;
  }
}
