/**
 * The Auto CA as an express application, apart from any listening. Routes decide what is right; here
 * every error becomes an answer, once, and an event in the host's log.
 */
import type { Socket } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { isQTChatError, messageOf } from '../src/errors.js';
import { type AutoCa, defaultLimits } from './auto-ca.js';
import { busy, failed, malformed, notFound, refused, sendProblem } from './problem.js';
import { addressOf, enrollRoutes } from './routes/enroll.js';
import { linkRoutes } from './routes/link.js';

/** The application, and a way to wait for what it does after its last answer. */
export interface AutoCaApp {
  readonly express: Express;
  /** Resolves when nothing is under way any more. */
  readonly settled: () => Promise<void>;
}

/**
 * Builds the application.
 *
 * @param open - what else anybody may ask here
 */
export function createApp(autoCa: AutoCa, open?: Router): AutoCaApp {
  const underWay = new Set<Promise<void>>();
  const settle = (work: Promise<void>): void => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  const limits = { ...defaultLimits, ...autoCa.limits };
  app.use(autoCa.watch.counting('guests'));
  app.use(enrollRoutes(autoCa, limits, settle));
  app.use(linkRoutes(autoCa, limits));
  if (open !== undefined) app.use(open);
  app.use((_request: Request, response: Response) => sendProblem(response, notFound()));
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    answerError(autoCa, error, request.socket, response);
  });
  return { express: app, settled: async () => void (await Promise.all(underWay)) };
}

/** Answers an error, once, and tells the host; strangers hear no reason. */
export function answerError(autoCa: AutoCa, error: unknown, socket: Socket, response: Response): void {
  const address = addressOf(socket);
  if (response.headersSent || socket.destroyed) {
    socket.destroy();
  } else if (isQTChatError(error, 'ERR_ENROLL_REFUSED')) {
    autoCa.log({ event: 'refused', address, reason: error.message });
    sendProblem(response, refused());
  } else if (isQTChatError(error, 'ERR_ENROLL_BUSY')) {
    autoCa.log({ event: 'refused', address, reason: error.message });
    sendProblem(response, busy());
  } else if (isQTChatError(error, 'ERR_PROTOCOL') || isBodyError(error)) {
    autoCa.log({ event: 'refused', address, reason: 'the request is not what a guest sends' });
    sendProblem(response, malformed());
  } else {
    const requestId = autoCa.deps.random(8).toString('hex');
    autoCa.log({ event: 'failed', address, requestId, reason: messageOf(error) });
    sendProblem(response, failed(requestId));
  }
}

// What express.raw throws at bodies that are too long, cut off or of a wrong encoding.
function isBodyError(error: unknown): boolean {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status < 500;
}
