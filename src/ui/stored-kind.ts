/** What a file on the disk is, judged as in `media-kind.ts`. */
import { openStoredFile } from '../store/arriving-file.js';
import { type MediaKind, sniff, sniffedOctets } from './media-kind.js';

/**
 * Tells what a file is that is all there.
 *
 * @returns undefined for anything that is neither shown nor handed on
 * @throws {QTChatError} as {@link openStoredFile}
 */
export async function storedKind(
  path: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<MediaKind | undefined> {
  const file = await openStoredFile(path);
  try {
    const sizeBytes = Math.min(file.sizeBytes, sniffedOctets);
    return sizeBytes === 0 ? undefined : sniff(await file.read(0, sizeBytes, signal));
  } finally {
    await file.close();
  }
}
