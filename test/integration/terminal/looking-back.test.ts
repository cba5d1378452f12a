/** Looking back on a terminal: pages, searches, and sizes that change meanwhile. */
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Meeting, type TestConversation } from '../../helpers/conversations.js';
import { describeWith } from '../../helpers/require-program.js';
import { chatLine, isHere, TerminalChats, type TerminalMember } from '../../helpers/terminal-chats.js';
import type { Shown } from '../../helpers/tmux.js';

// What is not seen in time is told with the screen.
jest.setTimeout(120_000);

describeWith('tmux', 'what was said before', () => {
  const meeting = new Meeting();
  let chats: TerminalChats;
  beforeEach(() => {
    chats = new TerminalChats();
  });
  afterEach(async () => {
    await meeting.end();
    await chats.end();
  });

  /** Alice at a terminal, whom Bob has sent so many messages. */
  async function aliceWith(count: number): Promise<{ alice: TerminalMember; bob: TestConversation }> {
    const alice = await chats.chat('alice');
    const bob = await (await meeting.at('bob')).open(await chats.identity('bob'), { who: alice.who });
    await alice.pane.sees(isHere('bob'));
    await bob.event('connected');
    const texts = Array.from({ length: count }, (_, index) => `number ${index + 1}`);
    texts[4] = 'the Needle is number 5';
    await Promise.all(texts.map((text) => bob.door.messages.send('alice', text)));
    await alice.pane.sees(new RegExp(`number ${count}$`, 'm'));
    return { alice, bob };
  }

  it('comes page by page from the disk, and stands still while more is said', async () => {
    const { alice, bob } = await aliceWith(450);
    await alice.pane.enter('/quit');
    await alice.pane.sees(({ isAlternate }) => !isAlternate);
    await alice.pane.enter(chatLine([], alice.who));
    await alice.pane.sees(isHere('bob'));
    await alice.pane.sees(/number 450$/m);
    for (let oldest = numbers(await alice.pane.shown())[0] ?? 0; oldest > 1; ) {
      await alice.pane.press('PPage');
      const isOlder = (now: Shown): boolean => isFirst(now) || (numbers(now)[0] ?? oldest) < oldest;
      const shown = await alice.pane.sees((now) => isOlder(now) && isConsecutive(now));
      oldest = numbers(shown)[0] ?? 0;
    }
    const before = await alice.pane.shown();
    await bob.door.messages.send('alice', 'meanwhile');
    const { rows } = await alice.pane.sees('▼ 1 new');
    expect(rows.slice(0, -2)).toEqual(before.rows.slice(0, -2));
    await alice.pane.press('NPage');
    await alice.pane.sees((now) => (numbers(now)[0] ?? 0) > 1);
    await alice.pane.press('Escape');
    const { text } = await alice.pane.sees('bob: meanwhile');
    expect(text).toMatch(/^─+ new ─+\n.*bob: meanwhile$/m);
    expect(text).not.toContain('▼');
  });

  it('is found by Ctrl-F and by /search, whatever the case', async () => {
    const { alice } = await aliceWith(40);
    await alice.pane.type('half a thought');
    await alice.pane.press('C-f');
    await alice.pane.sees(/^search:$/m);
    await alice.pane.enter('needle');
    await alice.pane.sees('the Needle is number 5');
    await alice.pane.press('Enter');
    await alice.pane.press('Escape');
    await alice.pane.sees('nothing older was found');
    await alice.pane.press('C-f');
    await alice.pane.enter('haystack');
    await alice.pane.press('Escape');
    await alice.pane.sees('nothing was found');
    const { text } = await alice.pane.sees(/^> half a thought$/m);
    expect(text).toMatch(/number 40$/m);
    await alice.pane.press('C-u');
    await alice.pane.enter('/search nEEdle');
    await alice.pane.sees(/[0-9a-f]{8} +bob: the Needle is number 5\n.*1 message with "nEEdle"$/m);
  });

  it('fits windows of any size, and is as before in one of the size of before', async () => {
    const { alice } = await aliceWith(40);
    const before = await alice.pane.shown();
    for (const [columns, rows] of [
      [50, 14],
      [40, 10],
      [200, 60],
      [80, 24],
    ] as const) {
      await alice.pane.resize(columns, rows);
      await alice.pane.sees((now) => now.rows.length === rows && isWhole(now));
      // What has been put there piece by piece is what is put there at once.
      const drawn = withoutStatus(await alice.pane.shown());
      await alice.pane.press('C-l');
      await alice.pane.enter('');
      await alice.pane.sees((now) => isDeepStrictEqual(withoutStatus(now), drawn));
      expect(isConsecutive(await alice.pane.shown())).toBe(true);
    }
    expect(withoutStatus(await alice.pane.shown())).toEqual(withoutStatus(before));
  });
});

/** The numbers of the messages that are seen. */
function numbers({ text }: Shown): number[] {
  return Array.from(text.matchAll(/number (\d+)$/gm), ([, number]) => Number(number));
}

function isFirst({ text }: Shown): boolean {
  return /number 1$/m.test(text);
}

/** None is missing between two others; where a screen is being drawn, some may be. */
function isConsecutive(shown: Shown): boolean {
  return numbers(shown).every((number, index, all) => index === 0 || number === (all[index - 1] ?? 0) + 1);
}

/** Title, messages, status and input, each where it belongs. */
function isWhole({ rows, cursor }: Shown): boolean {
  return (
    /^ bob ●/.test(rows[0] ?? '') &&
    /number 40$/.test(rows.at(-3) ?? '') &&
    /\/help$/.test(rows.at(-2) ?? '') &&
    rows.at(-1) === '>' &&
    cursor.row === rows.length - 1 &&
    cursor.column === 2
  );
}

/** How fast the peer answers is measured again and again. */
function withoutStatus({ rows }: Shown): readonly string[] {
  return rows.toSpliced(-2, 1);
}
