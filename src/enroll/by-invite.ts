/** In by an invite: its line says where, proves the guest, and names the root. */
import { type InviteLine, inviteKey } from './invite.js';
import { sayHello } from './say-hello.js';
import type { Terms } from './terms.js';
import type { WayIn } from './way-in.js';

const terms: Terms = {
  refused: 'this invite is spent, expired or unknown',
  afterRefusal: 'Ask the host for a new one',
  impostor: 'the answer does not come from the host of this invite, or was altered on the way',
  left: 'the invite is still good',
};

/** The way in that an invite line opens. */
export function byInvite(invite: InviteLine): WayIn {
  const { id, addresses, port, rootSpkiSha256 } = invite;
  return {
    addresses,
    port,
    terms,
    rootSpkiSha256,
    openChannel: async (connection, deps) => {
      const handshake = await sayHello(connection, { mode: 'invite', id, rootSpkiSha256 }, inviteKey(invite), deps);
      return handshake.split();
    },
  };
}
