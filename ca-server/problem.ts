/**
 * What guests hear when they do not get what they asked for: RFC 9457 problems, one for each case.
 * Every refusal is the same to them; the reason goes to the host's log.
 */
import type { Response } from 'express';

/** A problem as it is sent. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Names one failure in the host's log. */
  readonly requestId?: string;
}

/** The one answer to a guest without a right. */
export function refused(): Problem {
  return problem(
    'refused',
    403,
    'Refused',
    'The invite or code is spent, expired or unknown, or the host declined: ask for a new one.',
  );
}

/** The one answer on the port for members to who has no right to what they ask. */
export function notAccepted(): Problem {
  return problem('not-accepted', 403, 'Not accepted', 'Your certificate does not allow that; the host can see why.');
}

/** The one answer to a client of EST that is to show a user name and a password (RFC 7030 §3.2.3). */
export function unauthorized(): Problem {
  return problem(
    'unauthorized',
    401,
    'Unauthorized',
    'The credentials are missing, spent, expired or unknown: ask the host for new ones.',
  );
}

/** For a request for a certificate that its own sender may not have; `detail` says nothing about others. */
export function requestRefused(detail: string): Problem {
  return problem('request-refused', 400, 'Request refused', detail);
}

/** For a body that says to be what the address does not take. */
export function wrongMediaType(expected: string): Problem {
  return problem('wrong-media-type', 415, 'Unsupported media type', `A body here is ${expected}, in base64.`);
}

/** For what is not an enrolment message at all. */
export function malformed(): Problem {
  return problem('malformed', 400, 'Malformed request', 'This is not what qtchat enroll sends.');
}

/** For every address but those of the enrolment. */
export function notFound(): Problem {
  return problem('not-found', 404, 'Not found', 'This is the Auto CA of a QTChat circle. To join, run: qtchat enroll');
}

/** For a guest that asks too often, when too many ask, or while its invite is being confirmed. */
export function busy(): Problem {
  return problem('busy', 429, 'Busy', 'Too much at once: try again in a minute.');
}

/** For trouble of our own; `requestId` stands in the host's log. */
export function failed(requestId: string): Problem {
  return { ...problem('failed', 500, 'Failed', 'The Auto CA failed; its host can see why.'), requestId };
}

/** Sends a problem as the last answer on its connection. */
export function sendProblem(response: Response, answer: Problem): void {
  const body = Buffer.from(JSON.stringify(answer));
  response.sendDate = false;
  response.writeHead(answer.status, [
    ...['Content-Type', 'application/problem+json'],
    ...['Content-Length', String(body.length)],
    ...['Connection', 'close'],
  ]);
  response.end(body);
}

function problem(name: string, status: number, title: string, detail: string): Problem {
  return { type: `urn:qtchat:problem:${name}`, title, status, detail };
}
