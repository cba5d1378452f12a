/**
 * Who asks with a user name and a one-time password (HTTP Basic, RFC 7617, inside TLS): the holder of an
 * open invite for EST, or nobody. Unknown, spent and wrong are one and the same to who asks, and take as long.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { estKey } from '../../src/enroll/est.js';
import { QTChatError } from '../../src/errors.js';
import { type Invite, judgeInvite } from '../../src/ledger/invites.js';
import type { AutoCa } from '../auto-ca.js';

/** What a refused client hears it should send (RFC 7030 §3.2.3). */
export const basicChallenge = 'Basic realm="QTChat EST", charset="UTF-8"';

/**
 * Finds the invite whose credentials were sent; undefined when none were.
 *
 * @throws {QTChatError} `ERR_ENROLL_REFUSED` with a reason for the host's log
 */
export async function authenticate(
  { headers: { authorization } }: Pick<IncomingMessage, 'headers'>,
  { ledger, deps }: Pick<AutoCa, 'ledger' | 'deps'>,
): Promise<Invite | undefined> {
  if (authorization === undefined) return undefined;
  const { id, password } = credentialsIn(authorization);
  const { invite, fault = 'unknown' } = await judgeInvite(ledger, id, deps.clock());
  const isOurs = invite?.kind === 'est';
  // Without an invite no password is right, and finding that out takes as long as with one.
  const expected = isOurs ? invite.psk : deps.random(32);
  const isRight = timingSafeEqual(estKey({ id, password }), expected);
  if (isOurs && isRight) return invite;
  throw refusal(`EST user ${id}: ${isOurs ? 'the password is wrong' : fault}`);
}

function credentialsIn(authorization: string): { id: string; password: string } {
  const [, base64 = ''] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const [, id, password] = /^([0-9a-f]{16}):(.*)$/s.exec(Buffer.from(base64, 'base64').toString('utf8')) ?? [];
  if (id === undefined || password === undefined) throw refusal('its credentials are none of EST here');
  return { id, password };
}

function refusal(reason: string): QTChatError {
  return new QTChatError('ERR_ENROLL_REFUSED', reason);
}
