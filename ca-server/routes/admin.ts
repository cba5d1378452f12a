/** What admins may look at: `GET /dashboard`, a page for people, and `GET /metrics`, for Prometheus. Nothing here changes anything. */
import type { MemberRoute } from '../authorize/access.js';
import type { AutoCa } from '../auto-ca.js';
import { gatherDashboard } from '../dashboard.js';
import { dashboardPage } from '../dashboard-page.js';
import { send, sendPage } from '../send.js';

/** The routes. */
export function adminRoutes({ ledger, watch, deps }: AutoCa): MemberRoute[] {
  return [
    {
      method: 'get',
      path: '/dashboard',
      access: 'admin',
      bodyLimitBytes: 0,
      handle: async (_request, response, { record }) => {
        sendPage(response, 200, dashboardPage(await gatherDashboard({ ledger, watch }, record.member, deps.clock())));
      },
    },
    {
      method: 'get',
      path: '/metrics',
      access: 'admin',
      bodyLimitBytes: 0,
      handle: async (_request, response) => {
        const { contentType, text } = await watch.metrics();
        send(response, contentType, Buffer.from(text));
      },
    },
  ];
}
