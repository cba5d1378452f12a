/** `GET /crl`: the revocation list in force. */

import { memberPaths } from '../../src/enroll/members-wire.js';
import { currentCrl } from '../../src/ledger/current-crl.js';
import type { OpenRoute } from '../authorize/access.js';
import type { AutoCa } from '../auto-ca.js';
import { send } from '../send.js';

/** The route; the list is signed, so it may travel anywhere. */
export function crlRoute({ ledger, signer, deps }: AutoCa): OpenRoute {
  return {
    method: 'get',
    path: memberPaths.crl,
    access: 'none',
    bodyLimitBytes: 0,
    handle: async (_request, response) => {
      const { content } = await currentCrl(ledger, signer, deps);
      send(response, 'application/pkix-crl', content);
    },
  };
}
