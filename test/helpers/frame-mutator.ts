/** Frames that are almost right: a good message with some things changed in its fields, its octets or its length. */
import { type CborMap, type CborValue, encodeCbor } from '../../src/protocol/cbor.js';
import { maximumFrameBytes } from '../../src/protocol/frame.js';
import { type Message, type MessageOf, maximumSequence } from '../../src/protocol/messages.js';
import { frameHeader, goodHello } from './rogue.js';

/** Random numbers that a seed repeats (Mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** One of a list. */
  of<One>(list: readonly One[]): One {
    return list[this.below(list.length)] as One;
  }
}

const id = '0f'.repeat(16);
const uuid = '6f1c2a3e-0b1d-4c2a-9d3e-4f5a6b7c8d9e';
const otherUuid = '0a1b2c3d-0b1d-4c2a-9d3e-4f5a6b7c8d9e';

/** One message of each kind: the type asks for those that are new. */
const samples: { [Type in Message['type']]: MessageOf<Type> } = {
  hello: goodHello,
  text: { type: 'text', id: uuid, sequence: 1, sentAt: 1, text: 'Grüße', replyTo: otherUuid },
  edit: { type: 'edit', id: otherUuid, sequence: 2, sentAt: 2, target: uuid, text: 'Gruß' },
  delete: { type: 'delete', id: otherUuid, sequence: 3, sentAt: 3, target: uuid },
  reaction: { type: 'reaction', id: otherUuid, sequence: 4, sentAt: 4, target: uuid, emoji: '👍' },
  read: { type: 'read', sequence: 1 },
  typing: { type: 'typing' },
  delivered: { type: 'delivered', sequence: 1 },
  'revocation-list': { type: 'revocation-list', list: Buffer.alloc(40, 7) },
  ping: { type: 'ping' },
  pong: { type: 'pong' },
  bye: { type: 'bye', reason: 'done' },
  'file-offer': {
    type: 'file-offer',
    id,
    name: 'note.txt',
    sizeBytes: 7,
    isFolder: true,
    version: Buffer.alloc(32, 1),
    resumes: 'f0'.repeat(16),
  },
  'file-accept': { type: 'file-accept', id, doneBytes: 7 },
  'file-decline': { type: 'file-decline', id, reason: 'declined' },
  'file-ready': { type: 'file-ready', id, number: 1 },
  'file-connection': { type: 'file-connection', id, number: 255 },
  'file-pause': { type: 'file-pause', id },
  'file-resume': { type: 'file-resume', id },
  'file-received': { type: 'file-received', id },
  'file-failed': { type: 'file-failed', id, reason: 'broken' },
  'call-offer': { type: 'call-offer', id, sdp: 'v=0\r\n', isRestart: true },
  'call-ringing': { type: 'call-ringing', id },
  'call-answer': { type: 'call-answer', id, sdp: 'v=0\r\n' },
  'call-candidate': { type: 'call-candidate', id, candidate: 'candidate:1 1 udp 1 127.0.0.1 40000 typ host' },
  'call-devices': { type: 'call-devices', id, input: false, output: true },
  'call-end': { type: 'call-end', id, reason: 'hung-up' },
};
const messages = Object.values(samples) as unknown as CborMap[];

const oddValues: readonly CborValue[] = [
  null,
  true,
  0,
  -1,
  1,
  255,
  65_536,
  2 ** 32,
  maximumSequence,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  '',
  'x',
  '../../x',
  '\u0000\u202e',
  '__proto__',
  'constructor',
  'x'.repeat(300),
  id,
  uuid,
  Buffer.alloc(0),
  Buffer.alloc(32),
  [],
  [[[[[[]]]]]],
  {},
  { epoch: id, sequence: 1 },
  [{ epoch: id, sequence: 1 }],
];

/** The next frame that is almost right; one in ten is all right. */
export function mutatedFrame(dice: Dice): Buffer {
  const message = dice.of(messages);
  const way = dice.below(10);
  if (way === 0) return framed(encodeCbor(message), dice);
  let payload: Buffer = encodeCbor(way < 5 ? withOddFields(message, dice) : message);
  if (way >= 4) for (let times = dice.below(3); times >= 0; times -= 1) payload = withOddOctets(payload, dice);
  return framed(payload, dice, dice.below(12) === 0);
}

function withOddFields(message: CborMap, dice: Dice): CborMap {
  const changed: Record<string, CborValue | undefined> = { ...message };
  const fields = Object.keys(changed);
  for (let times = dice.below(2); times >= 0; times -= 1) {
    const field = dice.below(6) === 0 ? dice.of(['extra', '__proto__', 'length', 'epoch', '']) : dice.of(fields);
    const value = dice.below(6) === 0 ? undefined : dice.of(oddValues);
    Object.defineProperty(changed, field, { value, enumerable: true, configurable: true, writable: true });
  }
  return changed;
}

function withOddOctets(octets: Buffer, dice: Dice): Buffer {
  const at = dice.below(octets.length + 1);
  const to = at + dice.below(Math.min(9, octets.length - at + 1));
  const around = (middle: Uint8Array, rest = to): Buffer =>
    Buffer.concat([octets.subarray(0, at), middle, octets.subarray(rest)]);
  switch (dice.below(7)) {
    case 0: {
      const changed = Buffer.from(octets);
      if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << dice.below(8));
      return changed;
    }
    case 1:
      return around(Buffer.of(dice.below(256)), at + 1);
    case 2:
      return octets.subarray(0, at);
    case 3:
      return around(Buffer.alloc(0));
    case 4:
      return around(octets.subarray(at, to), at);
    case 5:
      // Heads of CBOR that promise more than there is, or go deep.
      return around(
        Buffer.from(
          dice.of(['9bffffffffffffffff', 'bb0000000100000000', '5affffffff', '818181818181818181', 'ff', 'c0']),
          'hex',
        ),
        at,
      );
    default:
      return Buffer.concat([octets.subarray(0, at), encodeCbor(dice.of(messages)).subarray(dice.below(20))]);
  }
}

function framed(payload: Buffer, dice: Dice, isOdd = false): Buffer {
  const odd = [
    0,
    1,
    payload.length - 1,
    payload.length + 1,
    4096,
    maximumFrameBytes,
    maximumFrameBytes + 1,
    0xffff_ffff,
  ];
  const sizeBytes = isOdd ? Math.max(dice.of(odd), 0) : payload.length;
  return Buffer.concat([frameHeader(sizeBytes), payload]);
}
