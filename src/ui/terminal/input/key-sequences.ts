/** Control sequences that stand for keys: xterm's, those of the Linux console and rxvt, and kitty's. */
import { controlKey, type KeyEvent, type Modifiers, namedKey, typedKey } from './key-events.js';

const finalNames: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  E: 'clear',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
};

const numberNames: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
};

// The end of a sequence of rxvt tells what was held.
const rxvtModifiers: Readonly<Record<string, Modifiers>> = {
  $: { shift: true },
  '^': { ctrl: true },
  '@': { ctrl: true, shift: true },
};

// Keys of the number pad that type nothing, where kitty's protocol tells them apart.
const padNames: Readonly<Record<number, string>> = {
  57414: 'enter',
  57417: 'left',
  57418: 'right',
  57419: 'up',
  57420: 'down',
  57421: 'pageup',
  57422: 'pagedown',
  57423: 'home',
  57424: 'end',
  57425: 'insert',
  57426: 'delete',
};

const released = '3';
const privateUse = { first: 0xe000, last: 0xf8ff };

/**
 * The key behind `ESC [ parameters final`.
 *
 * @returns undefined for what is no key, `null` for one that was let go
 */
export function keyOfSequence(parameters: string, final: string): KeyEvent | null | undefined {
  if (!/^[\d:;]*$/.test(parameters)) return undefined;
  const [first = '', second = '', third = ''] = parameters.split(';');
  const [mask = '', kind = ''] = second.split(':');
  if (kind === released) return null;
  const modifiers = modifiersOf(mask);
  if (final === 'u') return keyOfCode(first, modifiers);
  if (final === '~' && first === '27') return keyOfCode(third, modifiers);
  if (final === '~') return keyNamed(numberNames[first], modifiers);
  const rxvt = rxvtModifiers[final];
  if (rxvt !== undefined) return keyNamed(numberNames[first], rxvt);
  if (final === 'Z') return namedKey('tab', { ...modifiers, shift: true });
  if (/^[a-d]$/.test(final) && parameters === '') {
    return keyNamed(finalNames[final.toUpperCase()], { shift: true });
  }
  // Where a cursor stands is reported alike: "1;5R" is taken for that.
  if ((final === 'R' && second !== '') || !(first === '' || first === '1')) return undefined;
  return keyNamed(finalNames[final], modifiers);
}

/** The key behind `ESC O final`, of which some terminals put what was held in front of the end. */
export function keyOfShifted(mask: string, final: string): KeyEvent | undefined {
  if (/^[a-d]$/.test(final)) return keyNamed(finalNames[final.toUpperCase()], { ctrl: true });
  // Without "O" in front, "M" is a click with the mouse.
  const name = final === 'M' ? 'enter' : finalNames[final];
  return keyNamed(name, modifiersOf(mask)) ?? padKey(final);
}

// The number pad in application mode: "j" to "y" are the characters 64 places before them.
function padKey(final: string): KeyEvent | undefined {
  return /^[j-y]$/.test(final) ? typedKey(String.fromCharCode(final.charCodeAt(0) - 64)) : undefined;
}

function keyNamed(name: string | undefined, modifiers: Modifiers): KeyEvent | undefined {
  return name === undefined ? undefined : namedKey(name, modifiers);
}

/** A key by the character it would type: kitty's protocol, and xterm's modifyOtherKeys. */
function keyOfCode(parameter: string, modifiers: Modifiers): KeyEvent | undefined {
  const [unshifted = '', shifted = ''] = parameter.split(':');
  const code = Number(modifiers.shift === true && shifted !== '' ? shifted : unshifted);
  if (!(code > 0 && code <= 0x10ffff)) return undefined;
  const pad = padNames[code];
  if (pad !== undefined) return namedKey(pad, modifiers);
  if (code >= privateUse.first && code <= privateUse.last) return undefined;
  if (code >= 0xd800 && code < privateUse.first) return undefined;
  const character = String.fromCodePoint(code);
  if (code < 32 || code === 127) {
    const { name } = controlKey(character);
    return namedKey(name, modifiers);
  }
  if (code > 127 && code < 160) return undefined;
  if (modifiers.ctrl !== true) return typedKey(character, modifiers);
  return namedKey(typedKey(character).name, { ...modifiers, ctrl: true });
}

function modifiersOf(mask: string): Modifiers {
  const bits = Math.max(Number(mask) - 1, 0);
  return { shift: (bits & 1) !== 0, meta: (bits & 2) !== 0, ctrl: (bits & 4) !== 0 };
}
