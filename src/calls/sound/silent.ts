/** No sound devices: nothing is heard, and nobody is. */
import type { SoundSystem } from './sound-system.js';

/** A computer without any. */
export const silentSystem: SoundSystem = {
  list: async () => [],
  openMicrophone: async () => undefined,
  openSpeaker: async () => undefined,
};
