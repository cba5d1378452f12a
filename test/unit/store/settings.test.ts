/** The settings of a home. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadSettings, saveSettings } from '../../../src/store/settings.js';
import { defaultValues } from '../../helpers/settings.js';

const defaults = { ...defaultValues, input: undefined, output: undefined };

describe('the settings of a home', () => {
  let home: { folder: string };
  let path: string;
  beforeEach(async () => {
    home = { folder: await mkdtemp(join(tmpdir(), 'qtchat-settings-')) };
    path = join(home.folder, 'settings.json');
  });
  afterEach(() => rm(home.folder, { recursive: true, force: true }));

  it('are as by default where nothing was set', async () => {
    expect(await loadSettings(home)).toEqual(defaults);
  });

  it('are kept, for nobody else to read', async () => {
    const values = {
      autoAcceptBytes: 0,
      notify: 'names',
      bell: false,
      pictures: false,
      ring: false,
      pushToTalk: true,
      noiseSuppression: true,
      input: 'Headset',
    } as const;
    await saveSettings(home, values);
    expect(await loadSettings(home)).toEqual(values);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a size below nothing', { autoAcceptBytes: -1 }],
    ['a size that is half an octet', { autoAcceptBytes: 0.5 }],
    ['a size that is none', { autoAcceptBytes: '1' }],
    ['a word of another version', { notify: 'sometimes' }],
    ['a setting of another version', { theme: 'dark' }],
  ])('are as by default where one is %s, and the others as set', async (_, odd) => {
    await writeFile(path, JSON.stringify({ bell: false, ...odd }));
    expect(await loadSettings(home)).toEqual({ ...defaults, bell: false });
  });

  it.each([
    ['nothing', ''],
    ['half of it', '{"bell": fal'],
    ['a word', '"on"'],
    ['nothing at all', 'null'],
    ['octets', '\u0000\u0001'],
    ['far too much', JSON.stringify({ more: 'x'.repeat(70_000) })],
  ])('are refused where the file holds %s, and it is left as it is', async (_, content) => {
    await writeFile(path, content);
    await expect(loadSettings(home)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    expect(await readFile(path, 'utf8')).toBe(content);
  });
});
