/** What names of files tell. */

const spoken = /^voicemail-\d{4}-\d{2}-\d{2}-\d{4}(?: \(\d+\))?\.(?:opus|weba)$/;

/** Whether a file is a voicemail, as the terminal names what was spoken (docs/USING.md, "Voicemail"). */
export function isVoicemail(name: string): boolean {
  return spoken.test(name);
}

/** "voicemail-2026-11-29-1905.opus", by the clock of whoever speaks. */
export function voicemailName(at: Date, ending: 'opus' | 'weba'): string {
  const two = (number: number): string => `${number}`.padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `voicemail-${day}-${two(at.getHours())}${two(at.getMinutes())}.${ending}`;
}
