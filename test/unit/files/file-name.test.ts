import { describe, expect, it } from '@jest/globals';
import { isSafeFileName } from '../../../src/files/file-name.js';

describe('the name of a received file', () => {
  it.each([
    'photo.jpg',
    'Übung 3 (final).tar.gz',
    '写真.png',
    'family 👨‍👩‍👧.png',
    'x',
    '-rf',
    'half ½ ⧸ of it？.mp4',
    'نامه\u200cها.txt',
    'a\u202f8.png',
    'e\u0301.txt',
    'a'.repeat(215),
  ])('may be %s', (name) => {
    expect(isSafeFileName(name)).toBe(true);
  });

  it.each([
    ['empty', ''],
    ['the folder', '.'],
    ['the folder above', '..'],
    ['a path upwards', '../x'],
    ['an absolute path', '/etc/passwd'],
    ['a Windows path', 'C:\\x'],
    ['a path with backslashes', '..\\x'],
    ['a stream of Windows', 'x.txt:evil'],
    ['a name with NUL', 'x\u0000.txt'],
    ['a name with a line break', 'x\ny'],
    ['a name with an escape sequence', '\u001b[2Jx'],
    ['a name read backwards', 'gpj.\u202etxt.exe'],
    ['a hidden file', '.profile'],
    ['a device', 'CON'],
    ['a device with an extension', 'nul.txt'],
    ['a numbered device', 'com1.log'],
    ['a name that ends with a dot', 'x.'],
    ['a name that ends with a space', 'x '],
    ['a name that begins with a space', ' x'],
    ['too long', 'a'.repeat(216)],
    ['too long in octets', 'ä'.repeat(108)],
    ['the name of an unfinished file', 'x.0123456789abcdef.part'],
    ['the name of its map', 'x.0123456789abcdef.part.map'],
    ['the name of an unfinished folder', 'x.0123456789abcdef.part.folder'],
    ['half a surrogate pair', 'x\ud800'],
    ['a path upwards in full width', '．．／x'],
    ['a path upwards with a two-dot leader', '‥⁄x'],
    ['an absolute path in full width', '／etc／passwd'],
    ['a drive in full width', 'Ｃ：＼x'],
    ['a device in full width', 'ＮＵＬ.txt'],
    ['a name with a zero-width space', 'x\u200b.txt'],
    ['a name that ends with a no-break space', 'x\u00a0'],
  ])('may not be %s', (_, name) => {
    expect(isSafeFileName(name)).toBe(false);
  });
});
