/** What a player or browser is given to play an address that nobody else may know. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { playMedia } from '../../../../src/ui/desktop/play-media.js';
import { FakeDesktop } from '../../../helpers/fake-desktop.js';

const url = 'http://127.0.0.1:1/secret';
let folder: string;
let bin: string;
let made: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-playing-'));
  [bin, made] = [join(folder, 'bin'), join(folder, 'made')];
  for (const one of [bin, made]) await mkdir(one);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function install(name: string, mode = 0o755): Promise<void> {
  await writeFile(join(bin, name), '#!/bin/sh\n');
  await chmod(join(bin, name), mode);
}

describe('a film at an address', () => {
  it('is played by the first player there is; the address is in a file for its owner alone, and in no argument', async () => {
    for (const name of ['vlc', 'totem']) await install(name);
    await install('mpv', 0o644);
    const desktop = new FakeDesktop({ DISPLAY: ':0', PATH: `/nowhere:${bin}` });
    const { player, forget } = await playMedia({ url, title: 'a\nhttp://evil.example/\u{1b}[2J' }, desktop, made);
    expect(player).toBe(join(bin, 'vlc'));
    const [{ path, program } = { path: '' }] = desktop.launched;
    expect([program, path.startsWith(made), path.endsWith('.m3u'), path.includes('secret')]).toEqual([
      player,
      true,
      true,
      false,
    ]);
    expect([(await stat(path)).mode & 0o777, (await stat(dirname(path))).mode & 0o777]).toEqual([0o600, 0o700]);
    const lines = (await readFile(path, 'utf8')).split('\n');
    expect(lines).toEqual(['#EXTM3U', '#EXTINF:-1,a\\u{a}http://evil.example/\\u{1b}[2J', url, '']);
    await forget();
    expect(await readdir(made)).toEqual([]);
  });

  it('is shown by the browser where there is no player; a name cannot add to the page', async () => {
    const desktop = new FakeDesktop({ DISPLAY: ':0', PATH: bin });
    const { player } = await playMedia({ url, title: `"><script>alert('x')</script>&` }, desktop, made);
    const [{ path, program } = { path: '' }] = desktop.launched;
    expect([player, program, path.endsWith('.html')]).toEqual([undefined, undefined, true]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const page = await readFile(path, 'utf8');
    expect(page).toContain(`content="0; url=${url}"`);
    expect(page).not.toContain('<script');
    expect(page.match(/<\w+/g)).toEqual(['<meta', '<meta', '<meta', '<title', '<a']);
  });

  it('is not played by what lies where one happens to be', async () => {
    await install('mpv');
    const before = process.cwd();
    process.chdir(bin);
    try {
      const desktop = new FakeDesktop({ DISPLAY: ':0', PATH: '.::bin' });
      expect((await playMedia({ url, title: 'film' }, desktop, made)).player).toBeUndefined();
    } finally {
      process.chdir(before);
    }
  });

  it('leaves nothing behind where it cannot be shown', async () => {
    await expect(playMedia({ url, title: 'film' }, new FakeDesktop({ PATH: bin }), made)).rejects.toMatchObject({
      code: 'ERR_OPEN_FAILED',
    });
    expect(await readdir(made)).toEqual([]);
  });
});
