/** What keeps this computer from calls: libraries, drivers, permissions, devices. */
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { libraryProblems, listSoundDevices } from '../../calls/media-process/sound-tools.js';
import { isQTChatError } from '../../errors.js';
import type { Deps } from '../deps.js';
import type { Finding } from './finding.js';

/** Where Linux keeps its sound devices. */
const soundFolder = '/dev/snd';

/**
 * Examines the sound of this computer.
 *
 * @returns everything found wrong; empty when calls have all they need
 * @throws {QTChatError} `ERR_USAGE` for an unknown QTCHAT_SOUND
 */
export async function examineSound({ env }: Pick<Deps, 'env'>): Promise<Finding[]> {
  const libraries = (await libraryProblems(env)).map(({ message, hint }) =>
    finding(message, hint ?? 'install qtchat anew'),
  );
  try {
    return [...libraries, ...(await deviceFindings(env))];
  } catch (error) {
    if (!isQTChatError(error) || error.code === 'ERR_USAGE') throw error;
    // It has been said already where a library is missing.
    return error.code === 'ERR_CALL_LIBRARY'
      ? libraries
      : [...libraries, finding(error.message, 'restart the sound system')];
  }
}

async function deviceFindings(env: Deps['env']): Promise<Finding[]> {
  const devices = await listSoundDevices(env);
  if (devices.length === 0) {
    if (await isForbidden())
      return [finding('this user may not use the sound card', 'sudo usermod -aG audio "$USER", then log in again')];
    return [finding('there is no sound device', 'connect a headset, or start the sound system (PipeWire, PulseAudio)')];
  }
  const missing = (kind: string, isThere: boolean): Finding[] =>
    isThere
      ? []
      : [finding(`there is no ${kind}`, `connect one; without it calls go on, and qtchat devices lists what is there`)];
  return [
    ...missing(
      'microphone',
      devices.some(({ isInput }) => isInput),
    ),
    ...missing(
      'speaker',
      devices.some(({ isOutput }) => isOutput),
    ),
  ];
}

/** There are sound devices, and we may not open them. */
async function isForbidden(): Promise<boolean> {
  const names = (await readdir(soundFolder).catch(() => [])).filter((name) => name.startsWith('pcm'));
  const allowed = await Promise.all(
    names.map((name) =>
      access(join(soundFolder, name), constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.length > 0 && !allowed.includes(true);
}

function finding(message: string, repair: string): Finding {
  return { about: 'sound', message, repair };
}
