/**
 * In by approval: guest and host share nothing, so both compare four words. The guest goes on, and takes
 * whatever root comes, only when somebody here has confirmed them.
 */
import { QTChatError } from '../errors.js';
import { approvalMs, formatOpening, noSecret, parseCommitment } from './hello.js';
import { trips } from './http.js';
import { sayHello } from './say-hello.js';
import type { Terms } from './terms.js';
import type { WayIn } from './way-in.js';
import { commitmentTo, wordsOf } from './words.js';

const terms: Terms = {
  refused: 'the host declined, or did not decide in time',
  afterRefusal: 'Ask the host, and run the command again',
  impostor: 'the server did not keep to the key it had chosen: somebody stands in between',
  left: 'the host sees a new request when you try again',
};

/**
 * The way in that a host opens by approving.
 *
 * @param confirm - resolves once a person has found the words, with a space between, on the host's screen
 *   too; what it rejects with ends the enrolment
 */
export function byApproval(
  server: { readonly host: string; readonly port: number },
  confirm: (words: string) => Promise<void>,
): WayIn {
  return {
    addresses: [server.host],
    port: server.port,
    terms,
    answerTimeoutMs: approvalMs + 30_000,
    openChannel: async (connection, deps) => {
      const opened = parseCommitment(await connection.exchange(trips.opening, formatOpening()));
      if (opened === undefined) throw broken();
      const { id, commitment } = opened;
      const handshake = await sayHello(connection, { mode: 'approval', id }, noSecret, deps, (message) => {
        if (!commitmentTo(message.subarray(0, 32)).equals(commitment)) throw broken();
      });
      await confirm(wordsOf(handshake.handshakeHash));
      return handshake.split();
    },
  };
}

function broken(): QTChatError {
  return new QTChatError('ERR_NOISE_AUTHENTICATION', 'the server shows another key than it committed itself to');
}
