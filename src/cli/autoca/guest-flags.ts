/** Flags for what a host says of a guest: of invites and approvals alike. */
import { Flags } from '@oclif/core';
import { dnsFlag, ipFlag } from '../flags.js';

/** Read by `readGuestTerms`. */
export const guestFlags = {
  ip: ipFlag,
  dns: dnsFlag,
  days: Flags.integer({
    description: 'validity of the certificate in days, cut to 825',
    default: 365,
    helpValue: 'DAYS',
  }),
  replace: Flags.boolean({ description: "end the name's other invites now, and its certificate on enrolment" }),
};
