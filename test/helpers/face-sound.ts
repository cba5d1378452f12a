/** Sound for faces, of which nothing is heard. */
import type { FaceSound } from '../../src/ui/face-sound.js';

/** A computer without any. */
export const noSound: FaceSound = {
  listDevices: async () => [],
  playTone: () => ({ ended: Promise.resolve(false), stop: () => {} }),
};
