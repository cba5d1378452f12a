/** Calls, as both sides see them on their terminals. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { wavHead } from '../../../src/calls/sound/wav.js';
import { sniff } from '../../../src/ui/media-kind.js';
import { writeWav } from '../../helpers/calls.js';
import { describeWith, itWith } from '../../helpers/require-program.js';
import { isHere, TerminalChats } from '../../helpers/terminal-chats.js';
import { until } from '../../helpers/tmux.js';

// What is not seen in time is told with the screen.
jest.setTimeout(90_000);

/** A second of a hum. */
const tone = Int16Array.from({ length: 48_000 }, (_, index) => 8_000 * Math.sin(index / 20));
const withoutCard = { env: { QTCHAT_SOUND: 'none' } };

describeWith('tmux', 'a call in a terminal', () => {
  let chats: TerminalChats;
  let folder: string;
  beforeEach(() => {
    chats = new TerminalChats();
    folder = mkdtempSync(join(tmpdir(), 'qtchat-calling-'));
  });
  afterEach(async () => {
    await chats.end();
    rmSync(folder, { recursive: true, force: true });
  });

  itWith('@roamhq/wrtc')(
    'rings, is taken, shows how it is, and stands among the messages when it has ended',
    async () => {
      const [alice, bob] = await chats.pair(withoutCard);
      await bob.pane.enter('/call');
      await alice.pane.sees(/^bob calls: \/answer or \/reject/m);
      await bob.pane.sees(/^ call to alice: it rings…/m);
      await alice.pane.enter('/answer');
      for (const { pane } of [alice, bob])
        await pane.sees(/^ call (?:from bob|to alice) 0:\d\d · (?:good|fair|poor) · loss \d+ %/m);
      await alice.pane.enter('/mute');
      await alice.pane.sees(/^ call from bob .* · muted/m);
      await bob.pane.enter('/stats');
      await bob.pane.sees(/round trip \d+ ms/);
      await bob.pane.enter('/hangup');
      await alice.pane.sees(/^\d\d:\d\d {4}call from bob: 0:\d\d$/m);
      const { text } = await bob.pane.sees(/^\d\d:\d\d {4}call to alice: 0:\d\d$/m);
      expect(text).toMatch(/^ Tab completes/m);
    },
  );

  itWith('@roamhq/wrtc')(
    'is heard to ring until it is taken, and by whoever pushes to talk only while they talk',
    async () => {
      const said = join(folder, 'said.wav');
      await writeWav(said, tone);
      const sound = (name: string) => ({ env: { QTCHAT_SOUND: `files:${said},${join(folder, `${name}.wav`)}` } });
      const alice = await chats.chat('alice', [], sound('alice'));
      const bob = await chats.chat('bob', [alice], sound('bob'));
      for (const [{ pane }, other] of [[alice, 'bob'] as const, [bob, 'alice'] as const])
        await pane.sees(isHere(other));
      await bob.pane.enter('/devices');
      await bob.pane.sees(/^\d\d:\d\d {4} +2 +\S+bob\.wav +speaker$/m);
      await alice.pane.enter('/ptt');
      await alice.pane.sees(/push to talk is on: F8/);
      await bob.pane.enter('/call');
      await alice.pane.sees(/^bob calls: /m);
      await until(() => loudest(join(folder, 'alice.wav')) > 3_000);
      await alice.pane.enter('/answer');
      await alice.pane.sees(/^ call from bob 0:\d\d .* · F8 to talk · you ▁ them [▄▅▆▇]/m);
      await bob.pane.sees(/^ call to alice 0:\d\d .* · you [▄▅▆▇] them ▁/m);
      await alice.pane.press('F8');
      await bob.pane.sees(/^ call to alice 0:\d\d .* · you [▄▅▆▇] them [▄▅▆▇]/m);
      await alice.pane.press('C-Space');
      await alice.pane.sees(/F8 to talk/);
      await bob.pane.enter('/hangup');
      await alice.pane.sees(/call from bob: 0:\d\d$/m);
    },
  );

  itWith('@roamhq/wrtc')('without a microphone is on hold for the other side', async () => {
    const [alice, bob] = await chats.pair(withoutCard);
    await bob.pane.enter('/call');
    await alice.pane.sees(/^bob calls: /m);
    await alice.pane.enter('/answer');
    await bob.pane.sees(/^ call to alice 0:.* · no mic here/m);
    await bob.pane.sees(/on hold: alice has no microphone now, and no speaker/);
  });

  itWith('@roamhq/wrtc')('that nobody takes is missed, also when it is read again', async () => {
    const [alice, bob] = await chats.pair(withoutCard);
    await bob.pane.enter('/call');
    await alice.pane.sees(/^bob calls: /m);
    await bob.pane.enter('/hangup');
    await alice.pane.sees(/^\d\d:\d\d {4}missed call from bob$/m);
    await alice.pane.enter('/history');
    await alice.pane.sees(/[0-9a-f]{8} {4}missed call from bob$/m);
  });

  itWith('opusscript')('that cannot be made is made up for by a voicemail, which arrives as sound', async () => {
    const said = join(folder, 'said.wav');
    await writeWav(said, tone);
    const [alice, bob] = await chats.pair({ env: { QTCHAT_SOUND: `files:${said},` } });
    await bob.pane.enter('/voicemail');
    await bob.pane.sees(/^● recording for alice 0:0\d of 2:00 █{4}/m);
    await bob.pane.press('Escape');
    const recordings = (): string[] => readdirSync(join(bob.home, 'voicemail'));
    await until(() => recordings().length === 0);
    await bob.pane.enter('/voicemail');
    await bob.pane.sees(/^● recording for alice 0:01/m);
    await bob.pane.press('Enter');
    await bob.pane.sees(/voicemail-[-\d]{15}\.opus .*✓/);
    await alice.pane.sees(/voicemail-[-\d]{15}\.opus \(.*\) +▶ \/open 1/);
    const [name = ''] = readdirSync(join(alice.home, 'downloads'));
    const arrived = readFileSync(join(alice.home, 'downloads', name));
    expect(sniff(arrived)).toMatchObject({ type: 'audio/ogg' });
    expect(arrived.length).toBeGreaterThan(1_000);
    await until(() => recordings().length === 0);
  });

  it('that cannot be is refused with the reason', async () => {
    const alice = await chats.chat('alice', [], withoutCard);
    await alice.pane.enter('/answer');
    await alice.pane.sees('nobody calls');
    await alice.pane.enter('/hangup');
    await alice.pane.sees('there is no call');
  });
});

/** The loudest sample of a file that may be written yet. */
function loudest(path: string): number {
  try {
    // How long it is, it says in the end.
    const octets = readFileSync(path).subarray(wavHead(0, 0).length);
    const samples = Array.from({ length: octets.length >> 1 }, (_, index) => octets.readInt16LE(index * 2));
    return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  } catch {
    return 0;
  }
}
