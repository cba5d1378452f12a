/** How loud a sound is, as an ear would say it: 0 for silence, 1 for the loudest there is. */

/** Below so many decibels under full scale nothing is shown. */
const floorDb = -60;
const fullScale = 32_768;

/** The loudness of a frame, 0 to 1, even in decibels. */
export function levelOf(frame: Int16Array): number {
  let sum = 0;
  for (const sample of frame) sum += sample * sample;
  if (sum === 0) return 0;
  const db = 10 * Math.log10(sum / frame.length / (fullScale * fullScale));
  return Math.min(1, Math.max(0, 1 - db / floorDb));
}
