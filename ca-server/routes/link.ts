/**
 * Links: GET shows a page, POST downloads the locked file. Whoever previews a link in a chat program or prefetches it
 * only gets the page: nothing is spent by looking.
 */
import { type NextFunction, type Request, type Response, Router } from 'express';
import { linkPath, parseLinkId } from '../../src/enroll/link.js';
import { isQTChatError } from '../../src/errors.js';
import type { AutoCa, Limits } from '../auto-ca.js';
import { LinkFiles } from '../link-files.js';
import { linkPage, refusedPage } from '../link-page.js';
import { busy, sendProblem } from '../problem.js';
import { RateLimit } from '../rate-limit.js';
import { sendPage } from '../send.js';
import { addressOf } from './enroll.js';

/** The routes; both are for anybody who has the link. */
export function linkRoutes(autoCa: AutoCa, limits: Limits): Router {
  const files = new LinkFiles(autoCa);
  const rate = new RateLimit({ perSecond: limits.openingsPerSecond, burst: limits.openingBurst });
  const router = Router({ caseSensitive: true, strict: true });
  router.use(linkPath, (request: Request, response: Response, next: NextFunction): void => {
    if (rate.take(addressOf(request.socket))) next();
    else sendProblem(response, busy());
  });
  router.get(`${linkPath}:id`, (request, response, next) => {
    if (parseLinkId(request.params.id) === undefined) next();
    else sendPage(response, 200, linkPage);
  });
  router.post(`${linkPath}:id`, async (request, response, next) => {
    const id = parseLinkId(request.params.id);
    if (id === undefined) {
      next();
      return;
    }
    const address = addressOf(request.socket);
    try {
      const { file, member, invite, number } = await files.take(id);
      autoCa.log({ event: 'fetched', address, member, invite, download: number });
      response.writeHead(200, {
        'Content-Type': 'application/x-pkcs12',
        'Content-Length': file.length,
        'Content-Disposition': `attachment; filename="${member}.pfx"`,
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        Connection: 'close',
      });
      response.end(file);
    } catch (error) {
      if (!isQTChatError(error, 'ERR_ENROLL_REFUSED')) throw error;
      autoCa.log({ event: 'refused', address, reason: error.message });
      sendPage(response, 403, refusedPage);
    }
  });
  return router;
}
