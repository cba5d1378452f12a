/**
 * The Auto CA's applications for those who are members, apart from any listening: what they ask inside
 * mutual TLS, and what anybody may ask on either port. Errors become answers here, and events in the
 * host's log.
 */
import type { TLSSocket } from 'node:tls';
import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { isQTChatError } from '../src/errors.js';
import { isAdmin } from '../src/ledger/admins.js';
import { answerError } from './app.js';
import { type Door, type MemberRoute, noDoor, type OpenRoute, routerOf } from './authorize/access.js';
import { authenticate } from './authorize/basic.js';
import { identifyCaller } from './authorize/caller.js';
import { type AutoCa, defaultLimits } from './auto-ca.js';
import { OcspResponder } from './ocsp-responder.js';
import type { OwnCredentials } from './own-credentials.js';
import { busy, notAccepted, notFound, sendProblem, unauthorized } from './problem.js';
import { RateLimit } from './rate-limit.js';
import { adminRoutes } from './routes/admin.js';
import { crlRoute } from './routes/crl.js';
import { directoryRoutes } from './routes/directory.js';
import { addressOf } from './routes/enroll.js';
import { estRoutes } from './routes/est.js';
import { healthRoute } from './routes/health.js';
import { memberRoutes } from './routes/member.js';
import { ocspRoutes } from './routes/ocsp.js';
import { renewRoutes } from './routes/renew.js';

/** Routes for anybody, on the plain port and on that for members. */
export function openRoutes(autoCa: AutoCa, own: OwnCredentials): OpenRoute[] {
  return [healthRoute(autoCa), crlRoute(autoCa), ...ocspRoutes(new OcspResponder(autoCa, own))];
}

/** Routes for members and admins alone. */
export function closedRoutes(autoCa: AutoCa): MemberRoute[] {
  return [...memberRoutes(autoCa), ...renewRoutes(autoCa), ...directoryRoutes(autoCa), ...adminRoutes(autoCa)];
}

/** The open routes as a router of their own, each address at its rate. */
export function openRouter(autoCa: AutoCa, own: OwnCredentials): Router {
  const router = express.Router();
  router.use(atRate(autoCa));
  router.use(routerOf(openRoutes(autoCa, own), noDoor));
  return router;
}

/** Builds the application behind mutual TLS. */
export function createMembersApp(autoCa: AutoCa, own: OwnCredentials): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  app.use(autoCa.watch.counting('members'));
  app.use(atRate(autoCa));
  const door: Door = {
    identify: (request) => identifyCaller(request.socket as TLSSocket, autoCa),
    authenticate: (request) => authenticate(request, autoCa),
    isAdmin: ({ record }) => isAdmin(autoCa.ledger, record.serialNumber),
  };
  app.use(routerOf([...openRoutes(autoCa, own), ...closedRoutes(autoCa), ...estRoutes(autoCa)], door));
  app.use((_request: Request, response: Response) => sendProblem(response, notFound()));
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (isQTChatError(error, 'ERR_ENROLL_REFUSED') && !response.headersSent) {
      autoCa.log({ event: 'refused', address: addressOf(request.socket), reason: error.message });
      sendProblem(response, response.hasHeader('WWW-Authenticate') ? unauthorized() : notAccepted());
    } else {
      answerError(autoCa, error, request.socket, response);
    }
  });
  return app;
}

function atRate({ limits }: AutoCa) {
  const { hellosPerSecond, helloBurst } = { ...defaultLimits, ...limits };
  const rate = new RateLimit({ perSecond: hellosPerSecond, burst: helloBurst });
  return (request: Request, response: Response, next: NextFunction): void => {
    if (rate.take(addressOf(request.socket))) next();
    else sendProblem(response, busy());
  };
}
