/** Completion by Tab, on real folders. "|" is the cursor. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Completer, type CompletionSources } from '../../../../src/ui/terminal/input/completion.js';
import { Editor } from '../../../../src/ui/terminal/input/editor.js';
import { typedPath } from '../../../../src/ui/text/typed-path.js';

const members = ['alice', 'alina', 'bob'];
const sources: CompletionSources = {
  commands: [
    { name: 'send', argument: 'path' },
    { name: 'set', argument: 'setting' },
    { name: 'search', argument: 'text' },
    { name: 'help', argument: 'command' },
    { name: 'whois', argument: 'member' },
    { name: 'quit', argument: 'none' },
  ],
  words: (kind) =>
    kind === 'member'
      ? members
      : kind === 'setting'
        ? ['Sound on', 'Sound off', { text: '👍', label: 'thumb' }, { text: '👎', label: 'thumb' }]
        : [],
};

/** The line after each Tab (or "-", Shift-Tab), and what is offered last. */
async function tabs(
  line: string,
  steps = '+',
): Promise<{ lines: string[]; offered: string[]; chosen: number | undefined }> {
  const editor = new Editor();
  editor.insert(line.replace('|', ''));
  if (line.includes('|')) editor.moveTo(line.indexOf('|'));
  const completer = new Completer(sources);
  const lines: string[] = [];
  let [offered, chosen]: [string[], number | undefined] = [[], undefined];
  for (const step of steps) {
    const completion = await completer.tab(editor, step === '-' ? -1 : 1);
    offered = completion?.candidates.map(({ label }) => label) ?? ['left alone'];
    chosen = completion?.chosen;
    lines.push(`${editor.text.slice(0, editor.cursor)}|${editor.text.slice(editor.cursor)}`);
  }
  return { lines, offered, chosen };
}

describe('Tab', () => {
  it.each([
    ['/w', '/whois |'],
    ['/W', '/whois |'],
    ['/s', '/se|'],
    ['/se|x', '/se|x'],
    ['/q|rest', '/quit |rest'],
    ['/whois a', '/whois ali|'],
    ['/whois  B', '/whois  bob |'],
    ['/set s', '/set Sound o|'],
    ['/set sound of', '/set Sound off |'],
    ['/help wh', '/help whois |'],
    ['/help /wh', '/help /whois |'],
  ])('makes %j %j', async (line, after) => {
    expect((await tabs(line)).lines).toEqual([after]);
  });

  it.each(['', 'hello', '//w', '/nothing', '/whois x', '/nothing x', '/search x', '/quit x', '/home/x'])(
    'leaves %j alone',
    async (line) => {
      expect(await tabs(line, '++')).toEqual({ lines: [`${line}|`, `${line}|`], offered: [], chosen: undefined });
    },
  );

  it('goes through the candidates when it is pressed again', async () => {
    const { lines, offered, chosen } = await tabs('/s', '++++++');
    expect(lines).toEqual(['/se|', '/search|', '/send|', '/set|', '/search|', '/send|']);
    expect(offered).toEqual(['/search', '/send', '/set']);
    expect(chosen).toBe(1);
  });

  it('goes back with Shift', async () => {
    expect((await tabs('/whois al', '+---+')).lines).toEqual([
      '/whois ali|',
      '/whois alina|',
      '/whois alice|',
      '/whois alina|',
      '/whois alice|',
    ]);
  });

  it('begins anew once something else was typed', async () => {
    const editor = new Editor();
    const completer = new Completer(sources);
    editor.insert('/s');
    await completer.tab(editor);
    editor.insert('n');
    await completer.tab(editor);
    expect(editor.text).toBe('/send ');
  });

  it('completes words at once, whatever is typed behind it', () => {
    const editor = new Editor();
    editor.insert('/w');
    void new Completer(sources).tab(editor);
    editor.insert('bob');
    expect(editor.text).toBe('/whois bob');
  });

  it('never puts in half of a character', async () => {
    expect((await tabs('/set ', '+')).lines).toEqual(['/set |']);
    expect((await tabs('/set \ud83d', '+')).lines).toEqual(['/set |']);
  });
});

