import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { handshakeMessageSizeBytes, NoiseHandshake, type NoiseOptions } from '../../../src/enroll/noise.js';
import { isQTChatError } from '../../../src/errors.js';
import { packageRoot } from '../../../src/package-root.js';

interface Vector {
  init_prologue: string;
  init_psks: [string];
  init_ephemeral: string;
  resp_prologue: string;
  resp_psks: [string];
  resp_ephemeral: string;
  handshake_hash: string;
  messages: { payload: string; ciphertext: string }[];
}

const { vectors } = JSON.parse(readFileSync(join(packageRoot(), 'test/vectors/noise-nnpsk0.json'), 'utf8')) as {
  vectors: Vector[];
};
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

function pair(change: Partial<NoiseOptions> = {}): { initiator: NoiseHandshake; responder: NoiseHandshake } {
  const psk = randomBytes(32);
  const prologue = Buffer.from('prologue');
  return {
    initiator: new NoiseHandshake({ role: 'initiator', psk, prologue, ephemeral: randomBytes(32) }),
    responder: new NoiseHandshake({ role: 'responder', psk, prologue, ephemeral: randomBytes(32), ...change }),
  };
}

function connected() {
  const { initiator, responder } = pair();
  responder.readMessage(initiator.writeMessage());
  initiator.readMessage(responder.writeMessage());
  return { initiator: initiator.split(), responder: responder.split() };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return isQTChatError(error) ? error.code : String(error);
  }
  return 'no error';
}

describe('Noise NNpsk0', () => {
  it.each(vectors)('writes and reads the published conversation octet by octet', (vector) => {
    const initiator = new NoiseHandshake({
      role: 'initiator',
      prologue: hex(vector.init_prologue),
      psk: hex(vector.init_psks[0]),
      ephemeral: hex(vector.init_ephemeral),
    });
    const responder = new NoiseHandshake({
      role: 'responder',
      prologue: hex(vector.resp_prologue),
      psk: hex(vector.resp_psks[0]),
      ephemeral: hex(vector.resp_ephemeral),
    });
    const [first, second, ...rest] = vector.messages;
    if (first === undefined || second === undefined) throw new Error('the vector lacks its handshake');
    const firstMessage = initiator.writeMessage(hex(first.payload));
    expect(firstMessage.toString('hex')).toBe(first.ciphertext);
    expect(responder.readMessage(firstMessage).toString('hex')).toBe(first.payload);
    // The publisher took the hash when the responder had read its last message, before its answer.
    expect(responder.handshakeHash.toString('hex')).toBe(vector.handshake_hash);
    const secondMessage = responder.writeMessage(hex(second.payload));
    expect(secondMessage.toString('hex')).toBe(second.ciphertext);
    expect(initiator.readMessage(secondMessage).toString('hex')).toBe(second.payload);
    expect(initiator.handshakeHash).toEqual(responder.handshakeHash);

    const ends = [initiator.split(), responder.split()] as const;
    expect(rest).toHaveLength(4);
    for (const [index, message] of rest.entries()) {
      const [from, to] = index % 2 === 0 ? ends : ([ends[1], ends[0]] as const);
      const ciphertext = from.send.encrypt(hex(message.payload));
      expect(ciphertext.toString('hex')).toBe(message.ciphertext);
      expect(to.receive.decrypt(ciphertext).toString('hex')).toBe(message.payload);
    }
  });

  it('sends handshake messages of the announced size when the payload is empty', () => {
    const { initiator, responder } = pair();
    const first = initiator.writeMessage();
    responder.readMessage(first);
    expect([first.length, responder.writeMessage().length]).toEqual([
      handshakeMessageSizeBytes,
      handshakeMessageSizeBytes,
    ]);
  });

  it('exports one secret to both sides, different for every handshake and from the handshake hash', () => {
    const one = connected();
    const other = connected();
    expect(one.initiator.exportedKey).toEqual(one.responder.exportedKey);
    expect(one.initiator.exportedKey).toHaveLength(32);
    expect(one.initiator.exportedKey).not.toEqual(other.initiator.exportedKey);
  });

  it.each<[string, Partial<NoiseOptions>]>([
    ['another psk', { psk: randomBytes(32) }],
    ['another prologue', { prologue: Buffer.from('prologuE') }],
    ['an empty prologue', { prologue: Buffer.alloc(0) }],
  ])('refuses the first message under %s', (_title, change) => {
    const { initiator, responder } = pair(change);
    const message = initiator.writeMessage();
    expect(codeOf(() => responder.readMessage(message))).toBe('ERR_NOISE_AUTHENTICATION');
  });

  it('refuses a second message with any one octet changed', () => {
    for (let position = 0; position < handshakeMessageSizeBytes; position += 1) {
      const { initiator, responder } = pair();
      const first = initiator.writeMessage();
      responder.readMessage(first);
      const second = responder.writeMessage();
      second[position] = (second[position] ?? 0) ^ 1;
      expect(codeOf(() => initiator.readMessage(second))).toBe('ERR_NOISE_AUTHENTICATION');
    }
  });

  it('refuses a first message with any one octet changed', () => {
    const options = { prologue: Buffer.alloc(0), psk: randomBytes(32) };
    const message = new NoiseHandshake({ role: 'initiator', ...options, ephemeral: randomBytes(32) }).writeMessage();
    const accepts = (octets: Buffer): string =>
      codeOf(() =>
        new NoiseHandshake({ role: 'responder', ...options, ephemeral: randomBytes(32) }).readMessage(octets),
      );
    expect(accepts(message)).toBe('no error');
    for (let position = 0; position < message.length; position += 1) {
      const altered = Buffer.from(message);
      altered[position] = (altered[position] ?? 0) ^ 0x80;
      expect(accepts(altered)).toBe('ERR_NOISE_AUTHENTICATION');
    }
  });

  it.each([0, 1])('refuses the small-order public key that begins with %i before it derives anything', (firstOctet) => {
    const { initiator } = pair();
    initiator.writeMessage();
    const message = Buffer.alloc(handshakeMessageSizeBytes);
    message[0] = firstOctet;
    // The cause tells a refused derivation from a tag that does not match.
    expect(() => initiator.readMessage(message)).toThrow(
      expect.objectContaining({
        code: 'ERR_NOISE_AUTHENTICATION',
        cause: expect.objectContaining({ message: expect.stringMatching(/deriv/) }),
      }),
    );
  });

  it.each([0, 31, 47, 65_536])('refuses a first message of %i octets', (size) => {
    expect(codeOf(() => pair().responder.readMessage(Buffer.alloc(size)))).toBe('ERR_NOISE_AUTHENTICATION');
  });

  it.each<[string, (ends: ReturnType<typeof pair>) => unknown]>([
    ['a responder that writes first', ({ responder }) => responder.writeMessage()],
    ['an initiator that reads first', ({ initiator }) => initiator.readMessage(Buffer.alloc(48))],
    ['a split before the handshake', ({ initiator }) => initiator.split()],
    ['a second first message', ({ initiator }) => [initiator.writeMessage(), initiator.writeMessage()]],
  ])('refuses %s', (_title, action) => {
    expect(codeOf(() => action(pair()))).toBe('ERR_NOISE_STATE');
  });

  it('is over after a failed message, and after one split', () => {
    const { initiator, responder } = pair();
    const message = initiator.writeMessage();
    expect(codeOf(() => responder.readMessage(Buffer.alloc(48)))).toBe('ERR_NOISE_AUTHENTICATION');
    expect(codeOf(() => responder.readMessage(message))).toBe('ERR_NOISE_STATE');
    const fresh = pair();
    fresh.responder.readMessage(fresh.initiator.writeMessage());
    fresh.responder.writeMessage();
    fresh.responder.split();
    expect(codeOf(() => fresh.responder.split())).toBe('ERR_NOISE_STATE');
  });

  it.each(['psk', 'ephemeral'] as const)('refuses a %s that is not 32 octets', (field) => {
    expect(codeOf(() => pair({ [field]: Buffer.alloc(31) }))).toBe('ERR_NOISE_STATE');
  });
});

