/**
 * In by a short code. Each connection is one attempt, of three that the code has in all, so nothing here
 * is ever tried twice.
 */
import { codeKey, type ShortCode, startAttempt } from './code.js';
import { formatOpening, sidSizeBytes } from './hello.js';
import { trips } from './http.js';
import { sayHello } from './say-hello.js';
import type { Terms } from './terms.js';
import type { WayIn } from './way-in.js';

const terms: Terms = {
  refused: 'the code is mistyped, spent or expired',
  afterRefusal: 'Look at it again, or ask the host for a new one: a code serves for three attempts and ten minutes',
  impostor: 'who answers there does not know the code, or the answer was altered on the way',
  left: 'the code has lost one of its three attempts',
};

/** The way in that a short code opens at one address. */
export function byCode(code: ShortCode, server: { readonly host: string; readonly port: number }): WayIn {
  return {
    addresses: [server.host],
    port: server.port,
    terms,
    openChannel: async (connection, deps) => {
      const sid = deps.random(sidSizeBytes);
      const { slot } = code;
      const secret = Buffer.from(code.secret, 'latin1');
      const run = startAttempt('initiator', { slot, secret, sid }, deps.random);
      const opening = formatOpening({ slot, sid, share: run.share });
      const psk = codeKey(run.key(await connection.exchange(trips.opening, opening)), sid);
      const id = Buffer.from([slot]).toString('hex');
      return (await sayHello(connection, { mode: 'code', id }, psk, deps)).split();
    },
  };
}
