/** The progress of one file as a few words, redrawn at most ten times a second. */
import { escapeControls } from '../../errors.js';
import type { FileDescription } from '../../files/file-events.js';
import type { FileProgress } from '../../files/progress-meter.js';
import { describeLeft } from './duration.js';
import { describeSize } from './size.js';

const drawIntervalMs = 100;
const nameLength = 32;

/** Says how far a file is, and whether it is time to say so again. */
export class Progress {
  readonly #clock: () => Date;
  #drawnAt = 0;

  constructor(clock: () => Date) {
    this.#clock = clock;
  }

  /** "film.mp4 45 %, 11.2 MB/s, 0:38 left", or undefined when the last one was just now. */
  describe(file: FileDescription, { doneBytes, bytesPerSecond, leftMs }: FileProgress): string | undefined {
    const now = this.#clock().getTime();
    if (now - this.#drawnAt < drawIntervalMs && now >= this.#drawnAt) return undefined;
    this.#drawnAt = now;
    const percent = file.sizeBytes === 0 ? 100 : Math.floor((doneBytes / file.sizeBytes) * 100);
    const rate = bytesPerSecond === undefined ? '' : `, ${describeSize(bytesPerSecond)}/s`;
    const left = leftMs === undefined ? '' : `, ${describeLeft(leftMs)} left`;
    return `${escapeControls(file.name).slice(0, nameLength)} ${percent} %${rate}${left}`;
  }
}
