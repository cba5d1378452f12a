/** The input line, as people use it: keys in, a text and a cursor out. "|" is the cursor. */
import { describe, expect, it } from '@jest/globals';
import { pressKey } from '../../../../src/ui/terminal/input/edit-keys.js';
import { Editor } from '../../../../src/ui/terminal/input/editor.js';
import { namedKey } from '../../../../src/ui/terminal/input/key-events.js';

function press(editor: Editor, ...keys: string[]): Editor {
  for (const key of keys) {
    const [, held = '', name = ''] = /^((?:ctrl-|alt-)*)(.+)$/.exec(key) ?? [];
    expect(pressKey(editor, namedKey(name, { ctrl: held.includes('ctrl'), meta: held.includes('alt') }))).toBe('done');
  }
  return editor;
}

function editorWith(line: string): Editor {
  const editor = new Editor();
  editor.insert(line.replace('|', ''));
  if (line.includes('|')) editor.moveTo(line.indexOf('|'));
  return editor;
}

function shown({ text, cursor }: Editor): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

const family = '👨‍👩‍👧';
const maximumBytes = 64 * 1024;

describe('the input line', () => {
  it.each<[string, string[], string]>([
    // moving
    [`a${family}|b`, ['left'], `a|${family}b`],
    [`a|${family}b`, ['right'], `a${family}|b`],
    [`e\u0301|`, ['left'], '|e\u0301'],
    ['|a', ['left', 'ctrl-b'], '|a'],
    ['a|', ['right', 'ctrl-f'], 'a|'],
    ['one\ntw|o', ['home'], 'one\n|two'],
    ['one\ntw|o', ['ctrl-a'], 'one\n|two'],
    ['o|ne\ntwo', ['end'], 'one|\ntwo'],
    ['o|ne\ntwo', ['ctrl-e'], 'one|\ntwo'],
    ['one\ntw|o', ['ctrl-home'], '|one\ntwo'],
    ['o|ne\ntwo', ['ctrl-end'], 'one\ntwo|'],
    ['say, hello_there |', ['alt-b'], 'say, |hello_there '],
    ['say|, hello there', ['alt-f'], 'say, hello| there'],
    ['übung größe|', ['ctrl-left'], 'übung |größe'],
    ['|e\u0301te\u0301 x', ['ctrl-right'], 'e\u0301te\u0301| x'],
    ['--|', ['alt-b'], '|--'],
    ['|--', ['alt-f'], '--|'],
    // taking out
    [`a${family}|b`, ['backspace'], 'a|b'],
    [`a|${family}b`, ['delete'], 'a|b'],
    ['a|b', ['ctrl-h', 'ctrl-d'], '|'],
    ['one\n|two', ['backspace'], 'one|two'],
    ['|', ['backspace', 'delete', 'ctrl-w', 'ctrl-k', 'ctrl-u', 'alt-d', 'ctrl-t', 'ctrl-y', 'ctrl-_'], '|'],
    ['cat /home/me/a.txt |x', ['ctrl-w'], 'cat |x'],
    ['cat /home/me/a.txt|', ['alt-backspace'], 'cat /home/me/a.|'],
    ['|say hello', ['alt-d'], '| hello'],
    ['one t|wo\nthree', ['ctrl-k'], 'one t|\nthree'],
    ['one|\ntwo', ['ctrl-k'], 'one|two'],
    ['one\ntw|o', ['ctrl-u'], 'one\n|o'],
    ['one\n|two', ['ctrl-u'], 'one|two'],
    // putting back
    ['one two|', ['ctrl-w', 'home', 'ctrl-y'], 'two|one '],
    ['a b c|', ['ctrl-w', 'ctrl-w', 'ctrl-y'], 'a b c|'],
    ['a |b c', ['alt-d', 'alt-d', 'ctrl-w', 'ctrl-y'], 'a b c|'],
    ['a b|', ['ctrl-w', 'left', 'ctrl-w', 'ctrl-y', 'ctrl-y'], 'aa| '],
    ['ab|', ['ctrl-u', 'ctrl-k', 'ctrl-y'], 'ab|'],
    [`a${family}|`, ['ctrl-t'], `${family}a|`],
    ['a|bc', ['ctrl-t'], 'ba|c'],
    ['ab|\nc', ['ctrl-t'], 'ba|\nc'],
    ['a\n|b', ['ctrl-t'], 'a\n|b'],
    // lines
    ['a|b', ['alt-enter'], 'a\n|b'],
    ['a|b', ['ctrl-j'], 'a\n|b'],
    ['long line\nab\nlong li|ne', ['up'], 'long line\nab|\nlong line'],
    ['long line\nab\nlong li|ne', ['up', 'up'], 'long li|ne\nab\nlong line'],
    ['long li|ne\nab\nlong line', ['down', 'down'], 'long line\nab\nlong li|ne'],
    ['long line\nab\nlong li|ne', ['up', 'end', 'up'], 'lo|ng line\nab\nlong line'],
    ['漢字漢\nabc|', ['up'], '漢|字漢\nabc'],
    ['\na|', ['up'], '|\na'],
    ['\n|', ['up'], '|\n'],
    ['|\n', ['down'], '\n|'],
  ])('%j, then %j', (before, keys, after) => {
    expect(shown(press(editorWith(before), ...keys))).toBe(after);
  });

  it('joins what belongs to one character, and stands behind it', () => {
    const editor = editorWith('|👩');
    editor.insert('👨\u200d');
    expect(shown(editor)).toBe('👨\u200d👩|');
    press(editor, 'left');
    expect(editor.cursor).toBe(0);
  });

  it('cleans what is pasted', () => {
    const editor = new Editor();
    editor.insert('a\r\nb\rc\td\x1b[31m\x00\x07\x9b\ud800e\u2028f');
    expect(editor.text).toBe('a\nb\nc    d[31me\nf');
  });

  it('leaves alone what is no key of its own', () => {
    const editor = editorWith('a|b');
    for (const name of ['enter', 'tab', 'escape', 'pageup', 'f1', 'constructor']) {
      expect(pressKey(editor, namedKey(name))).toBe('no-key');
    }
    expect(pressKey(editor, namedKey('c', { ctrl: true }))).toBe('no-key');
    expect(shown(editor)).toBe('a|b');
  });

  it('takes back what was typed, word by word, and what was taken out', () => {
    const editor = new Editor();
    for (const character of 'hello you') editor.insert(character);
    press(editor, 'ctrl-w');
    expect(editor.text).toBe('hello ');
    press(editor, 'ctrl-_');
    expect(shown(editor)).toBe('hello you|');
    press(editor, 'ctrl-_');
    expect(editor.text).toBe('hello ');
    press(editor, 'ctrl-_', 'ctrl-_');
    expect(editor.text).toBe('');
  });

  it('moves to a place in the text, and never into a character', () => {
    const editor = editorWith(family);
    editor.moveTo(3);
    expect(editor.cursor).toBe(family.length);
    editor.moveTo(-1);
    expect(editor.cursor).toBe(0);
    editor.moveTo(99);
    expect(editor.cursor).toBe(family.length);
  });

  it('replaces a part, as completion does', () => {
    const editor = editorWith('/se');
    editor.replace(0, 3, '/send ');
    expect(shown(editor)).toBe('/send |');
  });
});

