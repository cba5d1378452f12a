/** One call: what each state makes of everything that can happen, with time that passes when the test says so. */
import { describe, expect, it } from '@jest/globals';
import type { CallEvent } from '../../../src/calls/call-events.js';
import { CallSession } from '../../../src/calls/call-session.js';
import { QTChatError } from '../../../src/errors.js';
import type { CallMessage } from '../../../src/protocol/messages.js';
import { candidateOf, descriptionOf, FakeSound, makeFingerprint } from '../../helpers/fake-media.js';
import { ManualTimers } from '../../helpers/manual-timers.js';

const theirs = makeFingerprint();
const offer = descriptionOf({ ufrag: 'them', fingerprint: theirs });
const answer = descriptionOf({ ufrag: 'them', fingerprint: theirs, setup: 'active' });
const candidate = candidateOf(50_000);

/** Lets everything happen that has been begun. */
const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve));
};

class Harness {
  readonly timers = new ManualTimers();
  readonly sound = new FakeSound();
  readonly sent: CallMessage[] = [];
  readonly events: CallEvent[] = [];
  readonly session: CallSession;
  ends = 0;

  constructor(direction: 'in' | 'out') {
    this.session = new CallSession({
      id: 'ab'.repeat(16),
      member: 'bob',
      direction,
      devices: {},
      openMedia: this.sound.open(),
      timers: this.timers,
      send: (message) => this.sent.push(message),
      emit: (event) => this.events.push(event),
      onEnded: () => {
        this.ends += 1;
      },
    });
  }

  get media() {
    const [media] = this.sound.all;
    if (media === undefined) throw new Error('the sound is not open');
    return media;
  }
}

const beginnings = {
  'calling out': async (h: Harness) => {
    h.session.call();
    await settled();
  },
  'ringing out': async (h: Harness) => {
    await beginnings['calling out'](h);
    h.session.handleRinging();
  },
  'connecting out': async (h: Harness) => {
    await beginnings['ringing out'](h);
    h.session.handleAnswer(answer);
    await settled();
  },
  'connected out': async (h: Harness) => {
    await beginnings['connecting out'](h);
    h.media.emit({ type: 'connected', remoteFingerprint: theirs });
  },
  'reconnecting out': async (h: Harness) => {
    await beginnings['connected out'](h);
    h.session.linkLost();
  },
  'ended out': async (h: Harness) => {
    await beginnings['connected out'](h);
    h.session.hangUp();
  },
  'ringing in': async (h: Harness) => {
    h.session.ring(offer);
  },
  'connecting in': async (h: Harness) => {
    await beginnings['ringing in'](h);
    h.session.answer();
    await settled();
  },
  'connected in': async (h: Harness) => {
    await beginnings['connecting in'](h);
    h.media.emit({ type: 'connected', remoteFingerprint: theirs });
  },
  'reconnecting in': async (h: Harness) => {
    await beginnings['connected in'](h);
    h.session.linkLost();
  },
  'ended in': async (h: Harness) => {
    await beginnings['connected in'](h);
    h.session.handleEnd('hung-up');
  },
} as const;
type Beginning = keyof typeof beginnings;

async function at(beginning: Beginning): Promise<Harness> {
  const harness = new Harness(beginning.endsWith('out') ? 'out' : 'in');
  await beginnings[beginning](harness);
  await settled();
  expect(harness.session.state).toBe(beginning.split(' ')[0]);
  harness.sent.splice(0);
  harness.events.splice(0);
  return harness;
}

