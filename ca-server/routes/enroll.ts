/**
 * The POSTs of an enrolment. The connection carries the state: a trip on another connection
 * starts from nothing, and the connection's end decides whether an invite is spent (see
 * `src/enroll/connection.ts` for the guest's half of that agreement).
 */
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { approvalMs } from '../../src/enroll/hello.js';
import { isExactRequest, responseHeaders, type Trip, trips } from '../../src/enroll/http.js';
import { QTChatError } from '../../src/errors.js';
import { Answering } from '../answering.js';
import { ApprovalDesk } from '../approval-desk.js';
import type { AutoCa, Limits } from '../auto-ca.js';
import { setDeadline } from '../deadline.js';
import { Enrollment } from '../enrollment.js';
import { busy, sendProblem } from '../problem.js';
import { RateLimit } from '../rate-limit.js';

const largestBodyBytes = Math.max(...Object.values(trips).flatMap((trip) => trip.requestSizesBytes));

/**
 * The routes.
 *
 * @param settle - told of work that goes on after its request, so that a stopping server can wait for it
 */
export function enrollRoutes(autoCa: AutoCa, limits: Limits, settle: (work: Promise<void>) => void): Router {
  const enrollments = new WeakMap<Socket, Enrollment>();
  const shared = { answering: new Answering(limits), desk: new ApprovalDesk(autoCa, limits) };
  const hellos = new RateLimit({ perSecond: limits.hellosPerSecond, burst: limits.helloBurst });
  const openings = new RateLimit({ perSecond: limits.openingsPerSecond, burst: limits.openingBurst });
  const allOpenings = new RateLimit({ perSecond: limits.openingsPerSecondInAll, burst: limits.openingBurstInAll });

  const enrollmentOn = (socket: Socket): Enrollment => {
    const known = enrollments.get(socket);
    if (known !== undefined) return known;
    const enrollment = new Enrollment(autoCa, shared, addressOf(socket));
    enrollments.set(socket, enrollment);
    socket.once('close', () => settle(leave(enrollment)));
    return enrollment;
  };
  const limitTo =
    (rate: RateLimit, inAll?: RateLimit) =>
    (request: Request, response: Response, next: NextFunction): void => {
      if (rate.take(addressOf(request.socket)) && inAll?.take('everybody') !== false) next();
      else sendProblem(response, busy());
    };

  const router = Router({ caseSensitive: true, strict: true });
  router.post(
    trips.opening.path,
    limitTo(openings, allOpenings),
    ...bodyOf(trips.opening),
    async (request, response) => {
      answer(response, await enrollmentOn(request.socket).opening(request.body as Buffer));
    },
  );
  router.post(trips.hello.path, limitTo(hellos), ...bodyOf(trips.hello), async (request, response) => {
    const { socket } = request;
    const enrollment = enrollmentOn(socket);
    const body = await enrollment.hello(request.body as Buffer);
    if (enrollment.isByApproval) setDeadline(socket, approvalMs + limits.connectionTimeoutMs);
    answer(response, body);
  });
  router.post(trips.request.path, ...bodyOf(trips.request), async (request, response) => {
    const { socket } = request;
    const enrollment = enrollmentOn(socket);
    const body = await enrollment.request(request.body as Buffer);
    if (enrollment.isByApproval) setDeadline(socket, limits.connectionTimeoutMs);
    if (enrollment.reserved !== undefined) {
      autoCa.log({ event: 'reserved', address: addressOf(request.socket), ...enrollment.reserved });
    }
    answer(response, body);
  });
  router.post(trips.acknowledge.path, ...bodyOf(trips.acknowledge), async (request, response) => {
    const enrollment = enrollmentOn(request.socket);
    const receipt = await enrollment.acknowledge(request.body as Buffer);
    // What has arrived meanwhile is heard first: who has left by now has no receipt.
    await setImmediate();
    await setImmediate();
    awaitClosing(request.socket, enrollment);
    answer(response, receipt);
  });
  return router;

  function awaitClosing(socket: Socket, enrollment: Enrollment): void {
    const address = addressOf(socket);
    if (socket.closed || socket.readableEnded) {
      settle(giveUp(enrollment, address));
      return;
    }
    const deadline = setTimeout(() => socket.destroy(), limits.closeTimeoutMs);
    let hasLeftInOrder = false;
    // Anything but silence, then the end, is not the guest of our protocol.
    socket.once('data', () => settle(end(enrollment)));
    socket.once('end', () => {
      hasLeftInOrder = true;
      clearTimeout(deadline);
      settle(confirm(enrollment, address));
    });
    socket.once('close', () => {
      clearTimeout(deadline);
      if (!hasLeftInOrder) settle(giveUp(enrollment, address));
    });
  }

  async function giveUp(enrollment: Enrollment, address: string): Promise<void> {
    await end(enrollment);
    if (enrollment.reserved !== undefined) autoCa.log({ event: 'unconfirmed', address, ...enrollment.reserved });
  }

  async function end(enrollment: Enrollment): Promise<void> {
    try {
      await enrollment.end();
    } catch {
      // The ledger failed us. Others may be answered again after a while by themselves.
    }
  }

  async function leave(enrollment: Enrollment): Promise<void> {
    try {
      await enrollment.leave();
    } catch {
      // The ledger failed us; a request that nobody speaks for is gone after a while by itself.
    }
  }

  async function confirm(enrollment: Enrollment, address: string): Promise<void> {
    const { reserved } = enrollment;
    if (reserved === undefined) return;
    try {
      const isDone = await enrollment.confirm();
      autoCa.log({ event: isDone ? 'enrolled' : 'unconfirmed', address, ...reserved });
    } catch {
      // The ledger failed us. The invite counts as done when its reservation ends.
      autoCa.log({ event: 'unconfirmed', address, ...reserved });
    }
  }
}

/** The guest's address as the log shows it. */
export function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
}

function bodyOf(trip: Trip): ((request: Request, response: Response, next: NextFunction) => void)[] {
  const requireExactHead = (request: Request, _response: Response, next: NextFunction): void => {
    if (isExactRequest(request, trip)) next();
    else next(new QTChatError('ERR_PROTOCOL', 'the head of the request is not what a guest sends'));
  };
  return [requireExactHead, express.raw({ type: () => true, limit: largestBodyBytes, inflate: false })];
}

function answer(response: Response, body: Buffer): void {
  response.sendDate = false;
  response.writeHead(200, responseHeaders(body.length));
  response.end(body);
}
