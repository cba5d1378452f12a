/** What is said, as both sides see it on their terminals. */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { describeWith } from '../../helpers/require-program.js';
import { chatLine, isAway, isHere, TerminalChats } from '../../helpers/terminal-chats.js';

// What is not seen in time is told with the screen.
jest.setTimeout(120_000);

describeWith('tmux', 'a chat in a terminal', () => {
  let chats: TerminalChats;
  beforeEach(() => {
    chats = new TerminalChats();
  });
  afterEach(() => chats.end());

  it('brings what is said to the other side, whatever the script, and keeps everything in its column', async () => {
    const [alice, bob] = await chats.pair();
    // In the first row are 71 cells less "alice: ".
    const [full, rest] = ['界'.repeat(32), '世'.repeat(5)];
    for (const text of ['你好 👨‍👩‍👧 family 🇨🇿', `${full}${rest}`, 'Ahoj, příteli']) await alice.pane.enter(text);
    const { rows } = await bob.pane.sees('příteli');
    const first = rows.findIndex((row) => row.includes('family'));
    expect(rows.slice(first, first + 4)).toEqual([
      expect.stringMatching(/^\d\d:\d\d {4}alice: 你好 👨‍👩‍👧 family 🇨🇿$/u),
      expect.stringMatching(new RegExp(`^\\d\\d:\\d\\d {4}alice: ${full}$`)),
      `         ${rest}`,
      expect.stringMatching(/^\d\d:\d\d {4}alice: Ahoj, příteli$/),
    ]);
    await bob.pane.enter('שלום, and 👍🏽');
    await alice.pane.sees(/^\d\d:\d\d {4}bob: שלום, and 👍🏽$/mu);
    // Whoever looks has read it.
    await alice.pane.sees(/^\d\d:\d\d ✓✓ alice: Ahoj, příteli$/m);
  });

  it('shows answers, changes, reactions and deletions on both sides', async () => {
    const [alice, bob] = await chats.pair();
    await bob.pane.enter('the tide is at nine');
    await alice.pane.sees('the tide is at nine');
    await alice.pane.enter('/reply thanks');
    for (const { pane } of [alice, bob]) {
      await pane.sees(/^ {9}┌ the tide is at nine\n\d\d:\d\d .{3}alice: thanks$/m);
    }
    await alice.pane.enter('/edit thanks a lot');
    for (const { pane } of [alice, bob]) await pane.sees(/alice: thanks a lot \(edited\)$/m);
    await bob.pane.enter('/react 👍');
    for (const { pane } of [alice, bob]) await pane.sees(/^ {9}👍 bob$/m);
    await alice.pane.enter('/delete');
    for (const { pane } of [alice, bob]) {
      const { text } = await pane.sees(/alice: \(deleted\)$/m);
      expect(text).not.toMatch(/a lot|👍/);
    }
  });

  it('counts what comes to conversations that are not shown, and begins with what is new', async () => {
    const alice = await chats.chat('alice', [], { columns: 100 });
    const bob = await chats.chat('bob', [alice]);
    await alice.pane.sees(isHere('bob'));
    const carol = await chats.chat('carol', [alice]);
    await carol.pane.sees(isHere('alice'));
    await carol.pane.enter('one');
    await carol.pane.enter('two');
    await bob.pane.enter('and I am bob');
    await alice.pane.sees(/^1 ● bob .*│/m);
    await alice.pane.sees(/^2 ● carol +2│/m);
    await alice.pane.resize(80, 24);
    const { text } = await alice.pane.sees(/^ 1:bob 2:carol\(2\) /m);
    expect(text).toContain('and I am bob');
    expect(text).not.toMatch(/one|two/);
    await alice.pane.press('M-2');
    await alice.pane.sees(isHere('carol'));
    const { rows } = await alice.pane.sees(/^ 1:bob 2:carol /m);
    const line = rows.findIndex((row) => /^─+ new ─+$/.test(row));
    expect(rows.slice(line + 1, line + 3)).toEqual([
      expect.stringMatching(/carol: one$/),
      expect.stringMatching(/carol: two$/),
    ]);
    // They were seen now, and only now.
    await carol.pane.sees(/✓✓ carol: two$/m);
    await alice.pane.enter('hello carol');
    await carol.pane.sees('alice: hello carol');
    await alice.pane.press('M-1');
    await alice.pane.sees(isHere('bob'));
    expect((await bob.pane.shown()).text).not.toContain('hello carol');
    await alice.pane.press('M-2');
    await alice.pane.sees(isHere('carol'));
    expect((await alice.pane.shown()).text).not.toMatch(/─ new ─/);
  });

  it('sees the peer go and come back, with what was written meanwhile', async () => {
    const [alice, bob] = await chats.pair();
    await alice.pane.enter('before');
    await bob.pane.sees('before');
    await bob.pane.enter('/quit');
    await alice.pane.sees(isAway('bob'));
    await alice.pane.enter('are you there?');
    await alice.pane.sees(/^\d\d:\d\d … {2}alice: are you there\?$/m);
    await bob.pane.sees(({ isAlternate }) => !isAlternate);
    await bob.pane.enter(chatLine([alice]));
    await alice.pane.sees(isHere('bob'));
    await alice.pane.sees(/^\d\d:\d\d ✓✓? +alice: are you there\?$/m);
    const { text } = await bob.pane.sees('are you there?');
    // What was said before comes from the disk.
    await bob.pane.sees(/alice: before$/m);
    expect(text.match(/are you there/g)).toHaveLength(1);
  });

  it('dials a contact who is chosen, though both came only to wait', async () => {
    const [alice, bob] = await chats.pair();
    await bob.pane.enter('/quit');
    await alice.pane.sees(isAway('bob'));
    await bob.pane.sees(({ isAlternate }) => !isAlternate);
    await bob.pane.enter(chatLine([]));
    await bob.pane.sees(({ isAlternate, text }) => isAlternate && text.includes('Alt-1'));
    await bob.pane.press('M-1');
    await bob.pane.sees(isHere('alice'));
    await bob.pane.enter('found you');
    await alice.pane.sees('bob: found you');
  });
});
