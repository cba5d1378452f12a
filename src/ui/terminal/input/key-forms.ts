// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what terminals send
/** The forms of what a terminal sends, at the front of a text (ECMA-48, and what became of it). */

/** In the order in which they are tried. C1 controls are no sequences here: in UTF-8 no terminal sends them. */
export const forms = {
  /** What was typed. */
  text: /[^\x00-\x1f\x7f-\x9f]+/y,
  control: /[\x00-\x1a\x1c-\x1f\x7f]/y,
  ignored: /[\x80-\x9f]+/y,
  /** F1 to F5 of the Linux console. */
  console: /\x1b\[\[([A-E])/y,
  /** A key of rxvt with Shift: no control sequence by any standard. */
  rxvt: /\x1b?\x1b\[(\d)(\$)/y,
  /** A control sequence. Escape in front is Alt. */
  sequence: /\x1b?\x1b\[([0-?]*)[ -/]*([@-Z\\-~])/y,
  /** A key in application mode. */
  shifted: /\x1b?\x1bO(\d*)([A-Za-y])/y,
  /** The beginning of an answer in a string; before anything else these are keys with Alt. */
  answer: /\x1b(?:P(?=[\d>$+!|=])|_(?=G)|\](?=\d))/y,
  /** A key with Alt. */
  alt: /\x1b([^\x1b\x80-\x9f])/uy,
} as const;

/** Escape and the beginnings of forms that are keys with Alt as well. */
export const keyBeginning = /^\x1b\x1b?[[O]?$|^\x1b[P_\]]$/;

/** Beginnings of forms that can be nothing else. */
export const sequenceBeginning = /^\x1b?\x1b(?:\[[0-?]*[ -/]*|\[\[|O\d*)$/;

/** A sequence that something else interrupts. */
export const brokenSequence = /\x1b\[[0-?]+[ -/]*(?![ -~])/y;

/** An answer ends with ESC \, older ones with BEL; Escape before anything else breaks it off. */
export const answerEnd = /\x1b\\|\x07|\x9c|\x1b(?=[^\\])/;

/** One character that is no text. */
export const controlCharacter = /[\x00-\x1f\x7f]/;
