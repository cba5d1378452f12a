import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { currentMember, identityFolder, speakAs } from '../../../src/store/home.js';

describe('a home', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-home-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('speaks as nobody at first, not even when it does not exist', async () => {
    expect(await currentMember({ folder })).toBeUndefined();
    expect(await currentMember({ folder: join(folder, 'absent') })).toBeUndefined();
  });

  it('speaks as whom it was last told', async () => {
    const home = { folder: join(folder, 'new') };
    await speakAs(home, 'alice');
    await speakAs(home, 'bob');
    expect(await currentMember(home)).toBe('bob');
    await speakAs(home, undefined);
    expect(await currentMember(home)).toBeUndefined();
  });

  it.each(['', 'Alice', '../alice', 'a/b'])('never speaks as %p', async (name) => {
    await expect(speakAs({ folder }, name)).rejects.toMatchObject({ code: 'ERR_PKI_NAME_INVALID' });
    expect(await currentMember({ folder })).toBeUndefined();
  });

  it.each(['', 'null', '[]', '{}', '{"member":1e3', '{"member":""}', '{"member":"../x"}', '{"member":{}}'])(
    'says that home.json is damaged when it reads %p',
    async (content) => {
      writeFileSync(join(folder, 'home.json'), content);
      await expect(currentMember({ folder })).rejects.toMatchObject({
        code: 'ERR_STORE_DAMAGED',
        message: expect.stringContaining('home.json'),
      });
    },
  );

  it.each(['..', '.', '', 'a/b', 'a\0'])('has no identity folder for %p', (name) => {
    expect(() => identityFolder({ folder }, name)).toThrow(expect.objectContaining({ code: 'ERR_PKI_NAME_INVALID' }));
  });
});
