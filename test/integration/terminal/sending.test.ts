/** Files between two terminals. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import { describeWith } from '../../helpers/require-program.js';
import { TerminalChats } from '../../helpers/terminal-chats.js';

// What is not seen in time is told with the screen.
jest.setTimeout(60_000);

describeWith('tmux', 'a file between two terminals', () => {
  let chats: TerminalChats;
  beforeEach(() => {
    chats = new TerminalChats();
  });
  afterEach(() => chats.end());

  /** A picture of noise, which no compression makes small. */
  async function picture(pixels: number): Promise<string> {
    const path = join(chats.folder, 'noise.png');
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const image = sharp({ create: { width: pixels, height: pixels, channels: 3, noise, background: '#000' } });
    await image.png({ compressionLevel: 0 }).toFile(path);
    return path;
  }

  it('is offered, accepted, seen on its way, and arrives as it was', async () => {
    const path = await picture(4_500);
    const [alice, bob] = await chats.pair();
    await alice.pane.enter('/set auto-accept 0');
    await alice.pane.sees(/auto-accept 0 /);
    await bob.pane.enter(`/send ${path}`);
    await bob.pane.sees(/^\d\d:\d\d ↑ {2}bob: noise\.png {2}#1 offered$/m);
    await alice.pane.sees(/^\d\d:\d\d ↓ {2}bob: noise\.png \(60\.9 MB\) {2}\/accept 1 or \/decline 1$/m);
    await alice.pane.enter('/accept');
    await alice.pane.sees(/^\d\d:\d\d ↓ {2}bob: noise\.png \(60\.9 MB\) {2}✓ \/open 1$/m);
    await bob.pane.sees(/^\d\d:\d\d ↑ {2}bob: noise\.png \(60\.9 MB\) {2}✓ arrived$/m);
    for (const { pane } of [alice, bob]) expect(pane.raw().toString('utf8')).toMatch(/\[#*-+\].{0,9} \d+ %/);
    expect(readFileSync(join(alice.home, 'downloads', 'noise.png')).equals(readFileSync(path))).toBe(true);
  });

  it('is not sent where it is declined', async () => {
    const path = await picture(10);
    const [alice, bob] = await chats.pair();
    await alice.pane.enter('/set auto-accept 0');
    await bob.pane.enter(`/send ${path}`);
    await alice.pane.sees('/decline 1');
    await alice.pane.enter('/decline 1');
    await alice.pane.sees(/noise\.png \(.*\) {2}declined$/m);
    await bob.pane.sees(/noise\.png \(.*\) {2}declined: /m);
    await bob.pane.enter('/files');
    await bob.pane.sees('no file is offered or on its way');
  });
});
