import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type CPaceSession, generatorString, startCPace } from '../../../src/enroll/cpace.js';
import { packageRoot } from '../../../src/package-root.js';

const vector = JSON.parse(readFileSync(join(packageRoot(), 'test/vectors/cpace-ristretto255.json'), 'utf8')) as Record<
  'PRS' | 'CI' | 'sid' | 'generatorString' | 'ADa' | 'ya' | 'Ya' | 'ADb' | 'yb' | 'Yb' | 'ISK_IR',
  string
> & { scalarMultVfy: { invalid: string[] } };

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const session: CPaceSession = { password: hex(vector.PRS), channel: hex(vector.CI), sid: hex(vector.sid) };
const parties = { initiator: hex(vector.ADa), responder: hex(vector.ADb) };

describe('CPace', () => {
  const initiator = startCPace('initiator', session, hex(vector.ya), parties);
  const responder = startCPace('responder', session, hex(vector.yb), parties);

  it('passes the published vector, step by step', () => {
    expect(generatorString(session).toString('hex')).toBe(vector.generatorString);
    expect(initiator.share.toString('hex')).toBe(vector.Ya);
    expect(responder.share.toString('hex')).toBe(vector.Yb);
    expect(initiator.key(responder.share).toString('hex')).toBe(vector.ISK_IR);
    expect(responder.key(initiator.share).toString('hex')).toBe(vector.ISK_IR);
  });

  it.each([
    ...vector.scalarMultVfy.invalid,
    '',
    'ff'.repeat(32),
    '00'.repeat(31),
    vector.Yb.slice(2),
    `${vector.Yb}00`,
  ])('ends when the other side sends %s', (share) => {
    expect(() => initiator.key(hex(share))).toThrow(expect.objectContaining({ code: 'ERR_NOISE_AUTHENTICATION' }));
  });

  it.each<[string, Partial<CPaceSession>]>([
    ['another password', { password: Buffer.from('password') }],
    ['a password with a zero more', { password: Buffer.concat([session.password, Buffer.alloc(1)]) }],
    ['another channel', { channel: Buffer.from('another') }],
    ['another session', { sid: Buffer.alloc(16) }],
    [
      'octets moved from channel to session',
      { channel: Buffer.alloc(0), sid: Buffer.concat([session.channel, session.sid]) },
    ],
  ])('gives two sides different keys under %s', (_title, change) => {
    const other = startCPace('responder', { ...session, ...change }, randomBytes(32));
    const ours = startCPace('initiator', session, randomBytes(32));
    expect(other.key(ours.share)).not.toEqual(ours.key(other.share));
  });

  it('gives a side that gets its own share back a key it cannot have sent', () => {
    const one = startCPace('initiator', session, randomBytes(32));
    const other = startCPace('responder', session, randomBytes(32));
    expect(one.key(one.share)).not.toEqual(other.key(one.share));
  });

  it('takes a password as long as several blocks', () => {
    const long = { ...session, password: randomBytes(300) };
    const [one, other] = [
      startCPace('initiator', long, randomBytes(32)),
      startCPace('responder', long, randomBytes(32)),
    ];
    expect(one.key(other.share)).toEqual(other.key(one.share));
  });

  it('does not begin without randomness', () => {
    expect(() => startCPace('initiator', session, Buffer.alloc(32))).toThrow(
      expect.objectContaining({ code: 'ERR_NOISE_STATE' }),
    );
  });
});
