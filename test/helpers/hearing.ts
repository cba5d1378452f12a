/** Listens to what comes out of a call until it is clear what was said: a machine that is busy drops some of it. */
import { judgeHearing } from './intelligibility.js';

/** What may be heard. */
export interface Spoken {
  readonly said: Int16Array;
  /** What somebody else says, in another voice: it is not to be mistaken for that. */
  readonly other: Int16Array;
}

/**
 * Resolves when what is heard is `said`, and not `other`.
 *
 * @param listen - some seconds of what is heard, later ones each time
 */
export async function untilHeard(listen: () => Promise<Int16Array>, { said, other }: Spoken): Promise<void> {
  for (;;) {
    const heard = await listen();
    const [right = 0, wrong = 1] = [said, other].map((text) => judgeHearing(thrice(text), heard).intelligibility);
    if (right > 0.45 && right > wrong + 0.1) return;
  }
}

/** It is said over and over; what is heard may begin anywhere. */
function thrice(samples: Int16Array): Int16Array {
  return Int16Array.from({ length: samples.length * 3 }, (_, index) => samples[index % samples.length] ?? 0);
}
