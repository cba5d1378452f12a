/** Voicemail in words for people. */
import { mostVoicemailMs } from '../../calls/voicemail/limits.js';
import type { VoicemailState } from '../commands/voicemail.js';
import { meter } from './describe-call.js';
import { describePassed } from './duration.js';

const meterCells = 10;

/** "● recording for bob 0:05 of 2:00 ▅▅▅▅▁▁▁▁▁▁". */
export function voicemailLine({ member, elapsedMs, level }: VoicemailState): string {
  const bar = Array.from({ length: meterCells }, (_, index) => meter(level * meterCells - index)).join('');
  return `● recording for ${member} ${describePassed(elapsedMs)} of ${describePassed(mostVoicemailMs)} ${bar}`;
}
