/**
 * Holds those who have an invite to what they need of it: one answer at a time, and not many. Each may cost a key and
 * leaves the one before on the revocation lists, so that who goes on asking would make these grow without end. No number
 * of answers spends an invite: somebody on the way who cuts each of them off could do that.
 */
import { QTChatError } from '../src/errors.js';
import type { Limits } from './auto-ca.js';
import { RateLimit } from './rate-limit.js';

/** The answers of one server. */
export class Answering {
  readonly #rate: RateLimit;
  /** Ids of the invites that are being answered. */
  readonly #underWay = new Set<string>();

  constructor({ answersPerSecond, answerBurst }: Pick<Limits, 'answersPerSecond' | 'answerBurst'>) {
    this.#rate = new RateLimit({ perSecond: answersPerSecond, burst: answerBurst });
  }

  /**
   * Begins to answer an invite; {@link end} must follow.
   *
   * @throws {QTChatError} `ERR_ENROLL_BUSY` while somebody is being answered, or when it was answered too often of late
   */
  begin(id: string): void {
    if (this.#underWay.has(id)) throw busy(`the invite ${id} is just being answered`);
    if (!this.#rate.take(id)) throw busy(`the invite ${id} was answered too often of late`);
    this.#underWay.add(id);
  }

  /** It is answered, or will not be. */
  end(id: string): void {
    this.#underWay.delete(id);
  }
}

function busy(reason: string): QTChatError {
  return new QTChatError('ERR_ENROLL_BUSY', reason);
}
