/** Settings as they are typed. */
import { describe, expect, it } from '@jest/globals';
import { QTChatError } from '../../../../src/errors.js';
import type { SettingValues } from '../../../../src/store/settings.js';
import { Settings } from '../../../../src/ui/commands/settings.js';
import { defaultValues as values } from '../../../helpers/settings.js';

describe('settings', () => {
  it.each([
    ['auto-accept', '20MB', { autoAcceptBytes: 20_000_000 }, 'auto-accept 20.0 MB'],
    ['auto-accept', '0', { autoAcceptBytes: 0 }, 'auto-accept 0'],
    ['notify', 'names', { notify: 'names' }, 'notify names'],
    ['bell', 'off', { bell: false }, 'bell off'],
    ['ring', 'off', { ring: false }, 'ring off'],
    ['noise-suppression', 'on', { noiseSuppression: true }, 'noise-suppression on'],
    ['pictures', 'off', { pictures: false }, 'pictures off'],
  ] as const)('%s is set to %s, kept, and shown', async (name, typed, changed, shown) => {
    const kept: SettingValues[] = [];
    const settings = new Settings(values, async (next) => void kept.push(next));
    await settings.set(name, typed);
    expect(kept).toEqual([{ ...values, ...changed }]);
    expect(settings.values).toEqual({ ...values, ...changed });
    expect(settings.describe(name)).toMatch(new RegExp(`^ {2}${shown} `));
  });

  it.each([
    ['auto-accept', 'all', 'auto-accept "all" is no size'],
    ['auto-accept', '-1', 'auto-accept "-1" is no size'],
    ['auto-accept', '9999999999TB', 'auto-accept "9999999999TB" is no size'],
    ['notify', 'ON', '"ON" is none of on, names, off'],
    ['bell', 'true', '"true" is none of on, off'],
    ['colour', 'red', 'there is no setting "colour"'],
    ['toString', 'on', 'there is no setting "toString"'],
    ['', 'on', 'there is no setting ""'],
  ])('%j is not set to %j', async (name, typed, message) => {
    const kept: SettingValues[] = [];
    const settings = new Settings(values, async (next) => void kept.push(next));
    const refused = settings.set(name, typed);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect(kept).toEqual([]);
    expect(settings.values).toBe(values);
  });

  it('stay what they were where they cannot be kept', async () => {
    const settings = new Settings(values, async () => {
      throw new QTChatError('ERR_STORE_UNWRITABLE', 'the disk is full');
    });
    await expect(settings.set('bell', 'off')).rejects.toThrow('the disk is full');
    expect(settings.values).toBe(values);
  });
});
