/** Settings as they are by default, which nothing keeps. */
import type { SettingValues } from '../../src/store/settings.js';
import { Settings } from '../../src/ui/commands/settings.js';

/** What holds where nothing was ever set. */
export const defaultValues: SettingValues = {
  autoAcceptBytes: 100_000_000,
  notify: 'on',
  bell: true,
  pictures: true,
  ring: true,
  pushToTalk: false,
  noiseSuppression: false,
};

export function defaultSettings(): Settings {
  return new Settings(defaultValues, async () => {});
}
