/** Senders that do not send what they offered, and receivers that ask for what there is not, on real sockets. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionTiming } from '../../src/conversation/session-timing.js';
import { encodeRange, type FileRange } from '../../src/protocol/file-stream.js';
import type { Identity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { type Answer, makeOffer, RogueMember } from '../helpers/rogue-files.js';

const meeting = new Meeting();
const rogues: RogueMember[] = [];
const content = randomBytes(3_000_000);
let alice: Identity;
let mallory: Identity;
let carol: Identity;

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  mallory = await makeIdentity(circle, { member: 'mallory' });
  carol = await makeIdentity(circle, { member: 'carol' });
});

afterEach(async () => {
  for (const rogue of rogues.splice(0)) rogue.end();
  await meeting.end();
});

async function meet(timing: Partial<SessionTiming> = {}): Promise<{ a: TestConversation; rogue: RogueMember }> {
  const a = await (await meeting.at('a')).open(alice, { timing });
  const rogue = new RogueMember(a.door.listeningPort ?? 0, mallory);
  rogues.push(rogue);
  await a.event('connected');
  return { a, rogue };
}

function altered(octets: Buffer, index: number): Buffer {
  const other = Buffer.from(octets);
  other.writeUInt8(other.readUInt8(index) ^ 1, index);
  return other;
}

function header(kind: number, first: number, count: number): Buffer {
  const octets = encodeRange({ kind: 'chunks', first, count });
  octets.writeUInt8(kind, 0);
  return octets;
}

describe('a sender', () => {
  it('that keeps the rules is believed', async () => {
    const { a, rogue } = await meet();
    await rogue.serve(await makeOffer('film.bin', content));
    const { path = '' } = await a.event('fileDone');
    expect((await readFile(path)).equals(content)).toBe(true);
    await rogue.hears('file-received');
  });

  it.each<[string, string, Answer]>([
    [
      'with one false bit at the end of a chunk',
      'ERR_FILE_DIGEST',
      (range, right) =>
        range.kind === 'chunks' && range.first === 4 ? altered(right, 9 + range.count * 262_144 - 1) : right,
    ],
    [
      'with one false bit in a digest',
      'ERR_FILE_DIGEST',
      (range, right) => (range.kind === 'chunks' && range.first === 4 ? altered(right, right.length - 1) : right),
    ],
    ['with another root', 'ERR_FILE_DIGEST', (range, right) => (range.kind === 'root' ? altered(right, 40) : right)],
    [
      'with a chunk in the place of another',
      'ERR_FILE_DIGEST',
      (range, right) =>
        range.kind === 'chunks' && range.first === 0
          ? Buffer.concat([right.subarray(0, 9), content.subarray(262_144, 524_288), right.subarray(9 + 262_144)])
          : right,
    ],
    [
      'with chunks that were not asked for',
      'ERR_PROTOCOL',
      (range, right) => (range.kind === 'chunks' ? header(2, range.first + 1, range.count) : right),
    ],
    [
      'with more than was asked for',
      'ERR_PROTOCOL',
      (range, right) => (range.kind === 'chunks' ? Buffer.concat([right, right]) : right),
    ],
    [
      'with an index beyond all files',
      'ERR_PROTOCOL',
      (range, right) => (range.kind === 'chunks' ? header(2, 0xffffffff, 0xffffffff) : right),
    ],
    [
      'with a kind of answer that nobody knows',
      'ERR_PROTOCOL',
      (range, right) => (range.kind === 'chunks' ? header(7, range.first, range.count) : right),
    ],
    ['without asking what is wanted', 'ERR_PROTOCOL', (_, right) => Buffer.concat([header(2, 0, 4), right])],
  ])('%s is refused, and nothing is left', async (_, code, answer) => {
    const { a, rogue } = await meet();
    const file = await makeOffer('film.bin', content);
    await rogue.serve(file, answer);
    expect((await a.event('fileFailed')).error.code).toBe(code);
    expect((await rogue.hears('file-failed')).reason).toBe('digest');
    expect(await readdir(join(a.home, 'downloads'))).toEqual([]);
    expect(a.events.filter(({ type }) => type === 'disconnected')).toEqual([]);
  });

  it('whose file was refused as false gets no better treatment for what it sent before', async () => {
    const { a, rogue } = await meet();
    await rogue.serve(await makeOffer('film.bin', content), (range, right) =>
      range.kind === 'chunks' && range.first === 8 ? altered(right, 20) : right,
    );
    await a.event('fileFailed');
    const again = await makeOffer('film.bin', content);
    await rogue.serve(again);
    expect((await rogue.hears('file-accept', ({ id }) => id === again.offer.id)).doneBytes).toBe(0);
    const { path = '' } = await a.event('fileDone');
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('that did not hear that its file has arrived is told so, and it is not stored twice', async () => {
    const { a, rogue } = await meet();
    const first = await makeOffer('film.bin', content);
    await rogue.serve(first);
    await rogue.hears('file-received');
    const second = await makeOffer('film.bin', content, first.offer.id);
    rogue.say(second.offer);
    await rogue.hears('file-received', ({ id }) => id === second.offer.id);
    expect(await readdir(join(a.home, 'downloads'))).toEqual(['film.bin']);
  });

  it('that did not hear that its file has arrived, and has changed it since, is not told that it has arrived', async () => {
    const { a, rogue } = await meet();
    const first = await makeOffer('film.bin', content);
    await rogue.serve(first);
    await rogue.hears('file-received');
    const second = await makeOffer('film.bin', altered(content, 0), first.offer.id);
    await rogue.serve(second);
    await rogue.hears('file-received', ({ id }) => id === second.offer.id);
    const { path = '' } = await a.event('fileDone', ({ file }) => file.id === second.offer.id);
    expect((await readFile(path)).equals(second.content)).toBe(true);
    expect((await readdir(join(a.home, 'downloads'))).sort()).toEqual(['film (2).bin', 'film.bin']);
  });

  it('that goes on with a transfer while the old one still seems alive takes its place', async () => {
    const { a, rogue } = await meet({ fileProgressIntervalMs: 0 });
    const first = await makeOffer('film.bin', content);
    // The last of it never comes, as when a line is cut.
    await rogue.serve(first, (range, right) => (range.kind !== 'chunks' || range.first >= 8 ? undefined : right));
    await a.event('fileProgress', ({ doneBytes }) => doneBytes >= 8 * 262_144);
    const second = await makeOffer('film.bin', content, first.offer.id);
    await rogue.serve(second);
    expect((await rogue.hears('file-accept', ({ id }) => id === second.offer.id)).doneBytes).toBe(8 * 262_144);
    await a.event('fileDone', ({ file }) => file.id === second.offer.id);
    expect(await readdir(join(a.home, 'downloads'))).toEqual(['film.bin']);
  });

  it('that says something else of what is there than it said before sends that again', async () => {
    const { a, rogue } = await meet({ fileProgressIntervalMs: 0 });
    const first = await makeOffer('film.bin', content);
    await rogue.serve(first, (range, right) => (range.kind !== 'chunks' || range.first >= 8 ? undefined : right));
    await a.event('fileProgress', ({ doneBytes }) => doneBytes >= 8 * 262_144);
    const second = await makeOffer('film.bin', content, first.offer.id);
    const asked: FileRange[] = [];
    await rogue.serve(second, (range, right) => {
      asked.push(range);
      return range.kind === 'digests' ? altered(right, 9 + 32 * 3) : right;
    });
    const { path = '' } = await a.event('fileDone');
    expect((await readFile(path)).equals(content)).toBe(true);
    expect([asked.at(0), asked.at(-1)]).toEqual([
      { kind: 'digests', first: 0, count: 8 },
      { kind: 'root', first: 0, count: 0 },
    ]);
    const again = asked
      .filter(({ kind }) => kind === 'chunks')
      .flatMap((range) => Array.from({ length: range.count }, (_, index) => range.first + index));
    expect(again).toEqual([3, 8, 9, 10, 11]);
  });

  it('cannot end or take over the transfer of another member', async () => {
    const { a, rogue } = await meet({ fileProgressIntervalMs: 0 });
    const first = await makeOffer('film.bin', content);
    await rogue.serve(first, (range, right) => (range.kind !== 'chunks' || range.first >= 8 ? undefined : right));
    await a.event('fileProgress', ({ doneBytes }) => doneBytes >= 8 * 262_144);
    const other = new RogueMember(a.door.listeningPort ?? 0, carol);
    rogues.push(other);
    await a.event('connected', ({ peer }) => peer.member === 'carol');
    const second = await makeOffer('film.bin', content, first.offer.id);
    other.say(second.offer);
    expect((await other.hears('file-accept')).doneBytes).toBe(0);
    expect(a.events.filter(({ type }) => type === 'fileInterrupted')).toEqual([]);
    const part = `film.bin.${first.offer.id.slice(0, 16)}.part`;
    expect(await readdir(join(a.home, 'downloads'))).toContain(part);
  });
});

describe('an offer', () => {
  it('is declined at once when the disk has no room for it', async () => {
    const { a, rogue } = await meet();
    const { offer } = await makeOffer('film.bin', Buffer.from('x'));
    rogue.say({ ...offer, sizeBytes: 2 ** 40 });
    expect((await rogue.hears('file-decline')).reason).toBe('no-room');
    expect((await a.event('fileDeclined')).reason).toBe('no-room');
    expect(await readdir(join(a.home, 'downloads'))).toEqual([]);
  });
});

describe('a receiver', () => {
  async function offered(): Promise<{ a: TestConversation; rogue: RogueMember; id: string }> {
    const { a, rogue } = await meet();
    await writeFile(join(a.home, 'film.bin'), content);
    await a.door.files.send('mallory', join(a.home, 'film.bin'));
    const { id } = await rogue.hears('file-offer');
    return { a, rogue, id };
  }

  it.each([
    ['chunks beyond the end', header(2, 11, 2)],
    ['a chunk behind the end', header(2, 12, 1)],
    ['the highest index there could be', header(2, 0xffffffff, 1)],
    ['no chunk', header(2, 0, 0)],
    ['more chunks than may be asked for at once', header(2, 0, 5)],
    ['digests beyond the end', header(1, 0, 13)],
    ['a second root', header(3, 0, 1)],
    ['the root before the chunks', header(3, 0, 0)],
    ['something that there is not', header(4, 0, 1)],
  ])('that asks for %s is refused, and the session goes on', async (_, request) => {
    const { a, rogue, id } = await offered();
    rogue.say({ type: 'file-accept', id, doneBytes: 0 });
    await rogue.hears('file-ready');
    const stream = rogue.openStream(id);
    let received = 0;
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    stream.write(request);
    expect((await a.event('fileFailed')).error.code).toBe('ERR_PROTOCOL');
    expect(received).toBe(0);
    expect(await a.door.countPending('mallory')).toBe(0);
    expect(a.events.filter(({ type }) => type === 'disconnected')).toEqual([]);
  });

  it('that asks and asks and reads nothing is refused', async () => {
    const { a, rogue, id } = await offered();
    rogue.say({ type: 'file-accept', id, doneBytes: 0 });
    await rogue.hears('file-ready');
    const stream = rogue.openStream(id).pause();
    for (let count = 0; count < 3_000; count += 1) stream.write(header(2, 0, 4));
    expect((await a.event('fileFailed')).error.code).toBe('ERR_PROTOCOL');
  });

  it('that claims to have more than there is does not confuse the progress', async () => {
    const { a, rogue, id } = await offered();
    rogue.say({ type: 'file-accept', id, doneBytes: Number.MAX_SAFE_INTEGER });
    await rogue.hears('file-ready');
    rogue
      .openStream(id)
      .on('data', () => {})
      .write(header(2, 0, 4));
    expect((await a.event('fileStarted')).doneBytes).toBe(content.length);
    expect((await a.event('fileProgress')).doneBytes).toBe(content.length);
  });

  it('whose connection breaks at once, again and again, is given up', async () => {
    const { a, rogue } = await offered();
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const offers = () => rogue.heard.filter(({ type }) => type === 'file-offer');
      const { id } = await rogue.hears('file-offer', (one) => offers().indexOf(one) === attempt);
      rogue.say({ type: 'file-accept', id, doneBytes: 0 });
      rogue.say({ type: 'file-failed', id, reason: 'broken' });
    }
    expect((await a.event('fileFailed')).error.code).toBe('ERR_FILE_FAILED');
    expect(a.events.filter(({ type }) => type === 'fileInterrupted')).toHaveLength(3);
    expect(await a.door.countPending('mallory')).toBe(0);
  });
});
