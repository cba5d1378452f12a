/** Microphones and speakers in words for people. */
import type { DevicesInUse } from '../../calls/call-events.js';
import type { DeviceChoice } from '../../calls/media.js';
import type { SoundDevice } from '../../calls/sound/sound-system.js';

/**
 * The devices with their numbers, and which are in use.
 *
 * @param devices - none where they need not be listed
 * @param chosen - for calls to come; the system's choice for what is left out
 * @param inUse - by the call that there is
 */
export function deviceLines(
  devices: readonly SoundDevice[],
  chosen: DeviceChoice,
  inUse: DevicesInUse | undefined,
): string[] {
  const { input, output } = inUse ?? chosen;
  const width = Math.max(0, ...devices.map(({ name }) => name.length));
  const listed = devices.map(({ name, isInput, isOutput }, index) => {
    const kinds = [...(isInput ? ['microphone'] : []), ...(isOutput ? ['speaker'] : [])].join(', ');
    const mark = (isInput && name === input) || (isOutput && name === output) ? '●' : ' ';
    return `${mark} ${`${index + 1}`.padStart(2)}  ${name.padEnd(width)}  ${kinds}`;
  });
  const none = inUse === undefined ? "the system's choice" : 'none';
  return [...listed, `microphone: ${input ?? none}; speaker: ${output ?? none}`];
}
