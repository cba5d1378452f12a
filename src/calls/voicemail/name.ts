/**
 * What voicemail is called: faces know it by that, and everybody else takes it for the sound that it is. Browsers that do not
 * write Ogg record WebM (`.weba`).
 */

const pattern = /^voicemail-\d{4}-\d\d-\d\d-\d{4}(?: \(\d+\))?\.(?:opus|weba)$/;

/** "voicemail-2026-11-29-1905.opus", by the clock of whoever speaks. */
export function voicemailName(now: Date): string {
  const two = (number: number): string => `${number}`.padStart(2, '0');
  const day = `${`${now.getFullYear()}`.padStart(4, '0')}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `voicemail-${day}-${two(now.getHours())}${two(now.getMinutes())}.opus`;
}

/** Whether a file is called so, the second of a minute too. What it holds, only its content shows. */
export function isVoicemailName(name: string): boolean {
  return pattern.test(name);
}
