import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseIndex } from '../../../src/pki/index-txt.js';
import { refusalOf } from './refusal.js';

const good = ['R', '270101000000Z', '260601120000Z,keyCompromise', '01AB', 'unknown', '/C=US/CN=bob'];
const line = (change: Record<number, string> = {}): string =>
  good.map((field, index) => change[index] ?? field).join('\t');
const valid = { 0: 'V', 2: '' };

describe('parseIndex', () => {
  it('reads valid, expired and revoked certificates', () => {
    const text = [line({ ...valid, 3: '0F' }), line({ ...valid, 0: 'E', 3: '10' }), line(), ''].join('\n');
    const notAfter = new Date('2027-01-01T00:00:00Z');
    expect(parseIndex(text)).toEqual([
      { serialNumber: '0F', notAfter, commonName: 'bob' },
      { serialNumber: '10', notAfter, commonName: 'bob' },
      {
        serialNumber: '01AB',
        notAfter,
        revokedAt: new Date('2026-06-01T12:00:00Z'),
        reason: 'keyCompromise',
        commonName: 'bob',
      },
    ]);
  });

  it('reads nothing from an empty file', () => expect(parseIndex('')).toEqual([]));

  it.each<[string, Record<number, string>, object]>([
    ['dates after 2049', { ...valid, 1: '20510101000000Z' }, { notAfter: new Date('2051-01-01T00:00:00Z') }],
    ['a serial number in lower case with zeros before it', { 3: '0000ab' }, { serialNumber: 'AB' }],
    ['a serial number of odd length', { 3: 'ABC' }, { serialNumber: '0ABC' }],
    ['no reason', { 2: '260601120000Z' }, { reason: 'unspecified' }],
    ['a reason of the CA', { 2: '260601120000Z,CACompromise' }, { reason: 'cACompromise' }],
    [
      'a reason with the time of compromise',
      { 2: '260601120000Z,keyTime,20260501000000Z' },
      { reason: 'keyCompromise' },
    ],
    ['a hold', { 2: '260601120000Z,holdInstruction,1.2.3' }, { reason: 'certificateHold' }],
    ['a subject with more behind the name', { 5: '/CN=bob/emailAddress=b@example.org' }, { commonName: 'bob' }],
    ['a subject without a common name', { 5: '/O=Example' }, { commonName: undefined }],
  ])('understands %s', (_, change, expected) => expect(parseIndex(line(change))).toMatchObject([expected]));

  it.each<[string, string]>([
    ['something else', 'hello'],
    ['a binary', '\u0000\u0001\t'],
    ['an unknown state', line({ 0: 'X' })],
    ['no end', line({ 1: '' })],
    ['an end that does not exist', line({ 1: '270231000000Z' })],
    ['a revoked one without its time', line({ 2: '' })],
    ['a valid one with a time of revocation', line({ 0: 'V' })],
    ['an unknown reason', line({ 2: '260601120000Z,boredom' })],
    ['no serial number', line({ 3: '' })],
    ['a serial number that is none', line({ 3: 'xyz' })],
    ['a negative serial number', line({ 3: '-01' })],
    ['a serial number of 21 octets', line({ 3: 'A'.repeat(42) })],
    ['a line cut short', good.slice(0, 4).join('\t')],
    ['a serial number twice', `${line()}\n${line({ 3: '000001ab' })}`],
  ])('refuses %s, lest a revocation be lost', (_, text) => {
    expect(refusalOf(() => parseIndex(`${line({ 3: 'FF' })}\n${text}`))).toBe('ERR_STORE_DAMAGED');
  });

  it('fails in no other way, whatever it is given', () => {
    const field = fc.oneof(fc.string(), fc.constantFrom(...good, 'V', ''));
    const text = fc.array(fc.array(field, { maxLength: 7 }), { maxLength: 4 });
    const written = text.map((lines) => lines.map((fields) => fields.join('\t')).join('\n'));
    fc.assert(
      fc.property(written, (file) => {
        expect([undefined, 'ERR_STORE_DAMAGED']).toContain(refusalOf(() => parseIndex(file)));
      }),
      { numRuns: 2000 },
    );
  });
});
