/** When a certificate begins and ends (RFC 5280 §4.1.2.5): never before or after its issuers. */
import type { X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { readCertificateFields } from './certificate-fields.js';
import { dayMs, dayOf } from './day.js';

/** Both ends belong to it; whole seconds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Why it ends earlier than asked for; undefined when it does not. */
  readonly validityCut?: string;
}

/** Certificates begin a little in the past, so that a peer whose clock is slow accepts them at once. */
const backdateMs = 60_000;

/** A hundred years: whoever types more has slipped. */
const absurdDays = 36_500;

/**
 * The validity of a certificate that is to last `days` from `now`, cut to `maximumDays` and to the validity of its issuers.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` when `days` is no positive whole number, or an issuer is not valid now
 */
export function planValidity(
  days: number,
  maximumDays: number,
  now: Date,
  issuers: readonly X509Certificate[],
): Validity {
  checkDays(days, maximumDays);
  const validities = issuers.map(readCertificateFields);
  const issuerStartMs = Math.max(...validities.map((issuer) => issuer.notBefore.getTime()));
  const issuerEndMs = Math.min(...validities.map((issuer) => issuer.notAfter.getTime()));
  if (now.getTime() < issuerStartMs || now.getTime() > issuerEndMs) throw issuerNotValid(issuerStartMs, issuerEndMs);
  const startMs = Math.max(wholeSecond(now.getTime() - backdateMs), issuerStartMs);
  const cappedDays = Math.min(days, maximumDays);
  // Both ends belong to the validity (RFC 5280 §4.1.2.5): one second less makes it exactly that long.
  const endMs = startMs + cappedDays * dayMs - 1000;
  const notBefore = new Date(startMs);
  if (endMs > issuerEndMs) {
    const notAfter = new Date(issuerEndMs);
    return { notBefore, notAfter, validityCut: `it ends with the CA that issues it, on ${dayOf(notAfter)}` };
  }
  const notAfter = new Date(endMs);
  if (cappedDays === days) return { notBefore, notAfter };
  return { notBefore, notAfter, validityCut: `${maximumDays} days is the longest that its profile allows` };
}

/**
 * Judges a number of days as typed: more than the maximum is cut later and said, more than a century is a mistake.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY`
 */
export function checkDays(days: number, maximumDays: number): void {
  if (!Number.isSafeInteger(days) || days < 1 || days > absurdDays) throw invalidDays(days, maximumDays);
}

/** Tells whether a certificate has ended: its last second belongs to it (RFC 5280 §4.1.2.5). */
export function hasEnded(notAfter: Date, now: Date): boolean {
  return !(now <= notAfter);
}

/** The refusal of a number of days. */
export function invalidDays(days: number, maximumDays: number): QTChatError {
  const message = `a validity of ${days} days is not possible: expected a whole number from 1 to ${maximumDays}`;
  return new QTChatError('ERR_PKI_VALIDITY', message, { hint: 'Leave out --days for the usual validity' });
}

function issuerNotValid(startMs: number, endMs: number): QTChatError {
  const [start, end] = [new Date(startMs), new Date(endMs)];
  return new QTChatError(
    'ERR_PKI_VALIDITY',
    `the CA is valid only from ${start.toISOString()} to ${end.toISOString()}`,
    {
      hint: "Check this machine's clock; an expired CA must be made anew",
    },
  );
}

function wholeSecond(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
}
