import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { codeKey, drawSecret, formatCode, parseCode, startAttempt } from '../../../src/enroll/code.js';

describe('a short code', () => {
  it('comes back as it was written', () => {
    expect(formatCode({ slot: 7, secret: '000123' })).toBe('07000123');
    expect(parseCode('07000123')).toEqual({ slot: 7, secret: '000123' });
  });

  it.each(['07 000 123', '07-000-123', ' 07000123\n', '0700 0123'])('is read when typed as %j', (typed) => {
    expect(parseCode(typed)).toEqual({ slot: 7, secret: '000123' });
  });

  it.each(['', '0700012', '070001234', '0700012a', '٠٧٠٠٠١٢٣', 'qtchat1-AAAA', '9'.repeat(100_000)])(
    'is refused when it is %.20j, without repeating what may be nearly right',
    (typed) => {
      expect(() => parseCode(typed)).toThrow(
        expect.objectContaining({
          code: 'ERR_ENROLL_INVITE_INVALID',
          message: 'this is no code: eight digits were expected',
        }),
      );
    },
  );

  it('is drawn without a preference: numbers of the last, incomplete million are drawn again', () => {
    const draws = [0xffffffff, 4_294_000_000, 4_293_999_999];
    const random = (size: number): Buffer => {
      const octets = Buffer.alloc(size);
      octets.writeUInt32BE(draws.shift() ?? 0);
      return octets;
    };
    expect(drawSecret(random)).toBe('999999');
    expect(drawSecret(random)).toBe('000000');
  });
});

describe('an attempt at a code', () => {
  const sid = randomBytes(16);
  const begin = (role: 'initiator' | 'responder', change: { slot?: number; secret?: string; sid?: Buffer } = {}) => {
    const { slot = 7, secret = '000123' } = change;
    return startAttempt(role, { slot, secret: Buffer.from(secret), sid: change.sid ?? sid }, randomBytes);
  };

  it('gives both sides the same psk', () => {
    const [guest, server] = [begin('initiator'), begin('responder')];
    expect(codeKey(guest.key(server.share), sid)).toEqual(codeKey(server.key(guest.share), sid));
  });

  it.each([{ slot: 8 }, { secret: '000124' }, { sid: randomBytes(16) }])(
    'gives them different ones with %j',
    (change) => {
      const [guest, server] = [begin('initiator'), begin('responder', change)];
      expect(codeKey(guest.key(server.share), sid)).not.toEqual(codeKey(server.key(guest.share), sid));
    },
  );
});
