/**
 * The first certificate of a client of EST, for its invite. HTTP has no acknowledgement, so the invite is
 * reserved with the answer and done when the client, having all of it, closes the connection in order.
 * Until then it may ask again, and what it got before is revoked (see `src/ledger/answer-invite.ts`). A
 * gateway may ask for many clients on one connection.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import { claimInvite, completeInvite, releaseInvite, reserveInvite } from '../../src/ledger/answer-invite.js';
import type { Invite } from '../../src/ledger/invites.js';
import type { SubjectPublicKey } from '../../src/pki/subject-public-key.js';
import { Answering } from '../answering.js';
import { type AutoCa, defaultLimits } from '../auto-ca.js';
import { addressOf } from '../routes/enroll.js';

/** One answer, until its client has left. */
interface Answered {
  readonly invite: string;
  readonly member: string;
  readonly serialNumber: string;
  readonly response: Response;
  /** The client closed in order when all of the answer had been handed to the connection. */
  hasLeft: boolean;
}

/** All answers of one server. */
export class FirstCertificates {
  readonly #autoCa: AutoCa;
  /** An invite is being answered until its client has left. */
  readonly #answering: Answering;
  readonly #answered = new WeakMap<Socket, Answered[]>();

  constructor(autoCa: AutoCa) {
    this.#autoCa = autoCa;
    this.#answering = new Answering({ ...defaultLimits, ...autoCa.limits });
  }

  /**
   * Issues the certificate of an invite; whoever asks has shown its credentials.
   *
   * @param keyOf - gives the key to certify, or makes it
   * @throws {QTChatError} `ERR_ENROLL_BUSY` as {@link Answering} does, what `keyOf`, `reserveInvite` and `claimInvite` throw
   */
  async issue(
    { id }: Invite,
    keyOf: () => Promise<KeyObject | SubjectPublicKey>,
    { request: { socket }, response }: { readonly request: Request; readonly response: Response },
  ): Promise<X509Certificate> {
    const { ledger, signer, profile, deps, log } = this.#autoCa;
    // Two at once would each believe to have the one certificate that is valid.
    this.#answering.begin(id);
    try {
      const publicKey = await keyOf();
      const { certificate, member, serialNumber } = await reserveInvite(ledger, signer, profile, id, publicKey, deps);
      // The same holds for another server with this ledger.
      await claimInvite(ledger, id, serialNumber, deps);
      log({ event: 'reserved', address: addressOf(socket), member, invite: id, serialNumber });
      const answered = { invite: id, member, serialNumber, response, hasLeft: false };
      if (socket.closed) await this.#end(answered, addressOf(socket));
      else this.#answersOn(socket).push(answered);
      return certificate;
    } catch (error) {
      this.#answering.end(id);
      throw error;
    }
  }

  /** What was answered on a connection; all of it ends with the connection. */
  #answersOn(socket: Socket): Answered[] {
    const known = this.#answered.get(socket);
    if (known !== undefined) return known;
    const answers: Answered[] = [];
    this.#answered.set(socket, answers);
    const address = addressOf(socket);
    // Where the client wanted the connection closed, node:http would close it before the client can.
    socket.destroySoon = () => void socket.end();
    socket.once('end', () => {
      for (const answered of answers) answered.hasLeft = answered.response.writableEnded;
    });
    socket.once('close', () => {
      for (const answered of answers) void this.#end(answered, address);
    });
    return answers;
  }

  async #end({ response, hasLeft, ...about }: Answered, address: string): Promise<void> {
    const { ledger, deps, log } = this.#autoCa;
    const { invite, serialNumber } = about;
    // Whether all of it was sent is told late at times: after the client has closed.
    const isDelivered = hasLeft && response.writableFinished;
    const isDone = isDelivered && (await completeInvite(ledger, invite, serialNumber, deps).catch(() => false));
    if (!isDone) await releaseInvite(ledger, invite, serialNumber).catch(() => {});
    this.#answering.end(invite);
    log({ event: isDone ? 'enrolled' : 'unconfirmed', address, ...about });
  }
}
