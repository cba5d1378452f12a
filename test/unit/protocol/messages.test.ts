import { describe, expect, it } from '@jest/globals';
import { type CborMap, encodeCbor } from '../../../src/protocol/cbor.js';
import { encodeMessage, type Message, maximumTextBytes, parseMessage } from '../../../src/protocol/messages.js';

const id = 'ab'.repeat(16);
const hello = {
  type: 'hello',
  version: 1,
  session: id,
  capabilities: ['text', 'files'],
  keyOrigin: 'local',
  port: 17_590,
  epoch: id,
  cursors: [{ epoch: id, sequence: 7 }],
} as const;
const text = {
  type: 'text',
  id: '6f1c2a3e-0b1d-4c2a-9d3e-4f5a6b7c8d9e',
  sequence: 1,
  sentAt: 1,
  text: 'ahoj',
} as const;
const target = '0b1c2a3e-0b1d-4c2a-9d3e-4f5a6b7c8d9e';
const { type: _, text: __, ...numbered } = text;
const reaction = { type: 'reaction', ...numbered, target, emoji: '👍🏽' } as const;
const offer = { type: 'file-offer', id, name: 'film.mp4', sizeBytes: 5, version: Buffer.alloc(32, 1) } as const;
const accept = { type: 'file-accept', id, doneBytes: 3 } as const;

describe('messages', () => {
  it.each<Message>([
    { ...hello, capabilities: [...hello.capabilities], cursors: [...hello.cursors] },
    {
      ...{ ...hello, capabilities: [], cursors: [] },
      crl: 1_800_000_000,
      successions: [{ formerSpki: Buffer.alloc(91, 1), signature: Buffer.alloc(71, 2) }],
    },
    { type: 'revocation-list', list: Buffer.alloc(300, 3) },
    text,
    { ...text, replyTo: target },
    { type: 'edit', ...numbered, target, text: 'x' },
    { type: 'delete', ...numbered, target },
    reaction,
    { ...reaction, emoji: '' },
    { type: 'read', sequence: 3 },
    { type: 'typing' },
    offer,
    { ...offer, resumes: 'cd'.repeat(16) },
    accept,
    { type: 'file-received', id },
    { type: 'delivered', sequence: 3 },
    { type: 'ping' },
    { type: 'bye', reason: 'done' },
    { type: 'file-decline', id, reason: 'name' },
    { type: 'call-offer', id, sdp: 'v=0', isRestart: true },
    { type: 'call-ringing', id },
    { type: 'call-answer', id, sdp: 'x'.repeat(16_384) },
    { type: 'call-candidate', id, candidate: 'x'.repeat(1_024) },
    { type: 'call-end', id, reason: 'busy' },
  ])('come out as they went in: $type', (message) => {
    expect(parseMessage(encodeMessage(message))).toEqual(message);
  });

  it.each<[string, CborMap]>([
    ['an unknown type', { type: 'shell' }],
    ['a type from the prototype of objects', { type: 'constructor' }],
    ['no type', {}],
    ['a field that nobody knows', { ...text, extra: 1 }],
    ['a missing field', { ...text, text: undefined }],
    ['an empty text', { ...text, text: '' }],
    ['a text over its limit', { ...text, text: 'x'.repeat(maximumTextBytes + 1) }],
    ['a text over its limit in octets only', { ...text, text: 'ä'.repeat(maximumTextBytes / 2 + 1) }],
    ['a sequence of zero', { ...text, sequence: 0 }],
    ['a negative sequence', { ...text, sequence: -1 }],
    ['a sequence beyond all messages', { ...text, sequence: 2 ** 50 }],
    ['an id that is no UUID', { ...text, id: '../../etc/passwd' }],
    ['a time beyond all dates', { ...text, sentAt: Number.MAX_SAFE_INTEGER }],
    ['an answer to what is no UUID', { ...text, replyTo: 'x' }],
    ['an edit without a text', { type: 'edit', ...numbered, target, text: '' }],
    ['an edit over the limit of texts', { type: 'edit', ...numbered, target, text: 'x'.repeat(maximumTextBytes + 1) }],
    ['an edit of nothing', { type: 'edit', ...numbered, text: 'x' }],
    ['a deletion of everything', { type: 'delete', ...numbered, target: '*' }],
    ['a deletion with a text', { type: 'delete', ...numbered, target, text: 'x' }],
    ['a reaction over its limit', { ...reaction, emoji: 'x'.repeat(65) }],
    ['a reaction over its limit in octets only', { ...reaction, emoji: '👍'.repeat(17) }],
    ['a reaction of two lines', { ...reaction, emoji: 'a\nb' }],
    ['a reaction of spaces', { ...reaction, emoji: ' ' }],
    ['a reaction that moves the cursor', { ...reaction, emoji: '\u001b[2J' }],
    ['a read message number zero', { type: 'read', sequence: 0 }],
    ['typing with a text', { type: 'typing', text: 'x' }],
    ['another version', { ...hello, version: 2 }],
    ['too many cursors', { ...hello, cursors: Array.from({ length: 17 }, () => ({ epoch: id, sequence: 1 })) }],
    ['a port beyond 65535', { ...hello, port: 65_536 }],
    ['an epoch in upper case', { ...hello, epoch: id.toUpperCase() }],
    ['an unknown key origin', { ...hello, keyOrigin: 'stolen' }],
    ['a list of a negative number', { ...hello, crl: -1 }],
    [
      'a fifth former key',
      { ...hello, successions: Array(5).fill({ formerSpki: Buffer.of(1), signature: Buffer.of(1) }) },
    ],
    [
      'a former key without octets',
      { ...hello, successions: [{ formerSpki: Buffer.alloc(0), signature: Buffer.of(1) }] },
    ],
    [
      'a former key that is too long',
      { ...hello, successions: [{ formerSpki: Buffer.alloc(601), signature: Buffer.of(1) }] },
    ],
    ['an empty revocation list', { type: 'revocation-list', list: Buffer.alloc(0) }],
    ['a revocation list that is too long', { type: 'revocation-list', list: Buffer.alloc(131_073) }],
    ['a file of negative size', { ...offer, sizeBytes: -1 }],
    ['a file without a name', { ...offer, name: '' }],
    ['a file name over 255 octets', { ...offer, name: 'x'.repeat(256) }],
    ['a file over 1 TiB', { ...offer, sizeBytes: 2 ** 40 + 1 }],
    ['a version of the wrong length', { ...offer, version: Buffer.alloc(31) }],
    ['a version as text', { ...offer, version: 'x'.repeat(32) }],
    ['a file without a version', { ...offer, version: undefined }],
    ['a file that goes on with no transfer', { ...offer, resumes: '../x' }],
    ['a file of which less than nothing is there', { ...accept, doneBytes: -1 }],
    ['an unknown reason', { type: 'bye', reason: 'because' }],
  ])('are refused with %s', (_, value) => {
    expect(() => parseMessage(encodeCbor(value))).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
  });

  it.each([
    ['a list', [1, 2]],
    ['a number', 5],
    ['nothing', null],
  ])('are refused where %s stands instead', (_, value) => {
    expect(() => parseMessage(encodeCbor(value))).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
  });
});
