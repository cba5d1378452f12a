/** The program's half of calls in the window: what it asks of a tab, what it takes from it, and what becomes of one that fails. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MediaEvent } from '../../../../src/calls/media.js';
import type { TabHappening, TabReply, TabTask, TabTaskEvent } from '../../../../src/ui/web-bridge/media-wire.js';
import { isTabMedia } from '../../../../src/ui/web-bridge/media-wire.js';
import { TabMedia } from '../../../../src/ui/web-bridge/page-media.js';
import type { MediaHappening, MediaReply, MediaTask, MediaTaskEvent } from '../../../../web/calls/wire.js';
import { makeFingerprint } from '../../../helpers/fake-media.js';

/** A tab that answers what a test says it does; nothing where that is nothing. */
class FakeTab {
  readonly tasks: TabTask[] = [];
  readonly events: MediaEvent[] = [];
  readonly media: TabMedia;
  answer: (task: TabTask) => Partial<TabReply> | undefined = () => ({});

  constructor() {
    this.media = new TabMedia((event) => this.#take(event));
  }

  /** Opens a call in it. */
  open() {
    return this.media.open({ onEvent: (event) => this.events.push(event) });
  }

  /** It tells something of a call. */
  tell(event: MediaHappening | object, media = 0): void {
    this.media.handle({ command: 'mediaEvent', media, event });
  }

  #take({ media, seq, task }: TabTaskEvent): void {
    this.tasks.push(task);
    const answer = this.answer(task);
    if (answer === undefined) return;
    queueMicrotask(() => this.media.handle({ command: 'mediaReply', media, seq, ...answer }));
  }
}

let tab: FakeTab;

beforeEach(() => {
  tab = new FakeTab();
});

afterEach(() => {
  jest.useRealTimers();
});

/** What a browser measures of a connection whose peer has that certificate. */
function measured(fingerprint: string, packetsReceived = 0): object[] {
  return [
    {
      id: 'T',
      type: 'transport',
      remoteCertificateId: 'C',
      dtlsState: 'connected',
      bytesReceived: packetsReceived * 100,
    },
    { id: 'C', type: 'certificate', fingerprint, fingerprintAlgorithm: 'sha-256' },
    { id: 'I', type: 'inbound-rtp', packetsReceived, packetsLost: 0, jitter: 0.002 },
  ];
}

describe('a call in a tab', () => {
  it('asks for what calls ask for, and gives what the tab answers', async () => {
    tab.answer = (task) => (task.type === 'offer' || task.type === 'answer' ? { sdp: `of ${task.type}` } : {});
    const media = await tab.open();
    expect(await media.offer(true)).toBe('of offer');
    expect(await media.answer('theirs')).toBe('of answer');
    await media.accept('theirs');
    await media.addCandidate('candidate:1');
    media.setMuted(true);
    await media.close();
    expect(tab.tasks).toEqual([
      { type: 'open' },
      { type: 'offer', isRestart: true },
      { type: 'answer', sdp: 'theirs' },
      { type: 'accept', sdp: 'theirs' },
      { type: 'candidate', candidate: 'candidate:1' },
      { type: 'mute', isMuted: true },
      { type: 'close' },
    ]);
  });

  it('tells whose certificate the sound is protected by, that it broke and came back, and how it is', async () => {
    await tab.open();
    const fingerprint = makeFingerprint();
    tab.tell({ type: 'candidate', candidate: 'candidate:1' });
    tab.tell({ type: 'state', state: 'connecting', stats: [] });
    tab.tell({ type: 'state', state: 'connected', stats: measured(fingerprint) });
    tab.tell({ type: 'state', state: 'connected', stats: measured(fingerprint), atMs: 1_000 });
    tab.tell({ type: 'state', state: 'disconnected', stats: [] });
    tab.tell({ type: 'state', state: 'disconnected', stats: [] });
    tab.tell({ type: 'state', state: 'connected', stats: measured(fingerprint, 50), atMs: 2_000 });
    tab.tell({ type: 'level', local: 0.5, remote: 0 });
    tab.tell({ type: 'devices', input: null, output: 'speaker' });
    const stats = { lossPercent: 0, concealedPercent: 0, roundTripMs: 0, jitterMs: 2, kbps: 40 };
    expect(tab.events).toEqual([
      { type: 'candidate', candidate: 'candidate:1' },
      { type: 'connected', remoteFingerprint: fingerprint },
      { type: 'interrupted' },
      { type: 'resumed' },
      { type: 'stats', ...stats },
      { type: 'level', local: 0.5, remote: 0 },
      { type: 'devices', input: undefined, output: 'speaker' },
    ]);
  });

  it.each<[string, object, RegExp, string]>([
    [
      'whose peer proves to be another one',
      { type: 'state', state: 'failed', stats: [{ id: 'T', type: 'transport', dtlsState: 'failed' }] },
      /not protected by the certificate/,
      'ERR_CALL_REFUSED',
    ],
    ['without a way', { type: 'state', state: 'failed', stats: [] }, /no way for the sound/, 'ERR_CALL_FAILED'],
    ['that gives up', { type: 'failed', problem: 'no \u202esound' }, /^no \\u\{202e\}sound$/, 'ERR_CALL_FAILED'],
    ['that talks nonsense', { type: 'level', local: 2, remote: 0 }, /nobody understands/, 'ERR_CALL_FAILED'],
    [
      'that tells too much',
      { type: 'state', state: 'new', stats: Array(257).fill({ id: 'T', type: 't' }) },
      /nobody/,
      'ERR_CALL_FAILED',
    ],
  ])('one %s fails once, with the reason', async (_, event, reason, code) => {
    await tab.open();
    tab.tell(event);
    tab.tell(event);
    tab.tell({ type: 'level', local: 0, remote: 0 });
    expect(tab.events).toEqual([
      { type: 'failed', error: expect.objectContaining({ code, message: expect.stringMatching(reason) }) },
    ]);
  });

  it('gives the reason of the browser where it cannot do something', async () => {
    tab.answer = (task) => (task.type === 'answer' ? { problem: 'the browser says: no' } : {});
    const media = await tab.open();
    await expect(media.answer('theirs')).rejects.toMatchObject({
      code: 'ERR_CALL_FAILED',
      message: 'the browser says: no',
    });
    await media.close();
  });
});

