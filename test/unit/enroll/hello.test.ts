import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Beginning,
  formatHello,
  formatOpening,
  helloSizesBytes,
  openingSizesBytes,
  parseCommitment,
  parseHello,
  parseOpening,
  prologueOf,
} from '../../../src/enroll/hello.js';

const invite: Beginning = { mode: 'invite', id: '00112233445566ff', rootSpkiSha256: Buffer.alloc(32, 9) };
const code: Beginning = { mode: 'code', id: '63' };
const approval: Beginning = { mode: 'approval', id: '00112233445566ff' };
const noiseMessage = Buffer.alloc(48, 1);

const withOctet = (octets: Buffer, index: number, value: number): Buffer => {
  const copy = Buffer.from(octets);
  copy[index] = value;
  return copy;
};

describe('a hello', () => {
  it.each([invite, code, approval])('of mode $mode comes back as it was written', (beginning) => {
    const octets = formatHello(beginning, noiseMessage);
    expect(parseHello(octets)).toEqual({ mode: beginning.mode, id: beginning.id, noiseMessage });
    expect(helloSizesBytes).toContain(octets.length);
  });

  const hello = formatHello(invite, noiseMessage);
  it.each<[string, Buffer]>([
    ['of another version', withOctet(hello, 0, 2)],
    ['of mode 0', withOctet(hello, 1, 0)],
    ['of a mode that there is not', withOctet(hello, 1, 4)],
    ["of a code's mode, and an invite's size", withOctet(hello, 1, 2)],
    ['too short', hello.subarray(0, -1)],
    ['too long', Buffer.concat([hello, Buffer.from([0])])],
    ['empty', Buffer.alloc(0)],
  ])('is not read when it is %s', (_title, octets) => {
    expect(parseHello(octets)).toBeUndefined();
  });

  it('has another prologue for another mode, id or root', () => {
    const prologues = [
      invite,
      approval,
      { ...invite, id: '00112233445566fe' },
      { ...invite, rootSpkiSha256: Buffer.alloc(32, 1) },
      code,
      { ...code, id: '62' },
    ].map((beginning) => prologueOf(beginning).toString('hex'));
    expect(new Set(prologues).size).toBe(6);
  });
});

describe('an opening', () => {
  const opening = { slot: 99, sid: Buffer.alloc(16, 2), share: Buffer.alloc(32, 3) };

  it('comes back as it was written', () => {
    expect(parseOpening(formatOpening(opening))).toEqual({ mode: 'code', code: opening });
    expect(parseOpening(formatOpening())).toEqual({ mode: 'approval' });
    expect([formatOpening(opening), formatOpening()].map(({ length }) => length)).toEqual(openingSizesBytes);
  });

  it.each<[string, Buffer]>([
    ['of another version', withOctet(formatOpening(), 0, 2)],
    ['of an invite, which has none', withOctet(formatOpening(), 1, 1)],
    ['for a code, and nothing more', withOctet(formatOpening(), 1, 2)],
    ['for an approval, and more', withOctet(formatOpening(opening), 1, 3)],
    ['for slot 100, which there is not', formatOpening({ ...opening, slot: 100 })],
    ['cut off', formatOpening(opening).subarray(0, -1)],
    ['empty', Buffer.alloc(0)],
  ])('is not read when it is %s', (_title, octets) => {
    expect(parseOpening(octets)).toBeUndefined();
  });

  it('is answered by a name and a commitment, and by nothing shorter or longer', () => {
    const answer = randomBytes(40);
    expect(parseCommitment(answer)).toEqual({ id: answer.toString('hex', 0, 8), commitment: answer.subarray(8) });
    expect(parseCommitment(answer.subarray(1))).toBeUndefined();
    expect(parseCommitment(Buffer.concat([answer, answer]))).toBeUndefined();
  });
});

it('what is no hello and no opening is told apart from both, whatever it is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
      const hello = parseHello(Buffer.from(octets));
      if (hello !== undefined) expect(formatHello(hello, hello.noiseMessage)).toEqual(Buffer.from(octets));
      const opening = parseOpening(Buffer.from(octets));
      if (opening?.mode === 'code') expect(formatOpening(opening.code)).toEqual(Buffer.from(octets));
    }),
  );
});
