/** Typing at a terminal: what is pasted, what Tab completes, and what was mistyped. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Meeting, type TestConversation } from '../../helpers/conversations.js';
import { describeWith } from '../../helpers/require-program.js';
import { isHere, TerminalChats } from '../../helpers/terminal-chats.js';
import type { Pane } from '../../helpers/tmux.js';

// What is not seen in time is told with the screen.
jest.setTimeout(120_000);

describeWith('tmux', 'what is typed', () => {
  const meeting = new Meeting();
  let chats: TerminalChats;
  let pane: Pane;
  let bob: TestConversation;
  beforeEach(async () => {
    chats = new TerminalChats();
    const alice = await chats.chat('alice');
    pane = alice.pane;
    bob = await (await meeting.at('bob')).open(await chats.identity('bob'), { who: alice.who });
    await pane.sees(isHere('bob'));
    await bob.event('connected');
  });
  afterEach(async () => {
    await meeting.end();
    await chats.end();
  });

  const heard = (): string[] => bob.events.flatMap((event) => (event.type === 'message' ? [event.text] : []));

  it('is asked about where it is a long paste, which goes as one message or not at all', async () => {
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`).join('\n');
    await pane.paste(lines);
    await pane.sees('paste of 40 lines');
    await pane.press('x');
    await pane.press('Escape');
    await pane.sees(({ rows, text }) => rows.at(-1) === '>' && !text.includes('paste of'));
    await pane.paste(lines);
    await pane.sees('paste of 40 lines');
    await pane.press('Enter');
    await pane.sees(/^ {9}line 40$/m);
    await bob.event('message');
    // A short one is put into the input, and waits there for Enter.
    await pane.paste('two\nlines');
    await pane.sees(/^> two\n {2}lines$/m);
    await pane.press('Enter');
    await bob.event('message', ({ text }) => text === 'two\nlines');
    expect(heard()).toEqual([lines, 'two\nlines']);
  });

  it('has several lines with Alt-Enter, and a slash in front with two of them', async () => {
    await pane.type('first');
    await pane.press('M-Enter');
    await pane.type('second');
    await pane.sees(/^> first\n {2}second$/m);
    await pane.press('Enter');
    await pane.enter('//etc is a folder');
    await bob.event('message', ({ text }) => text.includes('folder'));
    expect(heard()).toEqual(['first\nsecond', '/etc is a folder']);
  });

  it('is completed by Tab: commands, names, and paths of files to send', async () => {
    const folder = join(chats.folder, 'my files');
    mkdirSync(folder);
    writeFileSync(join(folder, 'tide.txt'), 'at nine');
    writeFileSync(join(folder, 'tidings.txt'), 'none');
    await pane.type('/who');
    await pane.press('Tab');
    await pane.sees(/^> \/whois$/m);
    await pane.type('b');
    await pane.press('Tab');
    await pane.sees(/^> \/whois bob$/m);
    await pane.press('Enter');
    await pane.sees(/^\d\d:\d\d {4}bob\n.* {2}circle {5}/m);
    await pane.type(`/send ${chats.folder}/my`);
    await pane.press('Tab');
    await pane.sees(/my\\? files\/$/m);
    await pane.press('Tab');
    await pane.sees(/^tide\.txt {2}tidings\.txt$/m);
    await pane.type('e');
    await pane.press('Tab');
    await pane.sees(/\/tide\.txt$/m);
    await pane.press('Enter');
    await bob.event('fileDone', ({ file }) => file.name === 'tide.txt');
    await pane.sees(/alice: tide\.txt \(7 B\) {2}✓ arrived$/m);
  });

  it('is never sent where it was meant as a command', async () => {
    await pane.enter('/rely yes');
    await pane.sees('"/rely" is no command. Did you mean /reply?');
    await pane.enter('/accept');
    await pane.sees('no file is offered now. See /files');
    await pane.enter('/set bell loud');
    await pane.sees('"loud" is none of on, off');
    await pane.enter('said');
    await bob.event('message');
    expect(heard()).toEqual(['said']);
  });
});