describe('a tab', () => {
  it('that goes ends its call with a reason, and what is asked of it meanwhile', async () => {
    const media = await tab.open();
    tab.answer = () => undefined;
    const offering = media.offer();
    tab.media.close();
    await expect(offering).rejects.toThrow(/closed or loaded anew/);
    await expect(media.offer()).rejects.toThrow(/closed or loaded anew/);
    expect(tab.events).toMatchObject([{ type: 'failed', error: { code: 'ERR_CALL_FAILED' } }]);
    await media.close();
    await expect(tab.open()).rejects.toThrow(/closed or loaded anew/);
  });

  it('that hangs keeps no call open', async () => {
    const media = await tab.open();
    jest.useFakeTimers();
    tab.answer = () => undefined;
    const offering = expect(media.offer()).rejects.toThrow(/does not answer/);
    await jest.advanceTimersByTimeAsync(15_000);
    await offering;
    const closing = media.close();
    await jest.advanceTimersByTimeAsync(2_000);
    await closing;
  });

  it('that says something of a call that is over is not heard', async () => {
    const media = await tab.open();
    await media.close();
    tab.tell({ type: 'candidate', candidate: 'candidate:1' });
    tab.media.handle({ command: 'mediaReply', media: 0, seq: 99 });
    tab.media.close();
    expect(tab.events).toEqual([]);
  });

  it('has the sound of one call beside that of another', async () => {
    await tab.open();
    const second = await tab.open();
    tab.tell({ type: 'failed', problem: 'only the first one' }, 0);
    tab.answer = () => ({ sdp: 'second' });
    expect(await second.offer()).toBe('second');
  });
});

it('what is said about the sound of calls is told from commands', () => {
  expect([{ command: 'mediaReply' }, { command: 'mediaEvent' }].map(isTabMedia)).toEqual([true, true]);
  expect([{ command: 'media' }, { command: 'call' }, null, 'mediaReply'].map(isTabMedia)).toEqual(Array(4).fill(false));
});

it('the page and the program mean the same', () => {
  const tasks = (task: TabTaskEvent): MediaTaskEvent => task;
  const one = (task: TabTask): MediaTask => task;
  const replies = (reply: MediaReply): Partial<TabReply> => reply as TabReply;
  const happenings = (happening: Exclude<MediaHappening, { type: 'state' }>): TabHappening => happening;
  expect([tasks, one, replies, happenings]).toHaveLength(4);
});
