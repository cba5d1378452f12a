/** The browser's half of calls, in a real browser: what it says passes the filters, and what is said is heard at the other end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { filterCandidate, ownCandidate } from '../../../src/calls/ice-filter.js';
import { filterDescription } from '../../../src/calls/sdp-filter.js';
import { closeBrowsers, startBrowser } from '../../helpers/browser.js';
import { CallSide, connectSides, type SignalingPath, secondsOf } from '../../helpers/calls.js';
import { untilHeard } from '../../helpers/hearing.js';
import { CallPage, PageSide } from '../../helpers/page-side.js';
import { describeWith, itWith } from '../../helpers/require-program.js';
import { SoundServer } from '../../helpers/sound-server.js';
import { speech } from '../../helpers/speech.js';

const withWrtc = itWith('@roamhq/wrtc');
const [pageSays, otherSays] = [speech(5), speech(5, 'de')];

/** As the programs of both do it: what is said of oneself, then what is heard of the other. */
const filtered: SignalingPath = {
  description: (sdp) => {
    const type = /^a=setup:actpass/m.test(sdp) ? 'offer' : 'answer';
    return filterDescription(filterDescription(sdp, { type, isOwn: true }).sdp, { type }).sdp;
  },
  candidate: (text) => {
    const own = ownCandidate(text);
    return own && filterCandidate(own);
  },
};

describeWith('chromium', 'the sound of a call in a page', () => {
  closeBrowsers();
  let folder: string;
  let page: CallPage;
  let sound: SoundServer | undefined;
  const others: CallSide[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-page-calls-'));
    page = await CallPage.serve();
  });

  afterEach(async () => {
    await Promise.all(others.splice(0).map(({ media }) => media.close()));
    await sound?.stop();
    sound = undefined;
    await page.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function openOther(said: Int16Array | undefined = otherSays): Promise<CallSide> {
    const side = await CallSide.open(folder, 'other', said);
    others.push(side);
    return side;
  }

  withWrtc.each(['the page', 'the other side'])(
    'is heard both ways, when %s calls',
    async (who) => {
      sound = await SoundServer.start(true);
      const browser = await startBrowser({ sound: sound.env });
      const here = await PageSide.open(await browser.page(), page.url);
      const there = await openOther();
      const [caller, callee] = who === 'the page' ? [here, there] : [there, here];
      await connectSides(caller, callee, filtered);
      const [ofPage, ofOther] = await Promise.all([here.next('connected'), there.next('connected')]);
      expect(ofPage.remoteFingerprint).not.toBe(ofOther.remoteFingerprint);
      sound.say(pageSays);
      await here.next('level', ({ local, remote }) => local > 0.3 && remote > 0.3);
      await untilHeard(() => listen(here), { said: otherSays, other: pageSays });
      await untilHeard(
        async () => {
          await secondsOf(there, 1);
          return (await there.heardSoFar()).subarray(-6 * 48_000);
        },
        { said: pageSays, other: otherSays },
      );
      expect(browser.complaints).toEqual([]);
    },
    90_000,
  );

  async function listen(here: PageSide): Promise<Int16Array> {
    const recorder = sound?.record();
    await secondsOf(here, 6);
    return (await recorder?.stop()) ?? new Int16Array();
  }

  withWrtc(
    'goes on while it looks for another way, and falls silent while it is muted',
    async () => {
      const browser = await startBrowser();
      const [here, there] = [await PageSide.open(await browser.page(), page.url), await openOther()];
      await connectSides(here, there, filtered);
      await Promise.all([here.next('connected'), there.next('connected')]);
      // The browser's own microphone beeps.
      await there.next('level', ({ remote }) => remote > 0.3);
      here.media.setMuted(true);
      await quiet(there);
      here.media.setMuted(false);
      await connectSides(here, there, { ...filtered, isRestart: true });
      const before = there.events.length;
      await there.next('level', (event) => event.remote > 0.3 && there.events.indexOf(event) >= before);
      await connectSides(there, here, { ...filtered, isRestart: true });
      await secondsOf(here, 2);
      expect(here.events.filter(({ type }) => type === 'connected')).toHaveLength(1);
      expect(here.events.filter(({ type }) => type === 'failed')).toEqual([]);
    },
    90_000,
  );

  withWrtc(
    'takes another microphone and speaker',
    async () => {
      const browser = await startBrowser();
      const [here, there] = [await PageSide.open(await browser.page(), page.url), await openOther()];
      await connectSides(here, there, filtered);
      await Promise.all([here.next('connected'), there.next('connected')]);
      for (const [kind, list] of [
        ['input', 'inputs'],
        ['output', 'outputs'],
      ] as const) {
        const devices = await here.in((calls, name) => calls[name].value, list);
        for (const { id, label } of devices) {
          await here.in((calls, choice) => calls.choose(choice.kind, choice.id), { kind, id });
          await here.next('devices', (event) => event[kind] === label);
        }
        expect(devices.length).toBeGreaterThan(1);
      }
      const before = there.events.length;
      await there.next('level', (event) => event.remote > 0.3 && there.events.indexOf(event) >= before);
    },
    90_000,
  );

  withWrtc.each([
    ['is not there', { sounds: true, mayListen: true }, /No microphone was found/],
    ['is not allowed', { sounds: false, mayListen: false }, /does not let this page use the microphone/],
  ])(
    'only listens where a microphone %s',
    async (_, { sounds, mayListen }, advice) => {
      // A sound card that only plays.
      if (sounds) sound = await SoundServer.start();
      const browser = await startBrowser({ mayListen, ...(sound !== undefined && { sound: sound.env }) });
      const [here, there] = [await PageSide.open(await browser.page(), page.url), await openOther()];
      await connectSides(here, there, filtered);
      await Promise.all([here.next('connected'), there.next('connected')]);
      expect(await here.in((calls) => calls.problem.value, undefined)).toMatch(advice);
      expect(await here.next('devices')).toMatchObject({ input: undefined });
      await here.next('level', ({ local, remote }) => local === 0 && remote > 0.3);
    },
    90_000,
  );

  withWrtc(
    'ends with a reason when the page is gone',
    async () => {
      const browser = await startBrowser();
      const here = await PageSide.open(await browser.page(), page.url);
      // What the bridge does when a WebSocket closes.
      here.page.on('close', () => here.tab.close());
      await here.page.close();
      const { error } = await here.next('failed');
      expect(error).toMatchObject({ code: 'ERR_CALL_FAILED', message: expect.stringMatching(/closed or loaded anew/) });
      await here.media.close();
      await expect(here.tab.open({ onEvent: () => {} })).rejects.toMatchObject({ code: 'ERR_CALL_FAILED' });
    },
    90_000,
  );
});

/** Resolves when a side has heard nothing for a while. */
async function quiet(side: CallSide): Promise<void> {
  for (let silent = 0; silent < 5; ) {
    const known = side.events.length;
    const event = await side.next('level', (one) => side.events.indexOf(one) >= known);
    silent = event.remote < 0.05 ? silent + 1 : 0;
  }
}
