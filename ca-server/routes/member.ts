/** What a member asks about itself: `GET /member` tells as whom it is known, `POST /revoke` ends its certificate. */
import { formatBody, memberPaths, parseRevokeRequest } from '../../src/enroll/members-wire.js';
import { revokeCertificate } from '../../src/ledger/certificates.js';
import { noteFirstUse } from '../../src/ledger/renewals.js';
import type { MemberRoute } from '../authorize/access.js';
import type { AutoCa } from '../auto-ca.js';
import { send } from '../send.js';
import { addressOf } from './enroll.js';

/** The routes. */
export function memberRoutes({ ledger, deps, log }: AutoCa): MemberRoute[] {
  return [
    {
      method: 'get',
      path: memberPaths.member,
      access: 'member',
      bodyLimitBytes: 0,
      // A member tries its new certificate here: from now on the time of the former one runs.
      handle: async (_request, response, { record: { member, serialNumber } }) => {
        await noteFirstUse(ledger, serialNumber, deps);
        send(response, 'application/json', formatBody({ member, serialNumber }));
      },
    },
    {
      method: 'post',
      path: memberPaths.revoke,
      access: 'member',
      bodyLimitBytes: 1024,
      handle: async (request, response, { record: { member, serialNumber } }) => {
        const { reason } = parseRevokeRequest(request.body as Buffer);
        await revokeCertificate(ledger, serialNumber, reason, deps, `member ${member}`);
        log({ event: 'revoked', address: addressOf(request.socket), member, serialNumber, reason });
        send(response, 'application/json', formatBody({ member, serialNumber }));
      },
    },
  ];
}
