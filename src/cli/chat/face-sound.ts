/** The sound that faces have beside calls: each use of it is a process of its own, as with calls. */
import type { FaceSound } from '../../ui/face-sound.js';
import type { Deps } from '../deps.js';

/** The sound of this computer, as the environment leads to it. */
export function faceSound(env: Deps['env']): FaceSound {
  const tools = () => import('../../calls/media-process/sound-tools.js');
  return {
    listDevices: async () => (await tools()).listSoundDevices(env),
    playTone: (tone, output) => {
      const playing = tools().then(({ playTone }) => playTone(tone, { env, ...(output !== undefined && { output }) }));
      return {
        ended: playing.then(({ ended }) => ended),
        stop: () => void playing.then(({ stop }) => stop()),
      };
    },
  };
}
