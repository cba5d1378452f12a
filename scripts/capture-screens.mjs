// Captures the screens that the documents show from the program as it is, into docs/screens/: as pictures, and as text. What differs
// each time, such as the time, is replaced (scripts/screens/normal.mjs).
//
//   node scripts/capture-screens.mjs            writes them; the program must have been built
//   node scripts/capture-screens.mjs --check    only compares: exits with 1, and says how they differ, where they do
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Normalizer } from './screens/normal.mjs';
import { play } from './screens/scenario.mjs';
import { toSvg } from './screens/svg.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const screensFolder = join(root, 'docs', 'screens');
/** Nothing more is drawn for so long: then a screen is complete. */
const quietMs = 1_500;
const isCheck = process.argv.includes('--check');
const begun = performance.now();

const normalizer = new Normalizer();
let count = 0;
const folder = await mkdtemp(join(tmpdir(), 'qtchat-screens-'));
try {
  if (!isCheck) await mkdir(screensFolder, { recursive: true });
  await play(folder, isCheck ? check : keep);
  console.log(`${count} screens in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Writes a screen; `pattern` where it goes by so fast that it must be taken as soon as it is seen. */
async function keep(name, title, program, pattern) {
  const isThere = (screen) => (pattern?.test(textOf(screen)) ?? true) && screen;
  const passing = await program.until(isThere, name);
  if (pattern === undefined) await setTimeout(quietMs);
  const screen = normalizer.normalize(pattern === undefined ? program.screen : passing);
  count += 1;
  await writeFile(join(screensFolder, `${name}.svg`), toSvg(screen, title));
  await writeFile(join(screensFolder, `${name}.txt`), textOf(screen));
}

/** Waits until a screen is as it was when it was written. */
async function check(name, _title, program) {
  const expected = await readFile(join(screensFolder, `${name}.txt`), 'utf8');
  count += 1;
  try {
    await program.until((screen) => textOf(normalizer.normalize(screen)) === expected, name);
  } catch (error) {
    const found = textOf(normalizer.normalize(program.screen));
    throw new Error(found === expected ? error.message : difference(name, expected, found), { cause: error });
  }
}

function textOf({ rows }) {
  return rows.map(({ text }) => `${text.trimEnd()}\n`).join('');
}

function difference(name, expected, found) {
  const [before, after] = [expected, found].map((text) => text.split('\n'));
  const lines = before.flatMap((line, index) => (line === after[index] ? [] : [`- ${line}`, `+ ${after[index]}`]));
  return `the screen "${name}" is not as in docs/screens any more:\n${lines.join('\n')}`;
}