const happenings: Readonly<Record<string, (h: Harness) => void>> = {
  'we answer': ({ session }) => void session.answer(),
  'we reject': ({ session }) => void session.reject(),
  'we hang up': ({ session }) => session.hangUp(),
  'it rings there': ({ session }) => session.handleRinging(),
  'an offer comes': ({ session }) => session.handleOffer(offer, false),
  'another way is offered': ({ session }) => session.handleOffer(offer, true),
  'another end offers a way': ({ session }) =>
    session.handleOffer(descriptionOf({ ufrag: 'evil', fingerprint: makeFingerprint() }), true),
  'an answer comes': ({ session }) => session.handleAnswer(answer),
  'a wrong answer comes': ({ session }) => session.handleAnswer(answer.replace('sha-256', 'sha-1')),
  'a candidate comes': ({ session }) => session.handleCandidate(candidate),
  'a wrong candidate comes': ({ session }) => session.handleCandidate(candidate.replace('host', 'relay')),
  'they end it': ({ session }) => session.handleEnd('hung-up'),
  'the link breaks': ({ session }) => session.linkLost(),
  'the link is back': ({ session }) => session.linkBack(),
  'sound is there': ({ sound }) => sound.all[0]?.emit({ type: 'connected', remoteFingerprint: theirs }),
  'sound of another is there': ({ sound }) =>
    sound.all[0]?.emit({ type: 'connected', remoteFingerprint: makeFingerprint() }),
  'sound is gone': ({ sound }) => sound.all[0]?.emit({ type: 'interrupted' }),
  'sound is back': ({ sound }) => sound.all[0]?.emit({ type: 'resumed' }),
  'sound fails': ({ sound }) =>
    sound.all[0]?.emit({ type: 'failed', error: new QTChatError('ERR_CALL_FAILED', 'it crashed') }),
  'a minute passes': ({ timers }) => timers.pass(61_000),
};

/** What a call makes of it: its state, what it sends, what it tells. */
async function outcome(beginning: Beginning, happening: string): Promise<string> {
  const harness = await at(beginning);
  const { session, sent, events, sound } = harness;
  happenings[happening]?.(harness);
  await settled();
  if (session.state === 'ended') {
    await session.closed;
    expect(sound.all.every(({ isClosed }) => isClosed)).toBe(true);
    expect(harness.ends).toBe(1);
  }
  const said = sent.map((message) => ('reason' in message ? `${message.type} ${message.reason}` : message.type));
  const told = events.map((event) => ('reason' in event ? `${event.type} ${event.reason}` : event.type));
  return [session.state, ...said.map((one) => `> ${one}`), ...told.map((one) => `! ${one}`)].join(' ');
}

