/** What the dashboard shows, gathered from the ledger and from what the server has seen; dashboard-page.ts draws it. */
import { type Admin, listAdmins } from '../src/ledger/admins.js';
import { type HeldRenewal, listHeldRenewals } from '../src/ledger/held-renewals.js';
import { listMembers, type Member } from '../src/ledger/members.js';
import type { Ledger } from '../src/ledger/open.js';
import { type OpenInvite, type Overview, openInvites, overviewOf } from '../src/ledger/overview.js';
import { type JoinRequest, listRequests } from '../src/ledger/requests.js';
import type { Refusal, Watch } from './watch.js';

/** How many rows a table of the page has at most. */
const dashboardRows = 500;

/** One moment of an Auto CA. */
export interface Dashboard {
  readonly at: Date;
  /** Who looks. */
  readonly admin: string;
  readonly overview: Overview;
  /** Those whose certificate ends first before the others; who has none, last. {@link dashboardRows} at most. */
  readonly members: readonly Member[];
  /** How many more there are. */
  readonly membersLeftOut: number;
  readonly invites: readonly OpenInvite[];
  /** Without their words: these are to be heard from the guest, not read here. */
  readonly requests: readonly Omit<JoinRequest, 'words'>[];
  readonly renewals: readonly HeldRenewal[];
  readonly admins: readonly Admin[];
  /** Newest first. */
  readonly refusals: readonly Refusal[];
}

/** Gathers it. */
export async function gatherDashboard(
  { ledger, watch }: { readonly ledger: Ledger; readonly watch: Watch },
  admin: string,
  at: Date,
): Promise<Dashboard> {
  const endOf = ({ notAfter }: Member): number => notAfter?.getTime() ?? Number.POSITIVE_INFINITY;
  const members = (await listMembers(ledger, at)).sort((one, other) => (endOf(one) < endOf(other) ? -1 : 1));
  return {
    at,
    admin,
    overview: await overviewOf(ledger, at),
    members: members.slice(0, dashboardRows),
    membersLeftOut: Math.max(0, members.length - dashboardRows),
    invites: await openInvites(ledger, at, dashboardRows),
    requests: await listRequests(ledger, at),
    renewals: (await listHeldRenewals(ledger)).slice(0, dashboardRows),
    admins: await listAdmins(ledger),
    refusals: watch.refusals,
  };
}