describe('the transport after it', () => {
  it.each<[string, (ciphertext: Buffer, next: Buffer) => Buffer]>([
    ['changed', (ciphertext) => Buffer.from(ciphertext).fill(ciphertext[0] === 0 ? 1 : 0, 0, 1)],
    ['cut', (ciphertext) => ciphertext.subarray(0, -1)],
    ['out of order', (_ciphertext, next) => next],
    ['empty', () => Buffer.alloc(0)],
  ])('refuses a message that is %s', (_title, change) => {
    const { initiator, responder } = connected();
    const ciphertext = initiator.send.encrypt(Buffer.from('one'));
    const next = initiator.send.encrypt(Buffer.from('two'));
    expect(codeOf(() => responder.receive.decrypt(change(ciphertext, next)))).toBe('ERR_NOISE_AUTHENTICATION');
  });

  it('refuses its own message sent back', () => {
    const { initiator } = connected();
    const reflected = initiator.send.encrypt(Buffer.from('one'));
    expect(codeOf(() => initiator.receive.decrypt(reflected))).toBe('ERR_NOISE_AUTHENTICATION');
  });

  it('refuses a message played a second time', () => {
    const { initiator, responder } = connected();
    const ciphertext = initiator.send.encrypt(Buffer.from('one'));
    expect(responder.receive.decrypt(ciphertext).toString()).toBe('one');
    expect(codeOf(() => responder.receive.decrypt(ciphertext))).toBe('ERR_NOISE_AUTHENTICATION');
  });

  it('refuses to write what no Noise message can hold', () => {
    expect(connected().initiator.send.encrypt(Buffer.alloc(65_519))).toHaveLength(65_535);
    expect(codeOf(() => connected().initiator.send.encrypt(Buffer.alloc(65_520)))).toBe('ERR_NOISE_STATE');
  });

  it('brings any octets across unchanged and refuses all others', () => {
    const { initiator, responder } = connected();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        const ciphertext = initiator.send.encrypt(octets);
        expect(responder.receive.decrypt(ciphertext)).toEqual(Buffer.from(octets));
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(codeOf(() => connected().responder.receive.decrypt(octets))).toBe('ERR_NOISE_AUTHENTICATION');
      }),
      { numRuns: 50 },
    );
  });
});
