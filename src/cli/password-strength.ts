/**
 * How long a new password would hold against whoever has the file that it protects: an estimate, from what people
 * choose and in which order attackers try it. It is a hint and forbids nothing; it knows English words only, and takes
 * what it does not know for chance, so a password may be weaker than it says.
 */
import { words } from '../enroll/word-list.js';

/** What to say of a password: never what it is, nor how long. */
export interface PasswordStrength {
  readonly level: 'weak' | 'fair' | 'strong';
  /** One line for people, without a full stop. */
  readonly hint: string;
}

/** A few graphics cards, at one of our key derivations a try (PBKDF2, 250,000 or 600,000 rounds). */
const triesPerSecond = 100_000;

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** How long it takes at most to be called so, in seconds. */
const durations = [
  [minute, 'weak', 'at once'],
  [hour, 'weak', 'within minutes'],
  [day, 'weak', 'within hours'],
  [90 * day, 'weak', 'within days or weeks'],
  [2 * year, 'fair', 'within months'],
  [100 * year, 'fair', 'within years'],
] as const;

/**
 * Estimates a password.
 *
 * @param password - not empty; of a very long one only the beginning counts
 */
export function passwordStrength(password: string): PasswordStrength {
  const seconds = 2 ** (bitsOf(password.slice(0, 256)) - 1) / triesPerSecond;
  const found = durations.find(([limit]) => seconds < limit);
  if (found === undefined) {
    return { level: 'strong', hint: 'Strong: whoever gets the file would try for more than a century' };
  }
  const [, level, when] = found;
  const advice = level === 'weak' ? '. Five random words hold' : '';
  return { level, hint: `${level === 'weak' ? 'Weak' : 'Fair'}: whoever gets the file finds it ${when}${advice}` };
}

/** What attackers try first; digits and signs in the place of letters are seen through. */
const commonWords = `
password passwort passwd pass secret geheim admin root login user guest test master letmein welcome hello hallo default
changeme iloveyou ichliebedich love liebe schatz dragon monkey princess sunshine shadow superman batman pokemon starwars
football baseball soccer hockey killer ninja trustno charlie michael jordan thomas daniel george andrew jessica ashley
computer internet samsung google facebook linux ubuntu windows summer winter spring autumn sommer monday freedom
whatever hunter ranger buster tigger ginger pepper cheese cookie flower purple orange banana qtchat
`
  .trim()
  .split(/\s+/);

const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '0123456789',
  '1234567890',
  'qwertyuiop',
  'qwertzuiop',
  'asdfghjkl',
  'zxcvbnm',
];
const tracks = [...rows, ...rows.map((row) => [...row].reverse().join(''))];

const substitutes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** One part of a password that is tried as a whole: its length, and the bits that it adds. */
interface Part {
  readonly length: number;
  readonly bits: number;
}

/** The bits of a password: it takes two to the power of them tries at most. */
function bitsOf(password: string): number {
  const repeated = /^(.+?)\1+$/s.exec(password);
  // Whole blocks said again add only how often.
  if (repeated?.[1] !== undefined) return bitsOf(repeated[1]) + Math.log2(password.length / repeated[1].length);
  let bits = 0;
  const signs = new Set<string>();
  for (let rest = password; rest !== ''; ) {
    const part = repeat(rest) ?? track(rest) ?? common(rest) ?? number(rest) ?? letters(rest) ?? sign(rest, signs);
    bits += part.bits;
    rest = rest.slice(part.length);
  }
  return bits;
}

/** The same again and again. */
function repeat(text: string): Part | undefined {
  const length = /^(.)\1{2,}/su.exec(text)?.[0].length;
  return length === undefined ? undefined : { length, bits: 5 + Math.log2(length) };
}

/** Along the alphabet, the digits or a row of the keyboard, in either direction. */
function track(text: string): Part | undefined {
  const lower = text.toLowerCase();
  const longest = Math.max(...tracks.map((row) => sharedLength(row.slice(indexIn(row, lower)), lower)));
  return longest < 3 ? undefined : { length: longest, bits: 4 + Math.log2(longest) };
}

function indexIn(row: string, text: string): number {
  const index = row.indexOf(text.slice(0, 1));
  return index < 0 ? row.length : index;
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

function common(text: string): Part | undefined {
  const plain = [...text.toLowerCase()].map((sign) => substitutes[sign] ?? sign).join('');
  const word = commonWords.filter((known) => plain.startsWith(known)).sort((a, b) => b.length - a.length)[0];
  if (word === undefined) return undefined;
  const typed = text.slice(0, word.length);
  const isDisguised = typed.toLowerCase() !== word;
  return { length: word.length, bits: 7 + capitalBits(typed) + (isDisguised ? 2 : 0) };
}

const date = /^((0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])|(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))((19|20)\d\d|\d\d(?!\d))/;

/** Dates, years, and other digits. */
function number(text: string): Part | undefined {
  const known = date.exec(text)?.[0] ?? /^(19|20)\d\d(?!\d)/.exec(text)?.[0];
  if (known !== undefined) return { length: known.length, bits: known.length === 4 ? 6 : 15 };
  const length = /^\d+/.exec(text)?.[0].length;
  return length === undefined ? undefined : { length, bits: length * Math.log2(10) };
}

/** A run of letters: a known word, what may be words, or chance. */
function letters(text: string): Part | undefined {
  const run = /^\p{L}+/u.exec(text)?.[0];
  if (run === undefined) return undefined;
  const lower = run.toLowerCase();
  const { length } = run;
  if (words.includes(lower)) return { length, bits: 11 + capitalBits(run) };
  const capital = capitalBits(run);
  const byChance = length * Math.log2(capital > 1 ? 52 : 26);
  // No word has five consonants in a row; letters by chance soon do. More than one word may be written together.
  const mayBeWords = capital <= 1 && !/[bcdfghjklmnpqrstvwxz]{5}/.test(lower);
  return { length, bits: mayBeWords ? Math.min(byChance, 18 + 2 * Math.max(0, length - 6)) + capital : byChance };
}

/** A capital in front, or capitals alone, are tried at once; others cost more. */
function capitalBits(text: string): number {
  if (text === text.toLowerCase()) return 0;
  return /^.\P{Lu}*$/u.test(text) || text === text.toUpperCase() ? 1 : 4;
}

/** Anything else; what separates words is usually the same again. */
function sign(text: string, seen: Set<string>): Part {
  const [one = ''] = text;
  const bits = seen.has(one) ? 1 : 5;
  seen.add(one);
  return { length: one.length, bits };
}
