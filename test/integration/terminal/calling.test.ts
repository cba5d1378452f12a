/** Calls, as both sides see them on their terminals. */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { describeWith, itWith } from '../../helpers/require-program.js';
import { TerminalChats } from '../../helpers/terminal-chats.js';

// What is not seen in time is told with the screen.
jest.setTimeout(90_000);

const withoutCard = { env: { QTCHAT_SOUND: 'none' } };

describeWith('tmux', 'a call in a terminal', () => {
  let chats: TerminalChats;
  beforeEach(() => {
    chats = new TerminalChats();
  });
  afterEach(() => chats.end());

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

  itWith('@roamhq/wrtc')('that nobody takes is missed, also when it is read again', async () => {
    const [alice, bob] = await chats.pair(withoutCard);
    await bob.pane.enter('/call');
    await alice.pane.sees(/^bob calls: /m);
    await bob.pane.enter('/hangup');
    await alice.pane.sees(/^\d\d:\d\d {4}missed call from bob$/m);
    await alice.pane.enter('/history');
    await alice.pane.sees(/[0-9a-f]{8} {4}missed call from bob$/m);
  });

  it('that cannot be is refused with the reason', async () => {
    const alice = await chats.chat('alice', [], withoutCard);
    await alice.pane.enter('/answer');
    await alice.pane.sees('nobody calls');
    await alice.pane.enter('/hangup');
    await alice.pane.sees('there is no call');
  });
});
