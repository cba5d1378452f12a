/** What a completion offers. */

/** One thing that may be meant. */
export interface Candidate {
  /** What is put in. */
  readonly text: string;
  /** What is shown in the list. */
  readonly label: string;
}

/** All that may be meant. */
export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** What they all begin with, as it is put in. */
  readonly common: string;
}

/** What all of some words begin with. */
export function commonStart([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) {
    let same = 0;
    while (same < length && first[same] === other[same]) same += 1;
    length = same;
  }
  // Never half of a character.
  return first.slice(0, length).replace(/\p{Cs}$/u, '');
}
