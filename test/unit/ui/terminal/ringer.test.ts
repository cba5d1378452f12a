/** What can be heard of a call before anybody talks. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CallSnapshot } from '../../../../src/calls/call-events.js';
import { Ringer } from '../../../../src/ui/terminal/ringer.js';
import { ManualTimers } from '../../../helpers/manual-timers.js';

const call: CallSnapshot = {
  ...{ id: 'ab', member: 'bob', direction: 'in', state: 'ringing', isMuted: false, isPushToTalk: false },
  ...{ durationMs: undefined, stats: undefined, levels: undefined, devices: undefined },
  peerDevices: { input: true, output: true },
};
const outgoing: CallSnapshot = { ...call, direction: 'out' };

let timers: ManualTimers;
let heard: string[];
let settings: { ring: boolean; bell: boolean };
/** What becomes of a tone that begins. */
let isHeard: Promise<boolean>;
let ringer: Ringer;

beforeEach(() => {
  timers = new ManualTimers();
  heard = [];
  settings = { ring: true, bell: true };
  isHeard = new Promise(() => {});
  ringer = new Ringer({
    playTone: (tone, output) => {
      heard.push(`${tone}${output === undefined ? '' : ` on ${output}`}`);
      return { ended: isHeard, stop: () => heard.push('silence') };
    },
    write: (text) => heard.push(text === '\x07' ? 'bell' : text),
    timers,
    settings: () => settings,
  });
});

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a call', () => {
  it('rings here, on the speaker that was chosen, once however often it is looked at', () => {
    for (let look = 0; look < 3; look += 1) ringer.follow(call, 'Headset');
    expect(heard).toEqual(['ring on Headset']);
  });

  it('of ours is heard to ring there, and not before it does', () => {
    ringer.follow({ ...outgoing, state: 'calling' }, undefined);
    expect(heard).toEqual([]);
    ringer.follow(outgoing, undefined);
    expect(heard).toEqual(['ringback']);
  });

  it.each<[string, CallSnapshot | undefined]>([
    ['is taken', { ...call, state: 'connecting' }],
    ['has ended', undefined],
  ])('that %s is silent at once', (_, next) => {
    ringer.follow(call, undefined);
    ringer.follow(next, undefined);
    expect(heard).toEqual(['ring', 'silence']);
  });

  it('that follows another one rings anew', () => {
    ringer.follow(call, undefined);
    ringer.follow({ ...call, id: 'cd' }, undefined);
    expect(heard).toEqual(['ring', 'silence', 'ring']);
  });

  it('is silent where the user wants no ringing, and where the chat ends', () => {
    settings.ring = false;
    ringer.follow(call, undefined);
    expect(heard).toEqual([]);
    settings.ring = true;
    ringer.follow(call, undefined);
    ringer.close();
    expect(heard).toEqual(['ring', 'silence']);
  });
});

describe('without a sound card', () => {
  beforeEach(() => {
    isHeard = Promise.resolve(false);
  });

  it('the bell rings instead, again and again, until the call is over', async () => {
    ringer.follow(call, undefined);
    await settled();
    timers.pass(6_000);
    ringer.follow(undefined, undefined);
    timers.pass(6_000);
    expect(heard).toEqual(['ring', 'bell', 'bell', 'bell', 'silence']);
  });

  it('no bell rings for a call of ours, nor where the user wants none, nor for one that was over before', async () => {
    ringer.follow(outgoing, undefined);
    await settled();
    settings.bell = false;
    ringer.follow(call, undefined);
    await settled();
    settings.bell = true;
    ringer.follow({ ...call, id: 'cd' }, undefined);
    ringer.follow(undefined, undefined);
    await settled();
    timers.pass(6_000);
    expect(heard.filter((one) => one === 'bell')).toEqual([]);
  });
});
