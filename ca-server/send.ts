/** Sends good answers of the Auto CA; those that are not good go out through problem.ts. */
import type { Response } from 'express';
import type { Page } from './page.js';

/** Sends a body as the last answer on its connection. Nobody may keep it: what it says may change any moment. */
export function send(response: Response, contentType: string, body: Buffer, status = 200): void {
  response.writeHead(status, [
    ...['Content-Type', contentType],
    ...['Content-Length', String(body.length)],
    ...['Cache-Control', 'no-store'],
    ...['X-Content-Type-Options', 'nosniff'],
    ...['Connection', 'close'],
  ]);
  response.end(body);
}

/** Sends a page as the last answer on its connection. */
export function sendPage(response: Response, status: number, { headers, body }: Page): void {
  response.writeHead(status, { ...headers, 'Content-Length': body.length, Connection: 'close' });
  response.end(body);
}
