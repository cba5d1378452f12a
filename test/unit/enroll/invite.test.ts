import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatInvite, type InviteLine, inviteKey, parseInvite } from '../../../src/enroll/invite.js';
import { isQTChatError } from '../../../src/errors.js';

const good: InviteLine = {
  id: '00112233445566ff',
  secret: Buffer.alloc(16, 7),
  rootSpkiSha256: Buffer.alloc(32, 9),
  port: 17_592,
  addresses: ['192.168.1.100', 'fd00::1', 'host.example'],
};

function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isQTChatError(error, 'ERR_ENROLL_INVITE_INVALID')) return error.message;
    throw error;
  }
  return 'accepted';
}

/** A line whose checksum is right, whatever its content. */
function sealed(content: Buffer): string {
  const checksum = createHash('sha256').update('qtchat1-').update(content).digest().subarray(0, 4);
  return `qtchat1-${Buffer.concat([content, checksum]).toString('base64url')}`;
}

const fixedPart = Buffer.concat([Buffer.alloc(56), Buffer.from([0x44, 0xb8])]);

describe('an invite line', () => {
  it('comes back as it was written', () => {
    expect(parseInvite(formatInvite(good))).toEqual(good);
  });

  it('has no character that a shell or a chat program would take for its own', () => {
    expect(formatInvite(good)).toMatch(/^qtchat1-[A-Za-z0-9_-]+$/);
  });

  it('may be broken over lines and surrounded by spaces', () => {
    const line = formatInvite(good);
    expect(parseInvite(`  ${line.slice(0, 40)}\r\n${line.slice(40)}\n`)).toEqual(good);
  });

  it('is refused with any one character replaced, left out or doubled', () => {
    const line = formatInvite(good);
    for (let position = 0; position < line.length; position += 1) {
      const other = line[position] === 'A' ? 'B' : 'A';
      const [before, after] = [line.slice(0, position), line.slice(position + 1)];
      for (const typed of [
        before + other + after,
        before + after,
        `${before}${line[position]}${line[position]}${after}`,
      ]) {
        if (typed !== line) expect(refusalOf(() => parseInvite(typed))).not.toBe('accepted');
      }
    }
  });

  it.each<[string, string, RegExp]>([
    ['nothing', '', /no invite/],
    ['another word', 'hello', /no invite/],
    ['a later version', formatInvite(good).replace('qtchat1', 'qtchat2'), /no invite/],
    ['half of one', formatInvite(good).slice(0, 60), /mistyped or cut/],
    ['characters outside base64url', `${formatInvite(good)}+`, /characters no invite has/],
    ['a second spelling of the same octets', `${formatInvite(good)}=`, /characters no invite has/],
    ['octets far beyond any invite', `qtchat1-${'A'.repeat(100_000)}`, /mistyped/],
    ['no address', sealed(fixedPart), /0 addresses/],
    [
      'nine addresses',
      sealed(Buffer.concat([fixedPart, ...Array<Buffer>(9).fill(Buffer.from([4, 1, 2, 3, 4]))])),
      /9 addresses/,
    ],
    ['an address cut off', sealed(Buffer.concat([fixedPart, Buffer.from([4, 1, 2, 3])])), /middle of an address/],
    ['a name cut off', sealed(Buffer.concat([fixedPart, Buffer.from([1, 9, 0x61])])), /middle of an address/],
    ['an address of an unknown kind', sealed(Buffer.concat([fixedPart, Buffer.from([9, 1])])), /does not know/],
    [
      'a name with an escape sequence',
      sealed(Buffer.concat([fixedPart, Buffer.from([1, 2, 0x1b, 0x5b])])),
      /no host name/,
    ],
    ['port 0', sealed(Buffer.concat([Buffer.alloc(58), Buffer.from([4, 1, 2, 3, 4])])), /port 0/],
  ])('is refused when it is %s', (_title, text, reason) => {
    expect(refusalOf(() => parseInvite(text))).toMatch(reason);
  });

  it('is never quoted in the refusal, because it holds a secret', () => {
    const line = formatInvite(good);
    const body = line.slice('qtchat1-'.length);
    expect(refusalOf(() => parseInvite(`${line}A`))).not.toContain(body.slice(0, 12));
  });

  it.each<[string, Partial<InviteLine>]>([
    ['an address that is a sentence', { addresses: ['not an address'] }],
    ['an address with a zone', { addresses: ['fe80::1%eth0'] }],
    ['no address', { addresses: [] }],
    ['a short secret', { secret: Buffer.alloc(15) }],
  ])('is not written with %s', (_title, change) => {
    expect(refusalOf(() => formatInvite({ ...good, ...change }))).not.toBe('accepted');
  });

  it('survives fuzzing: it is refused by our error or has exactly one spelling', () => {
    const contents = fc.uint8Array({ maxLength: 120 }).map((octets) => Buffer.from(octets));
    const lines = fc.oneof(
      fc.string().map((text) => `qtchat1-${text}`),
      contents.map(sealed),
      contents.map((octets) => sealed(Buffer.concat([fixedPart, Buffer.from([4, 10, 0, 0, 1]), octets]))),
    );
    fc.assert(
      fc.property(lines, (line) => {
        if (refusalOf(() => parseInvite(line)) !== 'accepted') return;
        expect(formatInvite(parseInvite(line))).toBe(line.replace(/\s+/g, ''));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the key of an invite', () => {
  it('is 32 octets, depends on secret and id, and does not show the secret', () => {
    const key = inviteKey(good);
    expect(key).toHaveLength(32);
    expect(inviteKey({ ...good, id: '00112233445566fe' })).not.toEqual(key);
    expect(inviteKey({ ...good, secret: randomBytes(16) })).not.toEqual(key);
    expect(key.includes(good.secret)).toBe(false);
  });
});
