/** The words in which a guest is told of what went wrong: a spent invite reads otherwise than a mistyped code. */

/** Words for failures, as far as they depend on the way. */
export interface Terms {
  /** What a refusal means. */
  readonly refused: string;
  /** What to do after one, as one sentence without a full stop. */
  readonly afterRefusal: string;
  /** What it means that the other side cannot prove itself. */
  readonly impostor: string;
  /** What a failure on the way leaves behind. */
  readonly left: string;
}
