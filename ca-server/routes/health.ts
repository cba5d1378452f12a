/** `GET /healthz`: whether the Auto CA can work, for whoever starts it again when it can't. */
import { sql } from 'kysely';
import type { OpenRoute } from '../authorize/access.js';
import type { AutoCa } from '../auto-ca.js';
import { send } from '../send.js';

/** The route; it says nothing but whether the ledger answers. */
export function healthRoute({ ledger }: Pick<AutoCa, 'ledger'>): OpenRoute {
  return {
    method: 'get',
    path: '/healthz',
    access: 'none',
    bodyLimitBytes: 0,
    handle: async (_request, response) => {
      try {
        await sql`select 1`.execute(ledger);
        send(response, 'text/plain', Buffer.from('ok\n'));
      } catch {
        // What is wrong shows in the log, where the ledger was needed.
        send(response, 'text/plain', Buffer.from('failing\n'), 503);
      }
    },
  };
}
