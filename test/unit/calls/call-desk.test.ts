/** Calls between members over lines in memory: who rings, who is busy, and which of two calls at once stays. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { CallDesk } from '../../../src/calls/call-desk.js';
import type { CallEvent } from '../../../src/calls/call-events.js';
import type { CallChannel } from '../../../src/calls/call-lines.js';
import { QTChatError } from '../../../src/errors.js';
import type { CallMessage } from '../../../src/protocol/messages.js';
import { descriptionOf, type FakeMedia, FakeSound, makeFingerprint } from '../../helpers/fake-media.js';
import { ManualTimers } from '../../helpers/manual-timers.js';

const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
};

const timers = new ManualTimers();

/** One process of a member. */
class Side {
  readonly member: string;
  readonly process: string;
  readonly sound: FakeSound;
  readonly events: ({ member: string } & CallEvent)[] = [];
  readonly desk: CallDesk;

  constructor(sound: FakeSound, member: string, process = member) {
    this.sound = sound;
    this.member = member;
    this.process = process;
    const open = sound.open((media) => this.media.push(media));
    this.desk = new CallDesk({
      openMedia: async (options) => {
        await this.#opening;
        return open(options);
      },
      timers,
      random: randomBytes,
      emit: (who, event) => this.events.push({ member: who, ...event }),
    });
  }

  readonly media: FakeMedia[] = [];
  #opening: Promise<void> | undefined;
  #fail: (error: QTChatError) => void = () => {};

  /** From now on sound does not get ready. */
  holdSound(): void {
    this.#opening = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    this.#opening.catch(() => {});
  }

  /** It never will. */
  failSound(): void {
    this.#fail(new QTChatError('ERR_CALL_DEVICE', 'the sound card is gone'));
  }

  /** What happened, in short. */
  get told(): string[] {
    return this.events
      .filter(({ type }) => type !== 'callStats')
      .map((event) => `${event.type} ${'reason' in event ? event.reason : event.direction}`);
  }
}

/** A line between two processes, until it breaks; the key of the first one is the smaller one. */
class Line {
  readonly #ends: readonly { side: Side; channel: CallChannel }[];
  isOpen = true;
  /** What is on its way is held up while it is on. */
  isSlow = false;
  readonly #held: (() => void)[] = [];

