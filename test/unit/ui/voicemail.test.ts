/** Voicemail: what is recorded is sent or dropped, and nothing of it stays behind. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CallEnd } from '../../../src/calls/call-events.js';
import { QTChatError } from '../../../src/errors.js';
import { Voicemail } from '../../../src/ui/commands/voicemail.js';
import type { FaceSound } from '../../../src/ui/face-sound.js';
import { Questions } from '../../../src/ui/terminal/questions.js';
import { ChatState } from '../../../src/ui/terminal/state/chat-state.js';
import { VoicemailPrompt } from '../../../src/ui/terminal/voicemail-prompt.js';
import { voicemailLine } from '../../../src/ui/text/describe-voicemail.js';
import { ManualTimers } from '../../helpers/manual-timers.js';

const name = 'voicemail-2026-11-29-1905.opus';

let timers: ManualTimers;
let did: string[];
let errors: unknown[];
let durationMs: number;
let tell: Parameters<FaceSound['record']>[0];
let record: () => Promise<void>;
let voicemail: Voicemail;
let changed: () => void;

beforeEach(() => {
  timers = new ManualTimers();
  did = [];
  errors = [];
  durationMs = 3_000;
  record = async () => {};
  changed = () => {};
  voicemail = new Voicemail({
    timers,
    sound: {
      record: async (options) => {
        tell = options;
        await record();
        did.push(`record by ${options.input}`);
        return {
          ...{ name, path: `/home/voicemail/${name}` },
          stop: async () => {
            did.push('stop');
            return durationMs;
          },
          drop: async () => void did.push('end'),
        };
      },
      forget: async (which) => void did.push(`forget ${which}`),
    },
    send: async (member, path) => void did.push(`send ${path} to ${member}`),
    onChange: () => changed(),
    onError: (error) => errors.push(error),
  });
});

const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a voicemail', () => {
  it('is recorded by the microphone that was chosen, and sent', async () => {
    await voicemail.begin('bob', 'Headset');
    timers.pass(5_000);
    tell.onLevel(0.5);
    expect(voicemail.current).toEqual({ member: 'bob', elapsedMs: 5_000, level: 0.5 });
    await voicemail.send();
    expect(did).toEqual(['record by Headset', 'stop', `send /home/voicemail/${name} to bob`]);
    expect(voicemail.current).toBeUndefined();
  });

  it('is dropped, and nothing of it is kept', async () => {
    await voicemail.begin('bob', undefined);
    await voicemail.drop();
    expect(did).toEqual(['record by undefined', 'end', `forget ${name}`]);
  });

  it('is sent by itself after two minutes, once', async () => {
    await voicemail.begin('bob', undefined);
    timers.pass(119_999);
    expect(voicemail.current).toBeDefined();
    timers.pass(1);
    await settled();
    timers.pass(600_000);
    await settled();
    expect(did.filter((one) => one.startsWith('send'))).toHaveLength(1);
  });

  it('that holds next to nothing is not sent', async () => {
    durationMs = 499;
    await voicemail.begin('bob', undefined);
    await expect(voicemail.send()).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect(did.slice(1)).toEqual(['stop', `forget ${name}`]);
  });

  it('is one at a time, also while the first is being begun', async () => {
    const first = voicemail.begin('bob', undefined);
    await expect(voicemail.begin('carol', undefined)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await first;
    await expect(voicemail.begin('carol', undefined)).rejects.toThrow('a voicemail for "bob" is being recorded');
  });

  it('that there is none of is neither sent nor dropped', async () => {
    await expect(voicemail.send()).rejects.toThrow('no voicemail is being recorded');
    await expect(voicemail.drop()).rejects.toThrow('no voicemail is being recorded');
  });

  it('that cannot be recorded says why, and the next one can', async () => {
    record = () => Promise.reject(new QTChatError('ERR_CALL_DEVICE', 'there is no microphone'));
    await expect(voicemail.begin('bob', undefined)).rejects.toThrow('there is no microphone');
    record = async () => {};
    await voicemail.begin('bob', undefined);
    expect(voicemail.current).toBeDefined();
  });

  it('that ends by itself says why, and is dropped', async () => {
    await voicemail.begin('bob', undefined);
    const error = new QTChatError('ERR_CALL_FAILED', 'it crashed');
    tell.onFailed(error);
    await settled();
    expect(errors).toEqual([error]);
    expect(did.slice(1)).toEqual(['end', `forget ${name}`]);
  });

  it('is dropped where the chat ends, even while it is being begun', async () => {
    let ready: () => void = () => {};
    record = () =>
      new Promise((resolve) => {
        ready = resolve;
      });
    const begun = voicemail.begin('bob', undefined);
    const closed = voicemail.close();
    ready();
    await Promise.all([begun, closed]);
    expect(did).toEqual(['record by undefined', 'end', `forget ${name}`]);
  });

  it.each(['fileDone', 'fileDeclined'] as const)('is deleted after %s, and files of theirs are not', async (type) => {
    const file = { id: 'ab', name, sizeBytes: 1 } as const;
    const event = { type, member: 'bob', ...(type === 'fileDeclined' && { reason: 'declined' }) };
    voicemail.note({ ...event, file: { ...file, direction: 'in' } } as Parameters<Voicemail['note']>[0]);
    expect(did).toEqual([]);
    voicemail.note({ ...event, file: { ...file, direction: 'out' } } as Parameters<Voicemail['note']>[0]);
    await settled();
    expect(did).toEqual([`forget ${name}`]);
  });

  it.each([
    [0, '● recording for bob 0:05 of 2:00 ▁▁▁▁▁▁▁▁▁▁'],
    [0.45, '● recording for bob 0:05 of 2:00 ████▅▁▁▁▁▁'],
    [1, '● recording for bob 0:05 of 2:00 ██████████'],
  ])('as loud as %d is shown', (level, shown) => {
    expect(voicemailLine({ member: 'bob', elapsedMs: 5_000, level })).toBe(shown);
  });
});

describe('at the keyboard', () => {
  let state: ChatState;
  let prompt: VoicemailPrompt;
  const ended: { type: 'callEnded'; id: string; direction: 'in' | 'out' } & CallEnd = {
    ...{ type: 'callEnded', id: 'ab', direction: 'out', reason: 'no-answer' },
    ...{ by: 'self', durationMs: 0, missed: false },
  };

  beforeEach(() => {
    const { signal } = new AbortController();
    const clock = (): Date => new Date(0);
    state = new ChatState(clock);
    const questions = new Questions({ state, clock, isTyping: () => false, onChange: () => {} });
    prompt = new VoicemailPrompt({
      ...{ voicemail, questions, signal, input: () => 'Headset' },
      onError: (error) => errors.push(error),
    });
    changed = () => prompt.follow();
  });

  async function press(key: string): Promise<void> {
    await settled();
    state.question?.answer(key);
    await settled();
  }

  it('who was not answered is asked, records, and sends by Enter', async () => {
    prompt.note('bob', ended);
    await settled();
    expect(state.question?.text).toBe('bob did not answer: leave a voicemail? [y/N]');
    await press('y');
    expect(state.question?.text).toBe('voicemail for bob: Enter sends it, Esc drops it');
    await press('x');
    await press('enter');
    expect(did).toEqual(['record by Headset', 'stop', `send /home/voicemail/${name} to bob`]);
    expect([state.question, errors]).toEqual([undefined, []]);
  });

  it('Esc drops it', async () => {
    await voicemail.begin('bob', undefined);
    await press('escape');
    expect(did.at(-1)).toBe(`forget ${name}`);
    expect(state.question).toBeUndefined();
  });

  it('who does not want to leaves none', async () => {
    prompt.note('bob', ended);
    await press('n');
    expect([did, state.question]).toEqual([[], undefined]);
  });

  it('its question goes with it', async () => {
    await voicemail.begin('bob', undefined);
    await settled();
    timers.pass(120_000);
    await settled();
    expect(state.question).toBeUndefined();
    expect(errors).toEqual([]);
  });

  it.each<[string, object]>([
    ['that was for us', { direction: 'in' }],
    ['that was declined', { reason: 'declined' }],
    ['that we called off', { reason: 'cancelled' }],
    ['that was held', { reason: 'hung-up' }],
  ])('nobody is asked after a call %s', async (_, change) => {
    prompt.note('bob', { ...ended, ...change });
    await settled();
    expect(state.question).toBeUndefined();
  });
});