/** Where something happens; everywhere else nothing does. */
const table: readonly [Beginning, string, string][] = [
  ['calling out', 'we hang up', 'ended > call-end cancelled ! callEnded cancelled'],
  ['calling out', 'it rings there', 'ringing ! callRinging'],
  ['calling out', 'an answer comes', 'connecting'],
  ['calling out', 'a wrong answer comes', 'ended > call-end refused ! callEnded refused'],
  ['calling out', 'a wrong candidate comes', 'ended > call-end refused ! callEnded refused'],
  ['calling out', 'they end it', 'ended ! callEnded hung-up'],
  ['calling out', 'sound fails', 'ended > call-end failed ! callEnded failed'],
  ['calling out', 'a minute passes', 'ended > call-end no-answer ! callEnded no-answer'],
  ['ringing out', 'we hang up', 'ended > call-end cancelled ! callEnded cancelled'],
  ['ringing out', 'an answer comes', 'connecting'],
  ['ringing out', 'a wrong answer comes', 'ended > call-end refused ! callEnded refused'],
  ['ringing out', 'a wrong candidate comes', 'ended > call-end refused ! callEnded refused'],
  ['ringing out', 'they end it', 'ended ! callEnded hung-up'],
  ['ringing out', 'sound fails', 'ended > call-end failed ! callEnded failed'],
  ['ringing out', 'a minute passes', 'ended > call-end no-answer ! callEnded no-answer'],
  ['connecting out', 'we hang up', 'ended > call-end hung-up ! callEnded hung-up'],
  ['connecting out', 'a wrong candidate comes', 'ended > call-end refused ! callEnded refused'],
  ['connecting out', 'they end it', 'ended ! callEnded hung-up'],
  ['connecting out', 'the link is back', 'connecting > call-candidate'],
  ['connecting out', 'sound is there', 'connected ! callConnected'],
  ['connecting out', 'sound of another is there', 'ended > call-end refused ! callEnded refused'],
  ['connecting out', 'sound fails', 'ended > call-end failed ! callEnded failed'],
  ['connecting out', 'a minute passes', 'ended > call-end not-connected ! callEnded not-connected'],
  ['connected out', 'we hang up', 'ended > call-end hung-up ! callEnded hung-up'],
  ['connected out', 'a wrong candidate comes', 'ended > call-end refused ! callEnded refused'],
  ['connected out', 'they end it', 'ended ! callEnded hung-up'],
  ['connected out', 'the link breaks', 'reconnecting ! callReconnecting'],
  ['connected out', 'the link is back', 'connected > call-offer > call-candidate'],
  ['connected out', 'sound of another is there', 'ended > call-end refused ! callEnded refused'],
  ['connected out', 'sound is gone', 'reconnecting > call-offer > call-candidate ! callReconnecting'],
  ['connected out', 'sound fails', 'ended > call-end failed ! callEnded failed'],
  ['reconnecting out', 'we hang up', 'ended > call-end hung-up ! callEnded hung-up'],
  ['reconnecting out', 'a wrong candidate comes', 'ended > call-end refused ! callEnded refused'],
  ['reconnecting out', 'they end it', 'ended ! callEnded hung-up'],
  ['reconnecting out', 'the link is back', 'reconnecting > call-offer > call-candidate'],
  ['reconnecting out', 'sound of another is there', 'ended > call-end refused ! callEnded refused'],
  ['reconnecting out', 'sound fails', 'ended > call-end failed ! callEnded failed'],
  ['reconnecting out', 'a minute passes', 'ended > call-end lost ! callEnded lost'],
  ['ringing in', 'we answer', 'connecting > call-answer > call-candidate'],
  ['ringing in', 'we reject', 'ended > call-end declined ! callEnded declined'],
  ['ringing in', 'we hang up', 'ended > call-end declined ! callEnded declined'],
  ['ringing in', 'an offer comes', 'ringing > call-ringing'],
  ['ringing in', 'a wrong candidate comes', 'ended > call-end refused ! callEnded refused'],
  ['ringing in', 'they end it', 'ended ! callEnded hung-up'],
  ['ringing in', 'a minute passes', 'ended > call-end no-answer ! callEnded no-answer'],
  ['connecting in', 'we hang up', 'ended > call-end hung-up ! callEnded hung-up'],
  ['connecting in', 'an offer comes', 'connecting > call-answer > call-candidate'],
  ['connecting in', 'another way is offered', 'connecting > call-answer > call-candidate'],
  ['connecting in', 'another end offers a way', 'ended > call-end refused ! callEnded refused'],
  ['connecting in', 'a wrong candidate comes', 'ended > call-end refused ! callEnded refused'],
  ['connecting in', 'they end it', 'ended ! callEnded hung-up'],
  ['connecting in', 'the link is back', 'connecting > call-candidate'],
  ['connecting in', 'sound is there', 'connected ! callConnected'],
  ['connecting in', 'sound of another is there', 'ended > call-end refused ! callEnded refused'],
  ['connecting in', 'sound fails', 'ended > call-end failed ! callEnded failed'],
  ['connecting in', 'a minute passes', 'ended > call-end not-connected ! callEnded not-connected'],
  ['connected in', 'we hang up', 'ended > call-end hung-up ! callEnded hung-up'],
  ['connected in', 'an offer comes', 'connected > call-answer > call-candidate'],
  ['connected in', 'another way is offered', 'connected > call-answer > call-candidate'],
  ['connected in', 'another end offers a way', 'ended > call-end refused ! callEnded refused'],
  ['connected in', 'a wrong candidate comes', 'ended > call-end refused ! callEnded refused'],
  ['connected in', 'they end it', 'ended ! callEnded hung-up'],
  ['connected in', 'the link breaks', 'reconnecting ! callReconnecting'],
  ['connected in', 'sound of another is there', 'ended > call-end refused ! callEnded refused'],
  ['connected in', 'sound is gone', 'reconnecting ! callReconnecting'],
  ['connected in', 'sound fails', 'ended > call-end failed ! callEnded failed'],
  ['reconnecting in', 'we hang up', 'ended > call-end hung-up ! callEnded hung-up'],
  ['reconnecting in', 'an offer comes', 'reconnecting > call-answer > call-candidate'],
  ['reconnecting in', 'another way is offered', 'reconnecting > call-answer > call-candidate'],
  ['reconnecting in', 'another end offers a way', 'ended > call-end refused ! callEnded refused'],
  ['reconnecting in', 'a wrong candidate comes', 'ended > call-end refused ! callEnded refused'],
  ['reconnecting in', 'they end it', 'ended ! callEnded hung-up'],
  ['reconnecting in', 'sound of another is there', 'ended > call-end refused ! callEnded refused'],
  ['reconnecting in', 'sound fails', 'ended > call-end failed ! callEnded failed'],
  ['reconnecting in', 'a minute passes', 'ended > call-end lost ! callEnded lost'],
];

