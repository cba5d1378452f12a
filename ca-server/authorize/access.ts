/**
 * What each route of the port for members takes its callers for. There is one way to add a route, and
 * it names the access; whatever is not a route is answered as if it did not exist.
 */
import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { isQTChatError, QTChatError } from '../../src/errors.js';
import type { Invite } from '../../src/ledger/invites.js';
import { basicChallenge } from './basic.js';
import type { Caller } from './caller.js';

/**
 * Who may come in: anybody; who has credentials for EST; such a one, or a member whose certificate is
 * valid; such a member; such a member, or one whose certificate has expired, of whom the route then takes
 * special care; a member with a valid certificate whom the host has made an admin.
 */
export type Access = 'none' | 'basic' | 'basic-or-member' | MemberAccess;

type MemberAccess = 'member' | 'member-or-expired' | 'admin';

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
  readonly access: MemberAccess;
  readonly handle: (request: Request, response: Response, caller: Caller) => Promise<void>;
}

/** A route for those who have credentials, or are members already. */
export interface CredentialRoute extends RoutePlace {
  readonly access: 'basic' | 'basic-or-member';
  readonly handle: (request: Request, response: Response, applicant: Applicant) => Promise<void>;
}

/** By what right somebody asks for a certificate: an invite that is open, or the certificate held. */
export type Applicant =
  | { readonly invite: Invite; readonly caller?: never }
  | { readonly caller: Caller; readonly invite?: never };

/** Any route. */
export type Route = OpenRoute | MemberRoute | CredentialRoute;

/** Finds out who asks: undefined for who shows nothing; throws `ERR_ENROLL_REFUSED` for who must not. */
export interface Door {
  /** By a certificate. */
  readonly identify: (request: Request) => Promise<Caller | undefined>;
  /** By a user name and a password. */
  readonly authenticate: (request: Request) => Promise<Invite | undefined>;
  /** Whether the host has made a member an admin. */
  readonly isAdmin: (caller: Caller) => Promise<boolean>;
}

/** For routers that have open routes alone. */
export const noDoor: Door = {
  identify: async () => undefined,
  authenticate: async () => undefined,
  isAdmin: async () => false,
};

/** The router of some routes. */
export function routerOf(routes: readonly Route[], door: Door): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const route of routes) {
    const { method, path, bodyLimitBytes } = route;
    const letIn = async (request: Request, response: Response, next: NextFunction): Promise<void> => {
      response.locals.admitted = await admit(route.access, door, request, response);
      next();
    };
    const handle = async (request: Request, response: Response): Promise<void> => {
      const { admitted } = response.locals;
      if (route.access === 'none') await route.handle(request, response);
      else if (isForMembers(route)) await route.handle(request, response, admitted as Caller);
      else await route.handle(request, response, admitted as Applicant);
    };
    // Nobody's body is read before it is known that they may ask.
    router[method](path, letIn, express.raw({ type: () => true, limit: bodyLimitBytes, inflate: false }), handle);
  }
  return router;
}

function isForMembers(route: MemberRoute | CredentialRoute): route is MemberRoute {
  return isMemberAccess(route.access);
}

function isMemberAccess(access: Access): access is MemberAccess {
  return access === 'member' || access === 'member-or-expired' || access === 'admin';
}

/** Who asks, as the route's kind has it; nothing for a route that is open. */
async function admit(
  access: Access,
  door: Door,
  request: Request,
  response: Response,
): Promise<Caller | Applicant | undefined> {
  if (access === 'none') return undefined;
  if (isMemberAccess(access)) {
    const caller = admitted(await door.identify(request), access);
    if (access !== 'admin' || (await door.isAdmin(caller))) return caller;
    throw new QTChatError('ERR_ENROLL_REFUSED', `${caller.record.member} is no admin`);
  }
  try {
    return await applicantOf(access, door, request);
  } catch (error) {
    // Whatever was wrong, credentials would be right.
    if (isQTChatError(error, 'ERR_ENROLL_REFUSED')) response.setHeader('WWW-Authenticate', basicChallenge);
    throw error;
  }
}

async function applicantOf(access: CredentialRoute['access'], door: Door, request: Request): Promise<Applicant> {
  const invite = await door.authenticate(request);
  if (invite !== undefined) return { invite };
  if (access === 'basic-or-member') return { caller: admitted(await door.identify(request), 'member') };
  throw new QTChatError('ERR_ENROLL_REFUSED', 'it showed no credentials');
}

function admitted(caller: Caller | undefined, access: MemberAccess): Caller {
  if (caller === undefined) throw new QTChatError('ERR_ENROLL_REFUSED', 'it showed no certificate');
  if (access !== 'member-or-expired' && caller.isExpired) {
    throw new QTChatError('ERR_ENROLL_REFUSED', `the certificate of ${caller.record.member} has expired`);
  }
  return caller;
}