describe('the completion of paths', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-complete-'));
    for (const name of ['My Files', 'many', 'empty']) mkdirSync(join(folder, name));
    for (const name of [
      'My Files/a b.txt',
      "it's (1).txt",
      '.hidden',
      'one.txt',
      'one.png',
      '漢字.txt',
      'back\\slash',
    ]) {
      writeFileSync(join(folder, name), '');
    }
    // What cannot be shown as it is, and what is no file.
    writeFileSync(join(folder, 'evil\x1b[31m'), '');
    writeFileSync(join(folder, 'evil\u202etxt'), '');
    symlinkSync(join(folder, 'My Files'), join(folder, 'link'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'loose'));
    for (let index = 0; index < 250; index += 1) writeFileSync(join(folder, 'many', `file-${1000 + index}`), '');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const completed = async (typed: string, steps = '+'): Promise<string> => {
    const { lines } = await tabs(`/send ${folder}/${typed}`, steps);
    return (lines.at(-1) ?? '').replace(`/send ${folder}/`, '');
  };

  it.each([
    ['on', 'one.|'],
    ['one.p', 'one.png|'],
    ['My', 'My\\ Files/|'],
    ['My F', 'My\\ Files/|'],
    ['My\\ Files/', 'My\\ Files/a\\ b.txt|'],
    ['My Files/a', 'My\\ Files/a\\ b.txt|'],
    ['it', `it\\'s\\ (1).txt|`],
    ['漢', '漢字.txt|'],
    ['back', 'back\\\\slash|'],
    ['.h', '.hidden|'],
    ['lin', 'link/|'],
    ['loo', 'loose|'],
    ['..', '../|'],
    ['evil', 'evil|'],
    ['empty/', 'empty/|'],
    ['one.txt/', 'one.txt/|'],
    ['nowhere/x', 'nowhere/x|'],
    ['ON', 'ON|'],
  ])('makes %j %j', async (typed, expected) => {
    expect(await completed(typed)).toBe(expected);
  });

  it('offers all but what is hidden, sorted, folders with a slash', async () => {
    const { offered } = await tabs(`/send ${folder}/`);
    expect(offered).toEqual([
      'My Files/',
      'back\\slash',
      'empty/',
      "it's (1).txt",
      'link/',
      'loose',
      'many/',
      'one.png',
      'one.txt',
      '漢字.txt',
    ]);
  });

  it('puts in what is read back as the same path', async () => {
    const { lines } = await tabs(`/send ${folder}/it`);
    expect(typedPath((lines[0] ?? '').replace('/send ', '').replace('|', ''))).toBe(join(folder, "it's (1).txt"));
  });

  it('goes on inside of a folder that was the only one', async () => {
    expect(await completed('My', '++')).toBe('My\\ Files/a\\ b.txt|');
  });

  it('takes an open quote', async () => {
    for (const quote of [`'`, '"']) {
      const { lines } = await tabs(`/send ${quote}${folder}/My F`);
      expect(lines).toEqual([`/send ${folder}/My\\ Files/|`]);
    }
  });

  it('offers 200 of a long list, and puts in what all of it begins with', async () => {
    const { lines, offered } = await tabs(`/send ${folder}/many/f`);
    expect(offered).toHaveLength(200);
    expect(lines).toEqual([`/send ${folder}/many/file-1|`]);
  });

  it('leaves a line alone that has changed meanwhile', async () => {
    const editor = new Editor();
    editor.insert(`/send ${folder}/on`);
    const completing = new Completer(sources).tab(editor);
    editor.insert('x');
    expect(await completing).toBeUndefined();
    expect(editor.text).toBe(`/send ${folder}/onx`);
  });

  it('takes two Tabs at once for two', async () => {
    const editor = new Editor();
    editor.insert(`/send ${folder}/on`);
    const completer = new Completer(sources);
    await Promise.all([completer.tab(editor), completer.tab(editor), completer.tab(editor)]);
    expect(editor.text).toBe(`/send ${folder}/one.txt`);
  });

  it('takes paths from where one is, and from home', async () => {
    const here = relative(process.cwd(), folder);
    expect((await tabs(`/send ${here}/one.p`)).lines).toEqual([`/send ${here}/one.png|`]);
    expect((await tabs('/send ~')).lines).toEqual(['/send ~/|']);
    const home = relative(homedir(), folder);
    expect((await tabs(`/send ~/${home}/one.p`)).lines).toEqual([`/send ~/${home}/one.png|`]);
  });
});
