import { describe, expect, it } from '@jest/globals';
import * as v from 'valibot';
import {
  answerSchema,
  encodeFrame,
  FrameReader,
  greetingSchema,
  requestSchema,
} from '../../../src/ledger/signer-wire.js';

const requests = () => new FrameReader(1024, (value) => v.parse(requestSchema, value));
const request = { id: 7, certificate: 'AB12' };

describe("the frames on the signer's socket", () => {
  it('arrive whole, however they were cut', () => {
    const octets = Buffer.concat([encodeFrame(request), encodeFrame({ id: 8, crl: 1 })]);
    for (const size of [1, 3, 5, octets.length]) {
      const reader = requests();
      const messages = [];
      for (let at = 0; at < octets.length; at += size) messages.push(...reader.read(octets.subarray(at, at + size)));
      expect(messages).toEqual([request, { id: 8, crl: 1 }]);
    }
  });

  it('are refused by their length alone, before any of them has arrived', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(1025);
    expect(() => requests().read(head)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
  });

  it.each([
    ['no JSON', Buffer.from([0, 0, 0, 1, 0x7b])],
    ['nothing', Buffer.alloc(4)],
    ['a list', encodeFrame([request])],
    ['no number', encodeFrame({ certificate: 'AB12' })],
    ['a negative number', encodeFrame({ ...request, id: -1 })],
    ['a fraction as its number', encodeFrame({ ...request, id: 0.5 })],
    ['both kinds at once', encodeFrame({ ...request, crl: 1 })],
    ['a serial number in lower case', encodeFrame({ id: 1, certificate: 'ab12' })],
    ['a serial number of 21 octets', encodeFrame({ id: 1, certificate: 'AB'.repeat(21) })],
    ['octets to sign', encodeFrame({ id: 1, tbs: 'AAAA' })],
    ['a field that nobody knows', encodeFrame({ ...request, profile: 'ca' })],
  ])('that say %s are no requests', (_title, octets) => {
    expect(() => requests().read(octets)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
  });

  it.each([
    ['an answer of another kind', answerSchema, { id: 1, der: '<>' }],
    ['an error code that is none of ours', answerSchema, { id: 1, code: 'EACCES', message: 'x' }],
    ['a greeting of another version', greetingSchema, { version: 2, issuing: 'a'.repeat(64) }],
  ])('do not pass for %s', (_title, schema, value) => {
    expect(v.safeParse(schema, value).success).toBe(false);
  });
});
