/** Whether an offered file is taken, shown to the user, or declined, and why. */
import type { DeclineReason } from '../protocol/messages.js';
import type { DownloadFolder } from '../store/downloads.js';
import type { WantedFile } from '../store/part-map.js';
import type { FileDescription, OfferDecision } from './file-events.js';
import { isSafeFileName } from './file-name.js';

/** What decides. */
export interface JudgeOptions {
  readonly decide: (file: FileDescription) => OfferDecision;
  /** Asked before a file is taken that nobody here was asked about; false declines it. */
  readonly admit: (id: string, file: WantedFile) => boolean;
  readonly folder: DownloadFolder;
}

/** Of an offer that is not declined. */
export interface Judgement {
  /** Whether it is taken without asking. */
  readonly isTaken: boolean;
  /** Octets of it that are there. */
  readonly doneBytes: number;
}

// Offers cost the receiver memory and a line on the screen.
const maximumOffers = 64;

/**
 * Judges an offer.
 *
 * @param count - files of that peer that are offered or on their way
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function judgeOffer(
  file: FileDescription,
  wanted: WantedFile,
  count: number,
  { decide, admit, folder }: JudgeOptions,
): Promise<DeclineReason | Judgement> {
  if (!isSafeFileName(file.name)) return 'name';
  if (count >= maximumOffers) return 'busy';
  const decision = decide(file);
  if (decision !== 'accept' && decision !== 'ask' && decision !== 'too-large') return decision;
  // What was taken once is taken again without asking.
  const doneBytes = await folder.doneBytes(wanted);
  if (doneBytes === undefined && decision === 'too-large') return decision;
  // A folder is unpacked beside what has arrived.
  const wholeBytes = wanted.isFolder ? 2 * file.sizeBytes : file.sizeBytes;
  if (!(await folder.hasRoom(wholeBytes - (doneBytes ?? 0)))) return 'no-room';
  if (decision === 'accept' && !admit(file.id, wanted)) return 'quota';
  return { isTaken: decision === 'accept' || doneBytes !== undefined, doneBytes: doneBytes ?? 0 };
}
