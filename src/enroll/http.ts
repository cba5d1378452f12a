/**
 * The HTTP heads of an enrolment, of which each is a constant: the guest sends no other, and either
 * side refuses any other, so that no octet of the conversation can be changed unnoticed. The bodies
 * are protected by Noise; these few octets around them by comparison.
 */
import type { IncomingMessage } from 'node:http';
import { helloSizesBytes, openingAnswerSizesBytes, openingSizesBytes } from './hello.js';
import { handshakeMessageSizeBytes } from './noise.js';
import { acknowledgementSizeBytes, answerSizesBytes, requestSizesBytes } from './wire.js';

/** One POST of an enrolment: where it goes, and what bodies may go and come, in octets. */
export interface Trip {
  readonly path: string;
  readonly requestSizesBytes: readonly number[];
  readonly responseSizesBytes: readonly number[];
}

/** The trips, in order; an invite needs no opening. */
export const trips = {
  opening: {
    path: '/enroll/opening',
    requestSizesBytes: openingSizesBytes,
    responseSizesBytes: openingAnswerSizesBytes,
  },
  hello: {
    path: '/enroll/hello',
    requestSizesBytes: helloSizesBytes,
    responseSizesBytes: [handshakeMessageSizeBytes],
  },
  request: {
    path: '/enroll/request',
    requestSizesBytes,
    responseSizesBytes: answerSizesBytes,
  },
  acknowledge: {
    path: '/enroll/acknowledge',
    requestSizesBytes: [acknowledgementSizeBytes],
    responseSizesBytes: [acknowledgementSizeBytes],
  },
} satisfies Record<string, Trip>;

// The same for every Auto CA: the true one may have been reached by any of its addresses.
const hostHeader = 'qtchat';
const contentType = 'application/octet-stream';

/**
 * The octets before the guest's body. No space follows the colons: an HTTP parser drops spaces and
 * tabs there, so a space turned into a tab would pass unnoticed.
 */
export function requestHead(path: string, sizeBytes: number): Buffer {
  const lines = [
    `POST ${path} HTTP/1.1`,
    ...pairs(requestHeaders(sizeBytes)).map(([name, value]) => `${name}:${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Tells whether a request as parsed by node:http can only have been sent as {@link requestHead} writes it. */
export function isExactRequest(request: IncomingMessage, trip: Trip): boolean {
  return (
    request.method === 'POST' &&
    request.url === trip.path &&
    request.httpVersion === '1.1' &&
    trip.requestSizesBytes.some((size) => sameList(request.rawHeaders, requestHeaders(size)))
  );
}

/** The octets before the server's body, exactly as node:http writes {@link responseHeaders} with status 200. */
export function responseHead(sizeBytes: number): Buffer {
  const lines = ['HTTP/1.1 200 OK', ...pairs(responseHeaders(sizeBytes)).map(([name, value]) => `${name}: ${value}`)];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/**
 * The headers of a good answer, names and values in turn. Naming `Connection` keeps node:http from
 * adding it, and `Keep-Alive`, itself.
 */
export function responseHeaders(sizeBytes: number): string[] {
  return ['Content-Type', contentType, 'Content-Length', String(sizeBytes), 'Connection', 'keep-alive'];
}

function requestHeaders(sizeBytes: number): string[] {
  return ['Host', hostHeader, 'Content-Type', contentType, 'Content-Length', String(sizeBytes)];
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

function pairs(list: readonly string[]): [string, string][] {
  return list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1] ?? ''] as [string, string]] : []));
}
