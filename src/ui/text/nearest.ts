/** The word that was probably meant. */

const mostEdits = 2;

/** The nearest of some words, at most two letters added, left out, replaced or swapped away; undefined where none is. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const distances = words.map((word) => ({ word, edits: distance(typed, word) }));
  const [best] = distances.sort((one, other) => one.edits - other.edits);
  // Of a short word, two edits leave nothing.
  return best !== undefined && best.edits <= Math.min(mostEdits, typed.length - 1) ? best.word : undefined;
}

/** Levenshtein's distance, where neighbours that are swapped count once; of words far apart it is enough to know that they are. */
function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > mostEdits) return mostEdits + 1;
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [column, otherLetter] of [...other].entries()) {
      const replaced = (row[column] ?? 0) + (letter === otherLetter ? 0 : 1);
      const isSwapped = letter === other[column - 1] && otherLetter === one[index - 1];
      const swapped = isSwapped ? (before[column - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row.at(-1) ?? 0;
}
