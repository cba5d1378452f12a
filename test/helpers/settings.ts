/** Settings as they are by default, which nothing keeps. */
import { Settings } from '../../src/ui/commands/settings.js';

export function defaultSettings(): Settings {
  return new Settings(
    {
      autoAcceptBytes: 100_000_000,
      notify: 'on',
      bell: true,
      pictures: true,
      ring: true,
      pushToTalk: false,
      noiseSuppression: false,
    },
    async () => {},
  );
}
