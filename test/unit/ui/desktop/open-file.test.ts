/** What the desktop is given for a file that has arrived. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openArrived } from '../../../../src/ui/desktop/open-file.js';
import { FakeDesktop } from '../../../helpers/fake-desktop.js';
import { makeFilm } from '../../../helpers/films.js';

const film = makeFilm(100);
const picture = Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1');
const program = Buffer.from('\x7fELF\x02\x01\x01', 'latin1');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-open-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(name: string, content: Buffer | string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe('what is shown', () => {
  it.each([
    ['film.mp4', film],
    ['Film.MP4', film],
    ['-rf.gif', picture],
    ['$(reboot);`id` & x.gif', picture],
    ['http:--evil.example.gif', picture],
  ])('is a picture, sound or film that is called so: %s', async (name, content) => {
    const desktop = new FakeDesktop();
    const path = await fileOf(name, content);
    expect(await openArrived(path, false, desktop)).toEqual({ path });
    expect(desktop.launched).toEqual([{ path }]);
  });

  it.each([
    ['a program', 'run.me', program],
    ['a program called a picture', 'cat.gif', program],
    ['a page', 'page.html', '<!doctype html><script>alert(1)</script>'],
    ['a starter', 'cat.desktop', '[Desktop Entry]\nExec=reboot\n'],
    ['a drawing, which may carry scripts', 'cat.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['a document', 'cat.pdf', '%PDF-1.7\n'],
    ['a list of addresses', 'songs.m3u', '#EXTM3U\nhttp://evil.example/\n'],
    ['nothing', 'empty.gif', ''],
    ['a picture called a page', 'gif.html', picture],
    ['a picture called a starter', 'gif.desktop', picture],
    ['a picture called a program', 'gif.exe', picture],
    ['a picture called two things', 'cat.gif.bat', picture],
    ['a picture called a film', 'cat.mp4', picture],
    ['a picture whose name ends in a dot', 'cat.gif.', picture],
    ['a picture whose name ends in a space', 'cat.gif ', picture],
    ['a picture without a name of its kind', 'gif', picture],
  ])('is the folder of %s', async (_, name, content) => {
    const desktop = new FakeDesktop();
    const { path, why } = await openArrived(await fileOf(name, content), false, desktop);
    expect([path, desktop.launched]).toEqual([folder, [{ path: folder }]]);
    expect(why).toMatch(/only pictures|name says something else/);
  });

  it('is a folder that has arrived, or the one around it where its name could make it a program', async () => {
    const desktop = new FakeDesktop();
    for (const name of ['photos', 'Game.app']) await mkdir(join(folder, name));
    expect((await openArrived(join(folder, 'photos'), true, desktop)).path).toBe(join(folder, 'photos'));
    expect((await openArrived(join(folder, 'Game.app'), true, desktop)).path).toBe(folder);
  });
});

describe('nothing is shown', () => {
  it('of what is gone, a link, or a folder that was a file', async () => {
    const desktop = new FakeDesktop();
    await symlink(await fileOf('cat.gif', picture), join(folder, 'link.gif'));
    await mkdir(join(folder, 'album.gif'));
    for (const name of ['none.gif', 'link.gif', 'album.gif']) {
      await expect(openArrived(join(folder, name), false, desktop)).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_STORE_(NOT_FOUND|PERMISSIONS)$/),
      });
    }
    expect(desktop.launched).toEqual([]);
  });

  it('of what is no absolute path: an option, an address, a file somewhere', async () => {
    const desktop = new FakeDesktop();
    const path = await fileOf('cat.gif', picture);
    for (const one of ['--help', 'https://evil.example/cat.gif', 'file:///etc', relative('.', path), '']) {
      for (const isFolder of [true, false]) {
        await expect(openArrived(one, isFolder, desktop)).rejects.toMatchObject({ code: 'ERR_OPEN_FAILED' });
      }
    }
    expect(desktop.launched).toEqual([]);
  });

  it.each([{}, { DISPLAY: '' }, { SSH_CONNECTION: '::1 1 ::1 22', TERM: 'xterm' }])(
    'where there is no desktop: %j; then the path is said',
    async (env) => {
      const desktop = new FakeDesktop(env);
      const path = await fileOf('cat.gif', picture);
      const opening = openArrived(path, false, desktop);
      await expect(opening).rejects.toMatchObject({ code: 'ERR_OPEN_FAILED', hint: `It is "${path}"` });
      expect(desktop.launched).toEqual([]);
    },
  );

  it('where the program of the desktop fails; then the path is said too', async () => {
    const desktop = new FakeDesktop();
    desktop.failure = new Error('spawn xdg-open ENOENT');
    const path = await fileOf('cat.gif', picture);
    await expect(openArrived(path, false, desktop)).rejects.toMatchObject({
      code: 'ERR_OPEN_FAILED',
      message: expect.stringContaining('ENOENT'),
      hint: `It is "${path}"`,
    });
  });

  it.each([
    [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux'],
    [{ WSL_DISTRO_NAME: 'Debian' }, 'linux'],
    [{}, 'darwin'],
    [{}, 'win32'],
  ] as const)('but there is a desktop with %j on %s', async (env, platform) => {
    const desktop = new FakeDesktop(env, platform);
    const path = await fileOf('cat.gif', picture);
    await openArrived(path, false, desktop);
    expect(desktop.launched).toEqual([{ path }]);
  });
});
