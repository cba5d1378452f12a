/** What names of files tell. */

const spoken = /^voicemail-\d{4}-\d{2}-\d{2}-\d{4}\.opus$/;

/** Whether a file is a voicemail, as the terminal names what was spoken (docs/USING.md, "Voicemail"). */
export function isVoicemail(name: string): boolean {
  return spoken.test(name);
}
