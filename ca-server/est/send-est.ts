/**
 * Answers of EST (RFC 7030 §4): their media types, and octets as base64 in lines. The header that names the
 * encoding is what clients from before RFC 8951 look for.
 */
import type { Response } from 'express';

/** What stands in `Content-Type`. */
export const estTypes = {
  request: 'application/pkcs10',
  cacerts: 'application/pkcs7-mime',
  certificate: 'application/pkcs7-mime; smime-type=certs-only',
  privateKey: 'application/pkcs8',
  attributes: 'application/csrattrs',
} as const;

/** One body, or one part of several. */
export interface EstPart {
  readonly type: string;
  readonly der: Buffer;
}

/** How long who waits for the host's word is asked to wait, in seconds. */
const retryAfterSeconds = 600;

/** Sends one body. The connection stays: who has the answer closes it, or asks on. */
export function sendEst(response: Response, { type, der }: EstPart): void {
  const encoding = ['Content-Transfer-Encoding', 'base64'];
  sendText(response, 200, base64Lines(der), ['Content-Type', type, ...encoding]);
}

/** Sends several bodies in one (RFC 2046 §5.1). */
export function sendEstParts(response: Response, parts: readonly EstPart[], random: (size: number) => Buffer): void {
  const boundary = random(16).toString('hex');
  const texts = parts.map(
    ({ type, der }) =>
      `--${boundary}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Lines(der)}`,
  );
  const body = `${texts.join('')}--${boundary}--\r\n`;
  sendText(response, 200, body, ['Content-Type', `multipart/mixed; boundary=${boundary}`]);
}

/** Says that the host has to allow it first (RFC 7030 §4.2.3). */
export function sendEstLater(response: Response): void {
  const body = 'The host has to allow this first: ask again later, with the same key.\n';
  const headers = ['Retry-After', String(retryAfterSeconds), 'Content-Type', 'text/plain'];
  sendText(response, 202, body, headers);
}

function sendText(response: Response, status: number, text: string, headers: readonly string[]): void {
  const body = Buffer.from(text, 'latin1');
  response.writeHead(status, [
    ...headers,
    ...['Content-Length', String(body.length)],
    ...['Cache-Control', 'no-store'],
    ...['X-Content-Type-Options', 'nosniff'],
  ]);
  response.end(body);
}

/** Lines of 76 characters (RFC 2045 §6.8), each with its end. */
function base64Lines(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,76}/g) ?? [];
  return lines.map((line) => `${line}\r\n`).join('');
}
