import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerSizesBytes, formatAnswer, formatRequest, parseAnswer, parseRequest } from '../../../src/enroll/wire.js';
import { isQTChatError } from '../../../src/errors.js';

const der = randomBytes(300);
const host = { member: 'alice', addresses: [{ host: '192.168.1.100', port: 17_590 }] };

function isRefused(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch (error) {
    if (isQTChatError(error, 'ERR_PROTOCOL')) return true;
    throw error;
  }
}

describe('requests and answers', () => {
  it('come back as they were written', () => {
    expect(parseRequest(formatRequest({}))).toEqual({});
    expect(parseRequest(formatRequest({ csr: der }))).toEqual({ csr: der });
    expect(parseAnswer(formatAnswer({ localKey: 'required' }))).toEqual({ localKey: 'required' });
    expect(parseAnswer(formatAnswer({ pfx: der, host }))).toEqual({ pfx: der, host });
    expect(parseAnswer(formatAnswer({ chain: [der, der] }))).toEqual({ chain: [der, der] });
  });

  it('are of one size, whatever usual thing they hold', () => {
    const sizes = [formatRequest({}), formatRequest({ csr: der })].map(({ length }) => length);
    expect(sizes).toEqual([1024, 1024]);
    const answers = [formatAnswer({ pfx: randomBytes(2000), host }), formatAnswer({ chain: [der, der] })];
    expect(answers.map(({ length }) => length + 16)).toEqual([answerSizesBytes[0], answerSizesBytes[0]]);
  });

  it('take the next size when they are long, and are not sent when they fit none', () => {
    expect(formatAnswer({ pfx: randomBytes(4000) })).toHaveLength(16_384);
    expect(formatAnswer({ pfx: randomBytes(16_000) })).toHaveLength(61_440);
    expect(isRefused(() => formatRequest({ csr: randomBytes(4000) }))).toBe(true);
  });

  const request = { csr: der.toString('base64') };
  it.each<[string, unknown]>([
    ['no JSON', undefined],
    ['a list', []],
    ['a number', 1],
    ['null', null],
    ['a name of its own', { ...request, member: 'mallory' }],
    ['a SAN of its own', { ...request, names: [{ type: 'ip', value: '1.2.3.4' }] }],
    ['a CSR that is no base64', { csr: 'not base64!' }],
    ['a CSR that is a number', { csr: 5 }],
    ['a CSR that is too long', { csr: randomBytes(20_000).toString('base64') }],
  ])('a request that is %s is refused', (_title, value) => {
    expect(isRefused(() => parseRequest(Buffer.from(JSON.stringify(value) ?? '{')))).toBe(true);
  });

  const answer = { pfx: der.toString('base64'), host };
  it.each<[string, unknown]>([
    ['a host with a bad name', { ...answer, host: { ...host, member: 'Alice Smith' } }],
    ['a host at port 0', { ...answer, host: { ...host, addresses: [{ host: 'a', port: 0 }] } }],
    ['a host at a port that is a text', { ...answer, host: { ...host, addresses: [{ host: 'a', port: '1' }] } }],
    ['a host with too many addresses', { ...answer, host: { ...host, addresses: Array(9).fill(host.addresses[0]) } }],
    ['a chain without a root', { chain: [der.toString('base64')] }],
    ['a chain without an end', { chain: Array(5).fill(der.toString('base64')) }],
    ['another word about keys', { localKey: 'welcome' }],
    ['an unknown field', { ...answer, more: 1 }],
  ])('an answer with %s is refused', (_title, value) => {
    expect(isRefused(() => parseAnswer(Buffer.from(JSON.stringify(value))))).toBe(true);
  });

  it('survive fuzzing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (octets) => {
          isRefused(() => parseRequest(Buffer.from(octets)));
          isRefused(() => parseAnswer(Buffer.from(octets)));
        },
      ),
      { numRuns: 300 },
    );
  });
});
