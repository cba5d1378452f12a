/**
 * What a conversation promises over any line that carries a stream: one suite for real TCP and for a line in memory. TLS runs
 * over both. Time passes when the test says so.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ConversationEvent } from '../../src/conversation/events.js';
import type { Identity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { FakeLine, type Line, TcpLine } from '../helpers/lines.js';
import { ManualTimers } from '../helpers/manual-timers.js';

let alice: Identity;
let bob: Identity;
let carolsIdentity: Identity;
let stranger: Identity;

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob', ips: ['127.0.0.1'] });
  carolsIdentity = await makeIdentity(circle, { member: 'carol' });
  const uris = [`qtchat://${circle.circleId}/bob`];
  const { circleId, trustAnchor } = alice;
  stranger = { ...(await makeIdentity(await makeCircle(), { member: 'bob', uris })), circleId, trustAnchor };
});

// Longer than any pause between two attempts, which so can be told from all other delays.
const timing = { pingIntervalMs: 7_000, closeTimeoutMs: 8_000 };
const isPause = (delayMs: number): boolean => delayMs < 6_500;

describe.each<[string, () => Promise<Line>]>([
  ['real TCP', () => TcpLine.start()],
  ['a line in memory', async () => new FakeLine()],
])('over %s', (_, makeLine) => {
  const meeting = new Meeting();
  let line: Line;
  let time: ManualTimers;
  let a: TestConversation;
  let b: TestConversation;

  beforeEach(async () => {
    line = await makeLine();
    time = new ManualTimers();
    a = await (await meeting.at('a')).open(alice, { timers: time, timing });
  });

  afterEach(async () => {
    line.leadTo(undefined);
    line.cut();
    // A goodbye to one who is just coming waits for its answer.
    const passing = setInterval(() => time.pass(2_000), 20);
    await meeting.end();
    clearInterval(passing);
    await line.stop();
  });

  /** Opens the side that dials. */
  async function dialling(identity = bob, onEvent?: (event: ConversationEvent) => void): Promise<TestConversation> {
    const options = { who: '127.0.0.1:17590', dialler: line, timers: time, timing, ...(onEvent && { onEvent }) };
    b = await (await meeting.at('b')).open(identity, options);
    return b;
  }

  /** Both are connected once more. */
  async function again(): Promise<void> {
    for (const one of [a, b]) await one.event('connected');
  }

  function forget(): void {
    for (const { events } of [a, b]) events.splice(0);
  }

  const textsOf = ({ events }: TestConversation): string[] =>
    events.flatMap((event) => (event.type === 'message' ? [event.text] : []));

  it('members are who they say, and talk both ways', async () => {
    line.leadTo(a.door);
    await dialling();
    expect((await b.event('connected')).peer.member).toBe('alice');
    expect((await a.event('connected')).peer.member).toBe('bob');
    await b.door.messages.send('alice', 'x'.repeat(60_000));
    await a.door.messages.send('bob', 'and back');
    expect((await a.event('message')).text).toHaveLength(60_000);
    expect((await b.event('message')).text).toBe('and back');
  });

  it('a file goes by a connection of its own', async () => {
    line.leadTo(a.door);
    await dialling();
    await again();
    const path = join(b.home, 'note.bin');
    await writeFile(path, randomBytes(300_000));
    await b.door.files.send('alice', path);
    const { path: arrived = '' } = await a.event('fileDone');
    await b.event('fileDone');
    expect((await readFile(arrived)).equals(await readFile(path))).toBe(true);
    expect(line.dials).toBe(2);
  });

  it('a stranger is refused, and told of with where it came from', async () => {
    line.leadTo(a.door);
    await dialling(stranger);
    const { error, host } = await a.event('refused');
    expect(error.message).toMatch(/another circle/);
    expect(host).toBe(line instanceof TcpLine ? '127.0.0.1' : 'far.example');
  });

  it('nothing is lost, doubled or out of order where the line is cut again and again', async () => {
    line.leadTo(a.door);
    await dialling();
    const wanted: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      await again();
      const here = [];
      for (let count = 0; count < 5; count += 1) {
        wanted.push(`${round}.${count}`);
        here.push(a.door.messages.send('bob', `${round}.${count}`), b.door.messages.send('alice', `${round}.${count}`));
        if (count === round % 5) line.cut();
      }
      await Promise.all(here);
      await Promise.all([a.event('disconnected'), b.event('disconnected')]);
      a.events.splice(0, a.events.length, ...a.events.filter(({ type }) => type === 'message'));
      b.events.splice(0, b.events.length, ...b.events.filter(({ type }) => type === 'message'));
      await time.passWhenArmed(isPause);
    }
    await again();
    for (const one of [a, b]) {
      await one.event('message', ({ text }) => text === '11.4');
      expect(textsOf(one)).toEqual(wanted);
    }
    // Some hundred transactions at each side.
  }, 60_000);

  it('a peer on a stalled line is given up after 12 seconds, dialled again, and gets what it missed', async () => {
    line.leadTo(a.door);
    await dialling();
    await again();
    line.stall();
    await b.door.messages.send('alice', 'into the void');
    forget();
    time.pass(11_900);
    expect([...a.events, ...b.events].filter(({ type }) => type === 'disconnected')).toEqual([]);
    time.pass(200);
    for (const one of [a, b]) expect((await one.event('disconnected')).reason).toMatch(/nothing was heard for 12 sec/);
    await again();
    expect((await a.event('message')).text).toBe('into the void');
  });

  it('a peer that vanished without a word is found dead by the one who is left', async () => {
    line.leadTo(a.door);
    await dialling();
    await again();
    forget();
    line.leadTo(undefined);
    line.loseDialler();
    await b.event('disconnected');
    expect(a.events.filter(({ type }) => type === 'disconnected')).toEqual([]);
    time.pass(12_100);
    expect((await a.event('disconnected')).reason).toMatch(/nothing was heard/);
  });

  it('what breaks as soon as it is up is dialled again after a pause, every time', async () => {
    line.leadTo(a.door);
    await dialling(bob, (event) => {
      if (event.type === 'connected') line.cut();
    });
    for (let round = 0; round < 5; round += 1) await time.passWhenArmed(isPause);
    await time.whenArmed(isPause);
    expect(line.dials).toBe(6);
  });

  it('who is not there is not dialled sooner because others come and go', async () => {
    await dialling();
    await time.whenArmed(isPause);
    const carol = await (await meeting.at('c')).open(carolsIdentity, { who: b.who });
    await b.event('connected');
    await carol.door.close();
    await b.event('disconnected');
    await time.passWhenArmed(isPause);
    await time.whenArmed(isPause);
    expect(line.dials).toBe(2);
  });

  it('who is not there is dialled with growing pauses, of 5 seconds at most', async () => {
    await dialling();
    const pauses: number[] = [];
    for (let round = 0; round < 7; round += 1) pauses.push(await time.passWhenArmed(isPause));
    const expected = [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000];
    for (const [round, pause] of pauses.entries()) {
      const about = expected[round] ?? 0;
      expect(pause).toBeGreaterThanOrEqual(about * 0.75);
      expect(pause).toBeLessThanOrEqual(about * 1.25);
    }
    // The attempt that the last pause led to comes to nothing as well.
    await time.whenArmed(isPause);
    line.leadTo(a.door);
    await time.passWhenArmed(isPause);
    await again();
    expect(line.dials).toBe(9);
  });
});
