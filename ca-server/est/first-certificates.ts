/**
 * The first certificate of a client of EST, for its invite. HTTP has no acknowledgement, so the invite is
 * reserved with the answer and done when the client, having all of it, closes the connection in order.
 * Until then it may ask again, and what it got before is revoked (see `src/ledger/answer-invite.ts`).
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Request, Response } from 'express';
import { QTChatError } from '../../src/errors.js';
import { claimInvite, completeInvite, releaseInvite, reserveInvite } from '../../src/ledger/answer-invite.js';
import type { Invite } from '../../src/ledger/invites.js';
import type { SubjectPublicKey } from '../../src/pki/subject-public-key.js';
import type { AutoCa } from '../auto-ca.js';
import { addressOf } from '../routes/enroll.js';

/** All answers of one server. */
export class FirstCertificates {
  readonly #autoCa: AutoCa;
  /** Ids of the invites that somebody is being answered to, or has not left with the answer. */
  readonly #underWay = new Set<string>();

  constructor(autoCa: AutoCa) {
    this.#autoCa = autoCa;
  }

  /**
   * Issues the certificate of an invite; whoever asks has shown its credentials.
   *
   * @throws {QTChatError} `ERR_ENROLL_BUSY` while another connection is being answered; what `reserveInvite`
   *   and `claimInvite` throw
   */
  async issue(
    { id }: Invite,
    publicKey: KeyObject | SubjectPublicKey,
    { request, response }: { readonly request: Request; readonly response: Response },
  ): Promise<X509Certificate> {
    const { ledger, signer, profile, deps, log } = this.#autoCa;
    const { socket } = request;
    // Two at once would each believe to have the one certificate that is valid.
    if (this.#underWay.has(id)) throw new QTChatError('ERR_ENROLL_BUSY', `EST user ${id} asks twice at once`);
    this.#underWay.add(id);
    try {
      const { certificate, member } = await reserveInvite(ledger, signer, profile, id, publicKey, deps);
      const { serialNumber } = certificate;
      // The same holds for another server with this ledger.
      await claimInvite(ledger, id, serialNumber, deps);
      const about = { address: addressOf(socket), member, invite: id, serialNumber };
      log({ event: 'reserved', ...about });
      let hasLeft = false;
      const leave = async (): Promise<void> => {
        // Whether all of it was sent is told late at times: after the client has closed.
        const isDelivered = hasLeft && response.writableFinished;
        const isDone = isDelivered && (await completeInvite(ledger, id, serialNumber, deps).catch(() => false));
        if (!isDone) await releaseInvite(ledger, id, serialNumber).catch(() => {});
        this.#underWay.delete(id);
        log({ event: isDone ? 'enrolled' : 'unconfirmed', ...about });
      };
      // Where the client wanted the connection closed, node:http would close it before the client can.
      socket.destroySoon = () => void socket.end();
      socket.once('end', () => {
        hasLeft = response.writableEnded;
      });
      if (socket.closed) await leave();
      else socket.once('close', () => void leave());
      return certificate;
    } catch (error) {
      this.#underWay.delete(id);
      throw error;
    }
  }
}