describe('the length of the input line', () => {
  it('is as much as a message holds', () => {
    const editor = new Editor();
    expect(editor.insert('a'.repeat(maximumBytes))).toBe('done');
    expect(editor.text).toHaveLength(maximumBytes);
  });

  it('refuses what a message does not hold, and changes nothing', () => {
    const editor = editorWith('|é');
    expect(editor.insert('é'.repeat(maximumBytes / 2))).toBe('too-long');
    expect(editor.insert('a'.repeat(maximumBytes))).toBe('too-long');
    expect(editor.setText('a'.repeat(maximumBytes + 1))).toBe('too-long');
    expect(shown(editor)).toBe('|é');
  });

  it('says so for keys', () => {
    const editor = new Editor();
    editor.insert('a'.repeat(maximumBytes));
    expect(pressKey(editor, { ...namedKey('b'), text: 'b' })).toBe('too-long');
    expect(pressKey(editor, namedKey('enter', { meta: true }))).toBe('too-long');
    press(editor, 'ctrl-u', 'ctrl-y');
    expect(pressKey(editor, namedKey('y', { ctrl: true }))).toBe('too-long');
    expect(editor.text).toHaveLength(maximumBytes);
  });
});

describe('the history of the input line', () => {
  function editorAfter(...lines: string[]): Editor {
    const editor = new Editor();
    for (const line of lines) {
      editor.insert(line);
      expect(editor.take()).toBe(line);
    }
    return editor;
  }

  it('goes up and down, and comes back to the line that is not finished', () => {
    const editor = editorAfter('one', 'two');
    editor.insert('unfinished');
    expect(shown(press(editor, 'up'))).toBe('two|');
    expect(shown(press(editor, 'up'))).toBe('one|');
    expect(shown(press(editor, 'up'))).toBe('one|');
    expect(shown(press(editor, 'down'))).toBe('two|');
    expect(shown(press(editor, 'down'))).toBe('unfinished|');
    expect(shown(press(editor, 'down'))).toBe('unfinished|');
  });

  it('goes by Ctrl-P and Ctrl-N also from the middle of several lines', () => {
    const editor = editorAfter('one');
    editor.insert('a\nb');
    expect(shown(press(editor, 'ctrl-p'))).toBe('one|');
    expect(shown(press(editor, 'ctrl-n'))).toBe('a\nb|');
  });

  it('moves inside a line of several lines before it goes on', () => {
    const editor = editorAfter('one', 'two\nthree');
    expect(shown(press(editor, 'up'))).toBe('two\nthree|');
    expect(shown(press(editor, 'up'))).toBe('two|\nthree');
    expect(shown(press(editor, 'up'))).toBe('one|');
  });

  it('keeps no line twice in a row, and no empty one', () => {
    const editor = editorAfter('one', 'two', 'two', '');
    expect(press(editor, 'up', 'up').text).toBe('one');
  });

  it('keeps 500 lines', () => {
    const editor = editorAfter(...Array.from({ length: 600 }, (_, index) => `line ${index}`));
    for (let step = 0; step < 700; step += 1) press(editor, 'up');
    expect(editor.text).toBe('line 100');
  });

  it('leaves the past when a line is sent or dropped', () => {
    const editor = editorAfter('one', 'two');
    press(editor, 'up', 'up');
    editor.clear();
    expect(press(editor, 'up').text).toBe('two');
    editor.insert('!');
    expect(editor.take()).toBe('two!');
    expect(press(editor, 'up').text).toBe('two!');
  });
});