  constructor(one: Side, other: Side) {
    this.#ends = [this.#end(one, other, true), this.#end(other, one, false)];
    for (const { side, channel } of this.#ends) side.desk.attach(channel);
  }

  /** Both ends notice that it is broken. */
  break(error?: QTChatError): void {
    this.isOpen = false;
    for (const { side, channel } of this.#ends) side.desk.detach(channel, error);
  }

  /** What was held up arrives. */
  release(): void {
    this.isSlow = false;
    for (const arrive of this.#held.splice(0)) arrive();
  }

  #end(side: Side, peer: Side, isOursFirst: boolean): { side: Side; channel: CallChannel } {
    const line = this;
    const channel: CallChannel = {
      member: peer.member,
      process: peer.process,
      isOursFirst,
      get isOpen() {
        return line.isOpen;
      },
      send: (message: CallMessage) => {
        const arrive = (): void => {
          if (this.isOpen) peer.desk.handle(this.#channelOf(peer), message);
        };
        if (this.isSlow) this.#held.push(arrive);
        else queueMicrotask(arrive);
      },
    };
    return { side, channel };
  }

  #channelOf(side: Side): CallChannel {
    const end = this.#ends.find((one) => one.side === side);
    if (end === undefined) throw new Error('not on this line');
    return end.channel;
  }
}

/** Alice and Bob, who have met. */
function meet() {
  const sound = new FakeSound();
  const a = new Side(sound, 'alice');
  const b = new Side(sound, 'bob');
  return { sound, a, b, line: new Line(a, b) };
}

/** Alice has called Bob, and they talk. */
async function talk() {
  const met = meet();
  met.a.desk.call('bob');
  await settled();
  met.b.desk.answer();
  await settled();
  expect(met.a.desk.current?.state).toBe('connected');
  expect(met.b.desk.current?.state).toBe('connected');
  return met;
}

const closed = (side: Side): boolean => side.media.every(({ isClosed }) => isClosed);

it('a call rings, is taken, and ends at both ends with its sound', async () => {
  const { a, b } = await talk();
  b.desk.hangUp();
  await settled();
  expect(a.told).toEqual(['callRinging out', 'callConnected out', 'callEnded hung-up']);
  expect(b.told).toEqual(['callRinging in', 'callConnected in', 'callEnded hung-up']);
  expect([closed(a), closed(b)]).toEqual([true, true]);
  expect(a.desk.current).toBeUndefined();
});

it('the microphone is not opened before somebody has taken the call', async () => {
  const { a, b } = meet();
  a.desk.call('bob');
  await settled();
  expect(b.desk.current?.state).toBe('ringing');
  expect(b.media).toEqual([]);
});

it.each<[string, (a: Side, b: Side) => void, string, string]>([
  ['declined', (_, b) => b.desk.reject(), 'callEnded declined', 'callEnded declined'],
  ['called off', (a) => a.desk.hangUp(), 'callEnded cancelled', 'callEnded cancelled'],
  ['not answered', () => timers.pass(45_000), 'callEnded no-answer', 'callEnded no-answer'],
])('a call that is %s ends at both ends', async (_, happening, here, there) => {
  const { a, b } = meet();
  a.desk.call('bob');
  await settled();
  happening(a, b);
  await settled();
  expect([a.told.at(-1), b.told.at(-1)]).toEqual([here, there]);
  expect([closed(a), closed(b)]).toEqual([true, true]);
});

describe('both call at once', () => {
  const oneCall = (a: Side, b: Side): void => {
    expect(a.desk.current).toMatchObject({ state: 'connected' });
    expect(b.desk.current?.id).toBe(a.desk.current?.id);
    expect([a, b].map(({ told }) => told.filter((one) => one.startsWith('callEnded')))).toEqual([[], []]);
    expect(a.media.filter(({ isClosed }) => !isClosed)).toHaveLength(1);
    expect(b.media.filter(({ isClosed }) => !isClosed)).toHaveLength(1);
  };

  it.each<[string, ('a' | 'b')[]]>([
    ['Alice a moment before', ['a', 'b']],
    ['Bob a moment before', ['b', 'a']],
  ])('%s: one call results, the one of the smaller key', async (_, order) => {
    const { a, b, line } = meet();
    line.isSlow = true;
    const ids = { a: '', b: '' };
    for (const who of order) {
      ids[who] = who === 'a' ? a.desk.call('bob') : b.desk.call('alice');
      await settled();
    }
    line.release();
    await settled();
    oneCall(a, b);
    expect(a.desk.current?.id).toBe(ids.a);
    expect(b.desk.current?.direction).toBe('in');
  });

  it.each(['alice', 'bob'])('%s has not offered anything yet when the other offer comes', async (late) => {
    const { a, b } = meet();
    // The sound of one takes its time.
    const [first, second] = late === 'alice' ? [b, a] : [a, b];
    first.desk.call(second.member);
    second.desk.call(first.member);
    await settled();
    oneCall(a, b);
  });

  it('the one that gives way keeps to the sound that its call was made with', async () => {
    const { a, b, line } = meet();
    const own: FakeMedia[] = [];
    line.isSlow = true;
    a.desk.call('bob');
    b.desk.call(
      'alice',
      b.sound.open((media) => own.push(media)),
    );
    await settled();
    line.release();
    await settled();
    expect(b.desk.current).toMatchObject({ state: 'connected', direction: 'in' });
    expect(own.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    expect(b.media).toEqual([]);
  });

  it('one that calls off before it hears of the other one ends both', async () => {
    const { a, b, line } = meet();
    line.isSlow = true;
    a.desk.call('bob');
    await settled();
    b.desk.call('alice');
    await settled();
    a.desk.hangUp();
    line.release();
    await settled();
    expect([a.desk.current, b.desk.current]).toEqual([undefined, undefined]);
    expect([closed(a), closed(b)]).toEqual([true, true]);
  });
});

it('who talks already is busy for others, and learns that they called', async () => {
  const { sound, a, b } = await talk();
  const c = new Side(sound, 'carol');
  new Line(c, b);
  c.desk.call('bob');
  await settled();
  expect(c.told).toEqual(['callEnded busy']);
  expect(b.events.at(-1)).toMatchObject({ type: 'callEnded', member: 'carol', reason: 'busy', missed: true });
  expect(a.desk.current?.state).toBe('connected');
  expect(() => b.desk.call('carol')).toThrow(/there is a call with "alice" already/);
});

it.each<[string, (a: Side) => void, string]>([
  ['whose sound fails', (a) => a.failSound(), 'callEnded failed'],
  ['that is called off', (a) => a.desk.hangUp(), 'callEnded cancelled'],
])('one %s before it was heard of ends the other one too, which was not heard because of it', async (_, fail, how) => {
  const { a, b } = meet();
  a.holdSound();
  a.desk.call('bob');
  b.desk.call('alice');
  await settled();
  expect(b.desk.current?.state).toBe('calling');
  fail(a);
  await settled();
  expect([a.told, b.told]).toEqual([[how], [how]]);
  expect([a.desk.current, b.desk.current]).toEqual([undefined, undefined]);
});

it('calls that are taken may be as many as one likes', async () => {
  const { a, b } = meet();
  timers.pass(60_000);
  for (let count = 0; count < 20; count += 1) {
    a.desk.call('bob');
    await settled();
    expect(b.desk.answer()).toBe(true);
    await settled();
    a.desk.hangUp();
    await settled();
  }
  expect(b.told.filter((told) => told === 'callConnected in')).toHaveLength(20);
});

describe('a device', () => {
  const devices = (input: string | undefined, output: string | undefined) =>
    ({ type: 'devices', input, output }) as const;
  const heard = ({ events }: Side) =>
    events.flatMap((event) => (event.type === 'callPeerDevices' ? [[event.input, event.output]] : []));

  it('that is lost, and comes back: the other side is told that it is on hold, and that it is not', async () => {
    const { a, b } = await talk();
    a.media[0]?.emit(devices('microphone', 'speaker'));
    a.media[0]?.emit(devices(undefined, 'speaker'));
    a.media[0]?.emit(devices(undefined, 'speaker'));
    await settled();
    expect(b.desk.current?.peerDevices).toEqual({ input: false, output: true });
    expect(a.desk.current?.devices).toEqual({ input: undefined, output: 'speaker' });
    a.media[0]?.emit(devices('another', 'speaker'));
    await settled();
    expect(heard(b)).toEqual([
      [false, true],
      [true, true],
    ]);
    expect(b.desk.current?.state).toBe('connected');
  });

  it('that there never was is told as soon as both are connected, and again after a break', async () => {
    const { a, b, line } = meet();
    a.desk.call('bob');
    await settled();
    a.media[0]?.emit(devices(undefined, undefined));
    b.desk.answer();
    await settled();
    expect(heard(b)).toEqual([[false, false]]);
    line.break();
    a.media[0]?.emit(devices('microphone', undefined));
    new Line(a, b);
    await settled();
    expect(b.desk.current).toMatchObject({ state: 'connected', peerDevices: { input: true, output: false } });
  });

  it('that comes back during a break is told after it', async () => {
    const { a, b, line } = await talk();
    a.media[0]?.emit(devices(undefined, 'speaker'));
    await settled();
    line.break();
    a.media[0]?.emit(devices('microphone', 'speaker'));
    new Line(a, b);
    await settled();
    expect(b.desk.current).toMatchObject({ state: 'connected', peerDevices: { input: true, output: true } });
  });

  it('of theirs that comes and goes without end ends the call', async () => {
    const { a, b } = await talk();
    for (let count = 0; count < 101; count += 1) a.media[0]?.emit(devices(count % 2 ? 'microphone' : undefined, 'x'));
    await settled();
    expect(b.events.at(-1)).toMatchObject({ reason: 'refused', error: { code: 'ERR_CALL_REFUSED' } });
  });

  it('that is chosen leaves the other one as it is, in this call and the next', async () => {
    const { a, b } = meet();
    await a.desk.useDevices({ input: 'headset', output: 'headset' });
    a.desk.call('bob');
    await settled();
    expect(a.media[0]?.devices).toEqual({ input: 'headset', output: 'headset' });
    b.desk.answer();
    await settled();
    await a.desk.useDevices({ output: 'room' });
    expect(a.media[0]?.devices).toEqual({ input: 'headset', output: 'room' });
    await a.desk.useDevices({ input: undefined });
    expect(a.desk.devices).toEqual({ output: 'room' });
  });
});

it('who pushes to talk is not heard in a call before that, nor in the next', async () => {
  const { a, b } = meet();
  a.desk.pushToTalk(true);
  for (const number of [0, 1]) {
    a.desk.call('bob');
    await settled();
    b.desk.answer();
    await settled();
    expect(a.media[number]?.isMuted).toBe(true);
    a.desk.mute(false);
    expect(a.media[number]?.isMuted).toBe(false);
    expect(a.desk.current).toMatchObject({ isPushToTalk: true, isMuted: false });
    a.desk.hangUp();
    await settled();
  }
});

describe('several processes of one member', () => {
  function household() {
    const sound = new FakeSound();
    const a = new Side(sound, 'alice');
    const b1 = new Side(sound, 'bob', 'b1');
    const b2 = new Side(sound, 'bob', 'b2');
    return { a, b1, b2, lines: [new Line(a, b1), new Line(a, b2)] as const, sound };
  }

  it('all ring, and stop when one takes the call', async () => {
    const { a, b1, b2 } = household();
    a.desk.call('bob');
    await settled();
    expect([b1, b2].map(({ told }) => told)).toEqual([['callRinging in'], ['callRinging in']]);
    b2.desk.answer();
    await settled();
    expect(b1.events.at(-1)).toMatchObject({ type: 'callEnded', reason: 'elsewhere', missed: false });
    expect([a, b2].map(({ desk }) => desk.current?.state)).toEqual(['connected', 'connected']);
  });

  it('both take it at once: one gets it', async () => {
    const { a, b1, b2 } = household();
    a.desk.call('bob');
    await settled();
    b1.desk.answer();
    b2.desk.answer();
    await settled();
    expect([b1, b2].map(({ desk }) => desk.current?.state).sort()).toEqual(['connected', undefined]);
    expect(a.desk.current?.state).toBe('connected');
  });

  it('one that is busy leaves the other one ringing; one that declines ends it', async () => {
    const { sound, a, b1, b2 } = household();
    const c = new Side(sound, 'carol');
    new Line(c, b1);
    c.desk.call('bob');
    await settled();
    b1.desk.answer();
    await settled();
    a.desk.call('bob');
    await settled();
    expect(a.desk.current?.state).toBe('ringing');
    b2.desk.reject();
    await settled();
    expect(a.told.at(-1)).toBe('callEnded declined');
  });

  it('one declines: the others stop ringing, and nothing was missed', async () => {
    const { a, b1, b2 } = household();
    a.desk.call('bob');
    await settled();
    b1.desk.reject();
    await settled();
    expect(b2.events.at(-1)).toMatchObject({ type: 'callEnded', reason: 'elsewhere', missed: false });
    expect([a, b1, b2].map(({ desk }) => desk.current)).toEqual([undefined, undefined, undefined]);
  });

  it('one that comes while it rings rings as well', async () => {
    const { sound, a, b1 } = household();
    a.desk.call('bob');
    await settled();
    const b3 = new Side(sound, 'bob', 'b3');
    new Line(a, b3);
    await settled();
    b3.desk.answer();
    await settled();
    expect(b3.desk.current?.state).toBe('connected');
    expect(b1.told.at(-1)).toBe('callEnded elsewhere');
  });
});

describe('a link that breaks', () => {
  it('and comes back: the same call goes on, over another way', async () => {
    const { a, b, line } = await talk();
    const id = a.desk.current?.id;
    line.break();
    expect([a, b].map(({ desk }) => desk.current?.state)).toEqual(['reconnecting', 'reconnecting']);
    timers.pass(59_000);
    new Line(a, b);
    await settled();
    expect([a, b].map(({ desk }) => desk.current)).toMatchObject([
      { id, state: 'connected' },
      { id, state: 'connected' },
    ]);
    expect(a.media[0]?.log).toContain('restart');
    expect(b.told.slice(-2)).toEqual(['callReconnecting in', 'callConnected in']);
  });

  it('at one end alone, while the other one sees another line come: the call goes on', async () => {
    const { a, b } = await talk();
    // Alice does not notice.
    new Line(a, b);
    await settled();
    expect([a, b].map(({ desk }) => desk.current?.state)).toEqual(['connected', 'connected']);
  });

  it('and does not come back for a minute: the call is lost at both ends', async () => {
    const { a, b, line } = await talk();
    line.break();
    timers.pass(60_000);
    await settled();
    expect([a.told.at(-1), b.told.at(-1)]).toEqual(['callEnded lost', 'callEnded lost']);
    expect([closed(a), closed(b)]).toEqual([true, true]);
  });

  it('while one hangs up: the other one hears of it when it is back', async () => {
    const { a, b, line } = await talk();
    line.break();
    b.desk.hangUp();
    new Line(a, b);
    await settled();
    expect(a.events.at(-1)).toMatchObject({ type: 'callEnded', reason: 'hung-up', by: 'peer' });
  });

  it('because the member is not trusted any more: the call ends at once', async () => {
    const { a, b, line } = await talk();
    line.break(new QTChatError('ERR_PEER_BLOCKED', 'you have blocked "bob"'));
    await settled();
    expect(a.events.at(-1)).toMatchObject({ reason: 'refused', error: { code: 'ERR_PEER_BLOCKED' } });
    expect([closed(a), closed(b)]).toEqual([true, true]);
  });

  it('while it rings, and comes back: it still rings, and can be taken', async () => {
    const { a, b, line } = meet();
    a.desk.call('bob');
    await settled();
    line.break();
    new Line(a, b);
    await settled();
    b.desk.answer();
    await settled();
    expect([a, b].map(({ desk }) => desk.current?.state)).toEqual(['connected', 'connected']);
    expect(b.told.filter((one) => one === 'callRinging in')).toHaveLength(1);
  });

  it('before an answer has arrived: it arrives with the next one', async () => {
    const { a, b, line } = meet();
    a.desk.call('bob');
    await settled();
    line.isSlow = true;
    b.desk.answer();
    await settled();
    line.break();
    new Line(a, b);
    await settled();
    expect([a, b].map(({ desk }) => desk.current?.state)).toEqual(['connected', 'connected']);
  });

  it('because the program of the other one was started anew, which calls again: it rings', async () => {
    const { sound, a, b, line } = await talk();
    line.break();
    const again = new Side(sound, 'bob', 'bob again');
    new Line(a, again);
    again.desk.call('alice');
    await settled();
    expect(a.desk.current).toMatchObject({ state: 'ringing', direction: 'in' });
    expect(closed(b)).toBe(false);
  });
});

describe('one who breaks the rules', () => {
  const id = 'ab'.repeat(16);
  const sdp = descriptionOf({ ufrag: 'evil', fingerprint: makeFingerprint() });

  /** Mallory, who says whatever the test wants to Bob. */
  function mallory(b: Side) {
    const heard: CallMessage[] = [];
    const channel: CallChannel = {
      ...{ member: 'mallory', process: 'm', isOursFirst: false, isOpen: true },
      send: (message) => heard.push(message),
    };
    b.desk.attach(channel);
    return { heard, say: (message: CallMessage) => b.desk.handle(channel, message) };
  }

  it.each<[string, (id: string) => CallMessage]>([
    ['rings', (of) => ({ type: 'call-ringing', id: of })],
    ['answers', (of) => ({ type: 'call-answer', id: of, sdp: sdp.replace('actpass', 'active') })],
    ['tells of ways', (of) => ({ type: 'call-candidate', id: of, candidate: 'x' })],
    ['ends', (of) => ({ type: 'call-end', id: of, reason: 'hung-up' })],
    ['offers another way for', (of) => ({ type: 'call-offer', id: of, sdp, isRestart: true })],
    ['offers', (of) => ({ type: 'call-offer', id: of, sdp })],
  ])('%s a call of others, or none at all: nothing happens', async (_, messageOf) => {
    const { a, b } = await talk();
    const { say } = mallory(b);
    const told = [...b.told];
    say(messageOf(a.desk.current?.id ?? ''));
    if (messageOf('').type !== 'call-offer') say(messageOf(id));
    await settled();
    expect(b.told).toEqual(told);
    expect(a.desk.current?.state).toBe('connected');
  });

  it('another way for a call that is not known is refused as such', async () => {
    const { b } = meet();
    const { say, heard } = mallory(b);
    say({ type: 'call-offer', id, sdp, isRestart: true });
    expect(heard).toEqual([{ type: 'call-end', id, reason: 'unknown' }]);
    expect(b.told).toEqual([]);
  });

  it('who calls without end rings six times a minute, and then finds us busy without our hearing of it', async () => {
    const { a, b } = meet();
    const { say, heard } = mallory(b);
    timers.pass(60_000);
    for (let count = 0; count < 100; count += 1) {
      const one = count.toString(16).padStart(32, '0');
      say({ type: 'call-offer', id: one, sdp });
      say({ type: 'call-end', id: one, reason: 'cancelled' });
    }
    expect(b.told.filter((told) => told === 'callRinging in')).toHaveLength(6);
    expect(heard.filter((message) => message.type === 'call-end' && message.reason === 'busy')).toHaveLength(94);
    // Others still ring.
    a.desk.call('bob');
    await settled();
    expect(b.desk.current?.state).toBe('ringing');
  });

  it('an offer that is none does not ring', async () => {
    const { b } = meet();
    const { say, heard } = mallory(b);
    say({ type: 'call-offer', id, sdp: sdp.replace('m=audio', 'm=video') });
    expect(b.events).toMatchObject([{ type: 'callEnded', reason: 'refused', missed: false }]);
    expect(heard).toMatchObject([{ type: 'call-end', reason: 'refused' }]);
    expect(b.desk.current).toBeUndefined();
  });
});

it('where all ends, the call is hung up, its sound is gone, and none is taken any more', async () => {
  const { a, b } = await talk();
  await b.desk.close();
  expect(closed(b)).toBe(true);
  await settled();
  expect(a.told.at(-1)).toBe('callEnded hung-up');
  a.desk.call('bob');
  await settled();
  expect(b.desk.current).toBeUndefined();
});
