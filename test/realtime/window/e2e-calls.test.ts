/** Calls between browsers, and between a browser and a terminal: what is said into one microphone comes out of the other speaker. */
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { closeBrowsers } from '../../helpers/browser.js';
import { untilHeard } from '../../helpers/hearing.js';
import { describeWith, itWith } from '../../helpers/require-program.js';
import type { SoundServer } from '../../helpers/sound-server.js';
import { speech } from '../../helpers/speech.js';
import { type Chat, say, shown, talkWith, WindowChats } from '../../helpers/window-chats.js';

const timeoutMs = 90_000;
const [aliceSays, bobSays] = [speech(5), speech(5, 'de')];
const withCard = itWith('naudiodon');

describeWith('chromium', 'a call in the window', () => {
  const chats = new WindowChats();
  closeBrowsers();

  /** Alice has a window, and Bob a terminal. */
  async function meetTerminal() {
    const [ofAlice, sound] = [await chats.sound(), await chats.sound(false)];
    const alice = { ...(await chats.open('alice', { sound: ofAlice })), sound: ofAlice };
    const place = await chats.home('bob');
    const chat = await chats.chat(place, ['--peer', `127.0.0.1:${alice.port}`], sound.env);
    await Promise.all([alice.chat.event('connected'), chat.event('connected')]);
    return { alice, bob: { chat, sound } };
  }

  async function untilBothHeard(alice: Talker, bob: Talker): Promise<void> {
    await Promise.all([alice, bob].map(({ chat }) => chat.event('callConnected')));
    alice.sound.say(aliceSays);
    bob.sound.say(bobSays);
    await untilHeard(() => alice.sound.hear(6), { said: bobSays, other: aliceSays });
    await untilHeard(() => bob.sound.hear(6), { said: aliceSays, other: bobSays });
  }

  withCard(
    'with a terminal that calls is heard both ways, and frees the microphone at its end',
    async () => {
      const { alice, bob } = await meetTerminal();
      bob.chat.command('call', { member: 'alice' });
      await press(alice.page, 'Answer bob');
      await untilBothHeard(alice, bob);
      await press(alice.page, 'Hang up');
      expect(await bob.chat.event('callEnded')).toMatchObject({ reason: 'hung-up', by: 'peer', error: null });
      // What speaks in the room, and the way from it to the microphone, are no streams of the browser.
      while (alice.sound.streams() > 2) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(alice.browser.complaints).toEqual([]);
    },
    timeoutMs,
  );

  withCard(
    'to a terminal ends with its page, by reload, and the chat goes on',
    async () => {
      const { alice, bob } = await meetTerminal();
      alice.page.on('dialog', (dialog) => void dialog.accept());
      await talkWith(alice.page, 'bob');
      await press(alice.page, 'Call bob');
      await bob.chat.event('callRinging');
      bob.chat.command('answer');
      await Promise.all([alice, bob].map(({ chat }) => chat.event('callConnected')));
      await alice.page.reload();
      const ended = await alice.chat.event('callEnded');
      expect(ended).toMatchObject({ by: 'self', error: { message: expect.stringMatching(/closed or loaded anew/) } });
      await bob.chat.event('callEnded');
      await say(alice.page, 'and yet we talk');
      await bob.chat.event('message', ({ text }) => text === 'and yet we talk');
    },
    timeoutMs,
  );

  withCard(
    'between two windows is heard both ways, and not while one is muted',
    async () => {
      const [ofAlice, ofBob] = [await chats.sound(), await chats.sound()];
      const met = await chats.meet({ alice: { sound: ofAlice }, bob: { sound: ofBob } });
      const [alice, bob] = [
        { ...met.alice, sound: ofAlice },
        { ...met.bob, sound: ofBob },
      ];
      await talkWith(alice.page, 'bob');
      await press(alice.page, 'Call bob');
      await press(bob.page, 'Answer alice');
      await untilBothHeard(alice, bob);
      await press(alice.page, 'Mute');
      await silent(bob);
      await press(bob.page, 'Hang up');
      await shown(alice.page, /call/i);
      expect([...alice.browser.complaints, ...bob.browser.complaints]).toEqual([]);
    },
    timeoutMs,
  );
});

interface Talker {
  readonly chat: Chat;
  readonly sound: SoundServer;
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
}

/** Resolves when nothing is heard any more: what was on its way has been heard. */
async function silent({ sound }: Talker): Promise<void> {
  for (;;) {
    const heard = await sound.hear(1);
    if (heard.every((sample) => Math.abs(sample) < 200)) return;
  }
}
