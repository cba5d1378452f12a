/** Tells films that were cut in fragments while they were recorded. Pure. */

/**
 * Whether an MP4 file holds fragments (ISO/IEC 14496-12 §8.8.1): its `moov` box has a box `mvex`. Such a `moov` lists no
 * samples and is short; one that does not end within `head` is another kind. A player that may jump reads a fragmented
 * file to its end before it plays anything.
 *
 * @param head - how the file begins
 */
export function isFragmentedMp4(head: Buffer): boolean {
  const movie = findBox(head, 'moov');
  return movie !== undefined && findBox(movie, 'mvex') !== undefined;
}

/** The content of the first box of that type, where all of it is there; boxes before it may be cut. */
function findBox(boxes: Buffer, type: string): Buffer | undefined {
  for (let offset = 0; offset + 8 <= boxes.length; ) {
    const sizeBytes = boxes.readUInt32BE(offset);
    // 0: to the end of the file, 1: a long one follows; neither comes before what is looked for in such a file.
    if (sizeBytes < 8) return undefined;
    const end = offset + sizeBytes;
    if (boxes.toString('latin1', offset + 4, offset + 8) === type) {
      return end <= boxes.length ? boxes.subarray(offset + 8, end) : undefined;
    }
    offset = end;
  }
  return undefined;
}
