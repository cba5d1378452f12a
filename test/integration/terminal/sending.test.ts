/** Files between two terminals. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import { describeWith } from '../../helpers/require-program.js';
import { TerminalChats, type TerminalMember } from '../../helpers/terminal-chats.js';

// What is not seen in time is told with the screen.
jest.setTimeout(120_000);

describeWith('tmux', 'a file between two terminals', () => {
  let chats: TerminalChats;
  beforeEach(() => {
    chats = new TerminalChats();
  });
  afterEach(() => chats.end());

  /** A picture of noise, which no compression makes small. */
  async function picture(pixels: number): Promise<string> {
    const path = join(chats.folder, 'noise.png');
    const raw = { width: pixels, height: pixels, channels: 3 } as const;
    await sharp(randomBytes(pixels * pixels * 3), { raw })
      .png({ compressionLevel: 0, adaptiveFiltering: false })
      .toFile(path);
    return path;
  }

  /** Nothing is taken unasked any more. */
  async function asksFirst({ pane }: TerminalMember): Promise<void> {
    await pane.enter('/set auto-accept 0');
    await pane.sees(/auto-accept 0 /);
  }

  it('is offered, accepted, seen on its way, and arrives as it was', async () => {
    const path = await picture(4_500);
    const [alice, bob] = await chats.pair();
    await asksFirst(alice);
    await bob.pane.enter(`/send ${path}`);
    await bob.pane.sees(/^\d\d:\d\d ↑ {2}bob: noise\.png {2}#1 offered$/m);
    await alice.pane.sees(/^\d\d:\d\d ↓ {2}bob: noise\.png \(60\.9 MB\) {2}\/accept 1 or \/decline 1$/m);
    await alice.pane.enter('/accept');
    await alice.pane.sees(/^\d\d:\d\d ↓ {2}bob: noise\.png \(60\.9 MB\) {2}✓ \/open 1$/m);
    await bob.pane.sees(/^\d\d:\d\d ↑ {2}bob: noise\.png \(60\.9 MB\) {2}✓ arrived$/m);
    for (const { pane } of [alice, bob]) expect(pane.raw().toString('utf8')).toMatch(/\[#*-+\].{0,9} \d+ %/);
    expect(readFileSync(join(alice.home, 'downloads', 'noise.png')).equals(readFileSync(path))).toBe(true);
  });

  it('is seen in the conversation where it is a picture, once it was accepted', async () => {
    const path = await picture(40);
    const [alice, bob] = await chats.pair();
    await asksFirst(alice);
    await bob.pane.enter(`/send ${path}`);
    await alice.pane.sees('/accept 1');
    await bob.pane.enter('what do you say?');
    const { text } = await alice.pane.sees('what do you say?');
    expect(text).not.toContain('▀');
    await alice.pane.enter('/accept');
    // Below its line, behind the margin, with what was said later below it.
    for (const { pane } of [alice, bob]) {
      await pane.sees(/noise\.png \(.*\) {2}✓.*(\n {9}\S*▀\S*)+\n\d\d:\d\d .* bob: what do you say\?$/m);
    }
    await alice.pane.resize(50, 14);
    await alice.pane.sees(({ rows }) => rows.length === 14 && /▀/.test(rows.join('')) && /^>/.test(rows.at(-1) ?? ''));
  });

  it('is not sent where it is declined', async () => {
    const path = await picture(10);
    const [alice, bob] = await chats.pair();
    await asksFirst(alice);
    await bob.pane.enter(`/send ${path}`);
    await alice.pane.sees('/decline 1');
    await alice.pane.enter('/decline 1');
    await alice.pane.sees(/noise\.png \(.*\) {2}declined$/m);
    await bob.pane.sees(/noise\.png \(.*\) {2}declined: /m);
    await bob.pane.enter('/files');
    await bob.pane.sees('no file is offered or on its way');
  });
});