describe.each(Object.keys(beginnings) as Beginning[])('%s:', (beginning) => {
  it.each(Object.keys(happenings))('%s', async (happening) => {
    const row = table.find(([state, what]) => state === beginning && what === happening);
    expect(await outcome(beginning, happening)).toBe(row?.[2] ?? beginning.split(' ')[0]);
  });
});

describe('deadlines', () => {
  it.each<[Beginning, number]>([
    ['calling out', 45_000],
    ['ringing out', 45_000],
    ['ringing in', 45_000],
    ['connecting out', 15_000],
    ['connecting in', 15_000],
    ['reconnecting out', 60_000],
    ['reconnecting in', 60_000],
  ])('%s ends after %d ms, and not before', async (beginning, deadlineMs) => {
    const { session, timers } = await at(beginning);
    timers.pass(deadlineMs - 1);
    expect(session.state).toBe(beginning.split(' ')[0]);
    timers.pass(1);
    expect(session.state).toBe('ended');
  });

  it('a connected call has none', async () => {
    const { session, timers } = await at('connected in');
    timers.pass(86_400_000);
    expect(session.state).toBe('connected');
  });

  it('a call whose caller is lost rings for 10 seconds, unless the caller comes back', async () => {
    const { session, timers, events } = await at('ringing in');
    session.linkLost();
    timers.pass(9_999);
    session.linkBack();
    timers.pass(1);
    expect(session.state).toBe('ringing');
    session.linkLost();
    timers.pass(10_000);
    expect(events).toMatchObject([{ type: 'callEnded', reason: 'lost', missed: true }]);
  });
});

describe('reconnecting', () => {
  it('ours goes on when the link is back and the peer has answered with the same key', async () => {
    const { session, sent, events, media } = await at('reconnecting out');
    session.linkBack();
    await settled();
    expect(media.log).toContain('restart');
    expect(sent[0]).toMatchObject({ type: 'call-offer', isRestart: true });
    expect(session.state).toBe('reconnecting');
    session.handleAnswer(answer);
    await settled();
    expect(events).toMatchObject([{ type: 'callConnected', resumed: true }]);
  });

  it('theirs goes on when the link is back and another way was answered', async () => {
    const { session, events } = await at('reconnecting in');
    session.linkBack();
    expect(session.state).toBe('reconnecting');
    session.handleOffer(offer, true);
    await settled();
    expect(events).toMatchObject([{ type: 'callConnected', resumed: true }]);
  });

  it('it waits for the sound as well', async () => {
    const { session, media } = await at('reconnecting out');
    media.emit({ type: 'interrupted' });
    session.linkBack();
    await settled();
    session.handleAnswer(answer);
    await settled();
    expect(session.state).toBe('reconnecting');
    media.emit({ type: 'resumed' });
    expect(session.state).toBe('connected');
  });

  it('another key in the answer ends it', async () => {
    const { session, events } = await at('reconnecting out');
    session.linkBack();
    await settled();
    session.handleAnswer(descriptionOf({ ufrag: 'evil', fingerprint: makeFingerprint(), setup: 'active' }));
    expect(events.at(-1)).toMatchObject({ reason: 'refused', error: { code: 'ERR_CALL_REFUSED' } });
    expect(session.state).toBe('ended');
  });

  it('the time counts on, and the end says how long it was', async () => {
    const { session, events, timers } = await at('connected out');
    timers.pass(10_000);
    session.linkLost();
    timers.pass(5_000);
    expect(session.snapshot).toMatchObject({ state: 'reconnecting', durationMs: 15_000 });
    session.hangUp();
    expect(events.at(-1)).toMatchObject({ type: 'callEnded', durationMs: 15_000, by: 'self', missed: false });
  });

  it('a peer that looks for another way without end is left', async () => {
    const { session } = await at('connected in');
    for (let times = 0; times < 100; times += 1) session.handleOffer(offer, true);
    expect(session.state).toBe('connected');
    session.handleOffer(offer, true);
    expect(session.state).toBe('ended');
  });
});

