/** docs/USING.md names every key, command and setting of the chat, and none that there is not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/package-root.js';
import { settingTable } from '../../../src/ui/commands/settings.js';
import { chatCommands } from '../../../src/ui/commands/table.js';

const root = packageRoot();
const text = readFileSync(join(root, 'docs/USING.md'), 'utf8');

/** The first cells of the table under a heading. */
function firstCells(heading: string): string[] {
  const section = text.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? '';
  const rows = [...section.matchAll(/^\| (.+?) \|/gm)].map(([, cell = '']) => cell);
  return rows.slice(1);
}

/** The names under which the code has keys. */
function keysIn(path: string, pattern: RegExp): string[] {
  const source = readFileSync(join(root, path), 'utf8');
  return [...source.matchAll(pattern)].map(([, name = '']) => name);
}

it('names every command as the help does', () => {
  const commands = chatCommands.map(({ name, usage }) => `\`/${name} ${usage}`.trimEnd().concat('`'));
  expect(firstCells('Commands').sort()).toEqual(commands.sort());
});

it('names every setting', () => {
  expect(firstCells('Settings').sort()).toEqual(
    Object.keys(settingTable)
      .map((name) => `\`${name}\``)
      .sort(),
  );
});

it('names every key', () => {
  const ofScreen = keysIn(
    'src/ui/terminal/keyboard.ts',
    /(?:case|name ===) '((?:ctrl-|alt-)?(?:[a-z]|f\d+|[a-z]{3,}))'/g,
  );
  const ofLine = keysIn('src/ui/terminal/input/edit-keys.ts', /^ {2}\['(.+)', \(editor\)/gm);
  // What a terminal says beside keys.
  const others = ['key', 'paste', 'focus', 'reply'];
  const named = firstCells('Keys')
    .flatMap((cell) => cell.split(', '))
    .map((name) => name.toLowerCase().replace('esc', 'escape'));
  const known = [...ofScreen, ...ofLine, 'alt-1 to alt-9'].filter((name) => !others.includes(name));
  expect([...new Set(named)].sort()).toEqual([...new Set(known)].sort());
});
