/** Calls in words, and where the screen shows them. */
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from '@jest/globals';
import type { CallEnd, CallSnapshot } from '../../../src/calls/call-events.js';
import type { ConversationEvent } from '../../../src/conversation/events.js';
import { QTChatError } from '../../../src/errors.js';
import { rowText } from '../../../src/ui/terminal/layout/spans.js';
import { TalkRows } from '../../../src/ui/terminal/layout/talk-rows.js';
import { frameOf } from '../../../src/ui/terminal/screen/frame.js';
import { statusRow } from '../../../src/ui/terminal/screen/status.js';
import { applyEvent } from '../../../src/ui/terminal/state/apply-event.js';
import { ChatState } from '../../../src/ui/terminal/state/chat-state.js';
import { callQuality, statsLines } from '../../../src/ui/text/describe-call.js';
import { describeEvent } from '../../../src/ui/text/describe-event.js';
import { describePassed } from '../../../src/ui/text/duration.js';

const known = { member: 'bob', id: 'ab' } as const;
const good = { lossPercent: 0.4, concealedPercent: 0, roundTripMs: 23.4, jitterMs: 2, kbps: 57 };
const ended = { type: 'callEnded', ...known, by: 'self', durationMs: 0, missed: false } as const;
const error = new QTChatError('ERR_CALL_FAILED', 'it crashed\u001b[2J', { hint: 'Look' });

it.each<[ConversationEvent, string | undefined]>([
  [{ type: 'callRinging', ...known, direction: 'in' }, 'bob calls: /answer or /reject'],
  [{ type: 'callRinging', ...known, direction: 'out' }, 'it rings at bob'],
  [{ type: 'callConnected', ...known, direction: 'in', resumed: true }, 'the call with bob goes on'],
  [
    { type: 'callDevices', ...known, direction: 'in', input: undefined, output: 'x' },
    'no microphone: bob cannot hear you',
  ],
  [{ type: 'callDevices', ...known, direction: 'in', input: 'x', output: 'x' }, undefined],
  [{ type: 'callStats', ...known, direction: 'in', ...good }, undefined],
  [{ type: 'callLevel', ...known, direction: 'in', local: 0, remote: 0 }, undefined],
  [{ ...ended, direction: 'in', reason: 'no-answer', missed: true }, 'missed call from bob'],
  [{ ...ended, direction: 'out', reason: 'no-answer' }, 'call to bob: no answer: /voicemail leaves a message'],
  [{ ...ended, direction: 'out', reason: 'busy' }, 'call to bob: busy'],
  [{ ...ended, direction: 'out', reason: 'hung-up', durationMs: 62_900 }, 'call to bob: 1:02'],
  [{ ...ended, direction: 'in', reason: 'failed', error }, 'call from bob: failed (it crashed\\u{1b}[2J. Look)'],
])('%j', (event, line) => {
  expect(describeEvent(event)?.text).toBe(line);
});

it.each([
  [0, '0:00'],
  [59_999, '0:59'],
  [3_600_000, '1:00:00'],
])('%d ms are %s', (durationMs, shown) => {
  expect(describePassed(durationMs)).toBe(shown);
});

it.each([
  [{}, 'good'],
  [{ concealedPercent: 3 }, 'fair'],
  [{ roundTripMs: 400 }, 'fair'],
  [{ concealedPercent: 9 }, 'poor'],
  [{ roundTripMs: 700 }, 'poor'],
])('with %j one can talk: %s', (change, quality) => {
  expect(callQuality({ ...good, ...change })).toBe(quality);
  expect(statsLines({ ...good, ...change })[0]).toBe(`quality    ${quality}`);
});

const now = new Date(2026, 10, 29, 21, 5);
const call: CallSnapshot = {
  ...{ ...known, direction: 'out', state: 'connected', isMuted: false, durationMs: 62_000, stats: good },
  ...{ isPushToTalk: false, levels: undefined, devices: { input: 'Headset', output: 'Headset' } },
  peerDevices: { input: true, output: true },
};

function stateWith(...members: string[]): ChatState {
  const state = new ChatState(() => now);
  state.self = 'alice';
  for (const member of members) state.show(state.talkWith(member));
  return state;
}

it.each<[Partial<CallSnapshot>, string]>([
  [{}, 'call to bob 1:02 · good · loss 0 % · 23 ms'],
  [{ isMuted: true }, 'call to bob 1:02 · good · loss 0 % · 23 ms · muted'],
  [{ isPushToTalk: true, isMuted: true }, 'call to bob 1:02 · good · loss 0 % · 23 ms · F8 to talk'],
  [{ isPushToTalk: true }, 'call to bob 1:02 · good · loss 0 % · 23 ms · talking, F8 ends it'],
  [{ levels: { local: 0, remote: 1 } }, 'call to bob 1:02 · good · loss 0 % · 23 ms · you ▁ them █'],
  [{ levels: { local: 0.5, remote: 0.3 }, isMuted: true }, 'call to bob 1:02 · .* · muted · you ▅ them ▃'],
  [{ devices: { input: undefined, output: 'Headset' } }, 'call to bob 1:02 · .* · no mic here'],
  [{ peerDevices: { input: false, output: true } }, 'call to bob 1:02 · .* · on hold: no mic there'],
  [{ state: 'reconnecting' }, 'call to bob 1:02 · reconnecting…'],
  [{ state: 'calling', durationMs: undefined }, 'call to bob: calling…'],
  [{ state: 'ringing', durationMs: undefined, direction: 'in' }, 'call from bob: it rings…'],
])('the status bar says of a call that is %j: %s', (change, shown) => {
  const row = statusRow(stateWith('bob'), { columns: 80, roundTripMs: undefined, call: { ...call, ...change } });
  expect(stripVTControlCharacters(rowText(row, true)).trimEnd()).toMatch(new RegExp(`^ ${shown} +/help$`));
});

it('a call that rings is on the screen whoever is talked with, and asks for words, not for a key', () => {
  const ringing: CallSnapshot = { ...call, direction: 'in', state: 'ringing', durationMs: undefined };
  const { rows } = frameOf({
    ...{
      state: stateWith('carol'),
      rows: new TalkRows(),
      size: { columns: 60, rows: 12 },
      now,
      roundTripMs: undefined,
    },
    ...{ isColored: false, input: { rows: ['> '], cursor: { row: 0, column: 2 } }, call: ringing },
  });
  expect(rows).toHaveLength(12);
  expect(rows.map(stripVTControlCharacters).join('\n')).toContain('bob calls: /answer or /reject');
});

it('a missed call counts as new, stands in the conversation, and does so once', () => {
  const state = stateWith('bob', 'carol');
  const end: CallEnd = { reason: 'cancelled', by: 'peer', durationMs: 0, missed: true };
  applyEvent(state, { type: 'callEnded', ...known, direction: 'in', ...end }, now);
  const talk = state.talkWith('bob');
  const { reason, durationMs, missed } = end;
  talk.items.addOlder([{ kind: 'call', id: 'ab', direction: 'in', at: now, outcome: { reason, durationMs, missed } }]);
  expect(talk.unread).toBe(1);
  expect(talk.items.all).toHaveLength(1);
  const [row] = new TalkRows().of(talk, 'alice', 0, 60).slice(-1);
  expect(stripVTControlCharacters(rowText(row ?? [], false))).toContain('missed call from bob');
});
