/**
 * A guest with a short code. The attempt is taken off, and on disk, before anything of it is looked at:
 * however many guess at once, three guesses are all there are. Whoever guesses at an empty slot sees the
 * same: a run of CPace that fails at its end.
 */
import { codeKey, startAttempt } from '../../src/enroll/code.js';
import type { CodeOpening } from '../../src/enroll/hello.js';
import { takeAttempt } from '../../src/ledger/codes.js';
import type { AutoCa } from '../auto-ca.js';
import { refusal } from '../refusal.js';
import { beginHandshake, type Opening } from './opening.js';

const secretSizeBytes = 6;

/**
 * Takes one attempt off the code in a slot, and answers its opening.
 *
 * @throws {QTChatError} `ERR_NOISE_AUTHENTICATION` when the opening holds no CPace share
 */
export async function openByCode(
  { ledger, deps }: AutoCa,
  { slot, sid, share }: CodeOpening,
): Promise<{ opening: Opening; answer: Buffer }> {
  const { invite, attemptsLeft, fault } = await takeAttempt(ledger, slot, deps);
  const secret = invite?.psk ?? deps.random(secretSizeBytes);
  const run = startAttempt('responder', { slot, secret, sid }, deps.random);
  const id = Buffer.from([slot]).toString('hex');
  const handshake = beginHandshake({ mode: 'code', id }, codeKey(run.key(share), sid), deps);
  const opening: Opening = {
    label: `code ${String(slot).padStart(2, '0')}`,
    hello: async (noiseMessage) => {
      try {
        handshake.readMessage(noiseMessage);
      } catch (cause) {
        throw refusal(fault ?? `wrong, or altered on the way; attempts left: ${attemptsLeft}`, cause);
      }
      if (invite === undefined) throw refusal(fault ?? 'unknown');
      const answer = handshake.writeMessage();
      return { answer, transport: handshake.split(), invite: async () => invite.id };
    },
  };
  return { opening, answer: run.share };
}
