/**
 * A guest who has nothing yet. We are bound to our key of the handshake before we see the guest's, one key
 * answers one guest, and the words that follow stand on both screens until the host decides.
 */
import { noSecret } from '../../src/enroll/hello.js';
import { inviteIdSizeBytes } from '../../src/enroll/invite.js';
import { commitmentTo, wordsOf } from '../../src/enroll/words.js';
import type { ApprovalDesk } from '../approval-desk.js';
import { beginHandshake, type Opening } from './opening.js';

/** Begins an enrolment by approval; its opening is answered by a name for the request and our commitment. */
export function openByApproval(
  desk: ApprovalDesk,
  address: string,
  deps: { readonly random: (size: number) => Buffer },
): { opening: Opening; answer: Buffer } {
  const id = deps.random(inviteIdSizeBytes).toString('hex');
  const handshake = beginHandshake({ mode: 'approval', id }, noSecret, deps);
  const opening: Opening = {
    label: `request ${id}`,
    hello: async (noiseMessage) => {
      handshake.readMessage(noiseMessage);
      const answer = handshake.writeMessage();
      await desk.enter({ id, address, words: wordsOf(handshake.handshakeHash) });
      return { answer, transport: handshake.split(), invite: () => desk.decision(id) };
    },
    leave: () => desk.leave(id),
  };
  return { opening, answer: Buffer.concat([Buffer.from(id, 'hex'), commitmentTo(handshake.ephemeralPublicKey)]) };
}
