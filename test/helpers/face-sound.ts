/** Sound for faces, of which nothing is heard. */
import { QTChatError } from '../../src/errors.js';
import type { FaceSound } from '../../src/ui/face-sound.js';

/** A computer without any. */
export const noSound: FaceSound = {
  listDevices: async () => [],
  record: () => Promise.reject(new QTChatError('ERR_CALL_DEVICE', 'there is no microphone')),
  forget: async () => {},
  playTone: () => ({ ended: Promise.resolve(false), stop: () => {} }),
};