describe('candidates', () => {
  it('of the peer that come while it rings are told to the sound when it is there', async () => {
    const harness = await at('ringing in');
    harness.session.handleCandidate(candidate);
    harness.session.answer();
    await settled();
    expect(harness.media.log).toEqual(['answer', candidate]);
  });

  it.each<Beginning>(['ringing in', 'connecting out', 'connected in'])(
    '%s: 64 are taken, and no more',
    async (beginning) => {
      const { session, events } = await at(beginning);
      for (let count = 0; count < 64; count += 1) session.handleCandidate(candidate);
      expect(session.state).not.toBe('ended');
      for (let count = 0; count < 10_000; count += 1) session.handleCandidate(candidate);
      expect(events.at(-1)).toMatchObject({ reason: 'refused', error: { message: expect.stringMatching(/too many/) } });
      expect(events.filter(({ type }) => type === 'callEnded')).toHaveLength(1);
    },
  );

  it('of ours those that may not be told are not told, and 64 at most', async () => {
    const { media, sent } = await at('connecting out');
    media.emit({ type: 'candidate', candidate: candidate.replace('127.0.0.1', 'b9c1.local') });
    media.emit({ type: 'candidate', candidate: candidate.replace('typ host', 'typ srflx raddr 10.0.0.1 rport 9') });
    expect(sent).toEqual([]);
    for (let count = 0; count < 100; count += 1) media.emit({ type: 'candidate', candidate });
    expect(sent).toHaveLength(63);
  });
});

describe('sound', () => {
  it('that does not open ends the call with the reason', async () => {
    const error = new QTChatError('ERR_CALL_UNAVAILABLE', 'no library', { hint: 'npm install it' });
    const events: CallEvent[] = [];
    const session = new CallSession({
      ...{ id: 'ab'.repeat(16), member: 'bob', direction: 'out', timers: new ManualTimers(), devices: {} },
      openMedia: () => Promise.reject(error),
      send: () => {},
      emit: (event) => events.push(event),
      onEnded: () => {},
    });
    session.call();
    await settled();
    expect(events).toMatchObject([{ type: 'callEnded', reason: 'failed', error }]);
    await session.closed;
  });

  it('that opens when the call has ended is closed', async () => {
    const harness = new Harness('out');
    harness.session.call();
    await Promise.resolve();
    harness.session.hangUp();
    await settled();
    await harness.session.closed;
    expect(harness.sound.all.every(({ isClosed }) => isClosed)).toBe(true);
    expect(harness.sent.map(({ type }) => type)).toEqual(['call-end']);
  });

  it('that was muted before it opened is muted', async () => {
    const harness = await at('ringing in');
    harness.session.mute(true);
    harness.session.answer();
    await settled();
    expect(harness.media.isMuted).toBe(true);
    harness.session.mute(false);
    expect(harness.media.isMuted).toBe(false);
  });

  it('that describes more than sound is not told of', async () => {
    const sound = new FakeSound();
    const events: CallEvent[] = [];
    const sent: CallMessage[] = [];
    const session = new CallSession({
      ...{ id: 'ab'.repeat(16), member: 'bob', direction: 'out', timers: new ManualTimers(), devices: {} },
      openMedia: sound.open((media) => {
        media.lie = (sdp) => `${sdp}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n`;
      }),
      send: (message) => sent.push(message),
      emit: (event) => events.push(event),
      onEnded: () => {},
    });
    session.call();
    await settled();
    expect(events).toMatchObject([{ reason: 'refused', error: { message: expect.stringMatching(/more than sound/) } }]);
    expect(sent.map(({ type }) => type)).toEqual(['call-end']);
  });
});

it.each<[Beginning, (h: Harness) => void, boolean]>([
  ['ringing in', ({ session }) => session.handleEnd('cancelled'), true],
  ['ringing in', ({ timers }) => timers.pass(45_000), true],
  ['ringing in', ({ session }) => session.handleEnd('elsewhere'), false],
  ['ringing in', ({ session }) => void session.reject(), false],
  ['connecting in', ({ session }) => session.handleEnd('hung-up'), false],
  ['ringing out', ({ timers }) => timers.pass(45_000), false],
])('%s, and then %s: missed is %p', async (beginning, happening, missed) => {
  const harness = await at(beginning);
  happening(harness);
  expect(harness.events.at(-1)).toMatchObject({ type: 'callEnded', missed });
});

it('a call that was given up for one of the same peer says so to the peer alone', async () => {
  const { session, sent, events, media } = await at('ringing out');
  session.yieldTo();
  await session.closed;
  expect(media.isClosed).toBe(true);
  expect(sent).toMatchObject([{ type: 'call-end', reason: 'elsewhere' }]);
  expect(events).toEqual([]);
});
