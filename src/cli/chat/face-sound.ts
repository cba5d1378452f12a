/** The sound that faces have beside calls: each use of it is a process of its own, as with calls. */
import { open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isVoicemailName, voicemailName } from '../../calls/voicemail/name.js';
import { underFreeName } from '../../store/free-name.js';
import { type Home, voicemailFolder } from '../../store/home.js';
import { createFolder } from '../../store/private-file.js';
import type { FaceSound } from '../../ui/face-sound.js';
import type { Deps } from '../deps.js';

/** The sound of this computer, as the environment leads to it. What is recorded is kept in the home until it has arrived. */
export function faceSound(home: Home, { env, clock }: Pick<Deps, 'env' | 'clock'>): FaceSound {
  const tools = () => import('../../calls/media-process/sound-tools.js');
  return {
    listDevices: async () => (await tools()).listSoundDevices(env),
    record: async (options) => {
      const folder = voicemailFolder(home);
      await createFolder(folder);
      const wanted = { name: voicemailName(clock()), isFolder: false };
      const path = await underFreeName(folder, wanted, async (free) => (await open(free, 'wx', 0o600)).close());
      try {
        const recording = await (await tools()).recordSound({ ...options, env, path });
        return { ...recording, path, name: basename(path) };
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    forget: async (name) => {
      if (isVoicemailName(name)) await rm(join(voicemailFolder(home), name), { force: true });
    },
    playTone: (tone, output) => {
      const playing = tools().then(({ playTone }) => playTone(tone, { env, ...(output !== undefined && { output }) }));
      return {
        ended: playing.then(({ ended }) => ended),
        stop: () => void playing.then(({ stop }) => stop()),
      };
    },
  };
}
