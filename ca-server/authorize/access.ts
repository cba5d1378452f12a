/**
 * What each route of the port for members takes its callers for. There is one way to add a route, and
 * it names the access; whatever is not a route is answered as if it did not exist.
 */
import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { QTChatError } from '../../src/errors.js';
import type { Caller } from './caller.js';

/**
 * Who may come in: anybody; a member whose certificate is valid; such a member, or one whose
 * certificate has expired, of whom the route then takes special care.
 */
export type Access = 'none' | 'member' | 'member-or-expired';

interface RoutePlace {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** The longest body that is read, in octets; 0 where none is taken. */
  readonly bodyLimitBytes: number;
}

/** A route for anybody. */
export interface OpenRoute extends RoutePlace {
  readonly access: 'none';
  readonly handle: (request: Request, response: Response) => Promise<void>;
}

/** A route for members. */
export interface MemberRoute extends RoutePlace {
  readonly access: Exclude<Access, 'none'>;
  readonly handle: (request: Request, response: Response, caller: Caller) => Promise<void>;
}

/** Any route. */
export type Route = OpenRoute | MemberRoute;

/**
 * The router of some routes.
 *
 * @param identify - finds out who asks; throws `ERR_ENROLL_REFUSED` for who must not
 */
export function routerOf(
  routes: readonly Route[],
  identify: (request: Request) => Promise<Caller | undefined>,
): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const route of routes) {
    const { method, path, bodyLimitBytes } = route;
    const letIn = async (request: Request, response: Response, next: NextFunction): Promise<void> => {
      if (route.access === 'none') return next();
      response.locals.caller = admitted(await identify(request), route.access);
      next();
    };
    const handle = async (request: Request, response: Response): Promise<void> => {
      if (route.access === 'none') await route.handle(request, response);
      else await route.handle(request, response, response.locals.caller as Caller);
    };
    // Nobody's body is read before it is known that they may ask.
    router[method](path, letIn, express.raw({ type: () => true, limit: bodyLimitBytes, inflate: false }), handle);
  }
  return router;
}

function admitted(caller: Caller | undefined, access: MemberRoute['access']): Caller {
  if (caller === undefined) throw new QTChatError('ERR_ENROLL_REFUSED', 'it showed no certificate');
  if (access === 'member' && caller.isExpired) {
    throw new QTChatError('ERR_ENROLL_REFUSED', `the certificate of ${caller.record.member} has expired`);
  }
  return caller;
}
