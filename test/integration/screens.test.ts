/** The screens in the documents are those of the program: captured again from the built one, on real terminals, and compared. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { describeWith } from '../helpers/require-program.js';

const root = packageRoot();

// Other systems have a `script` of another kind.
const describeHere = process.platform === 'linux' ? describeWith : () => {};

describeHere('script', 'the screens in the documents', () => {
  it('are what the program draws', () => {
    const script = join(root, 'scripts', 'capture-screens.mjs');
    const { stdout, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8', timeout: 110_000 });
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^\d+ screens in .* s\n$/), stderr: '' });
  }, 120_000);
});

it('every captured screen is shown, and every screen that is shown was captured', () => {
  const captured = readdirSync(join(root, 'docs', 'screens')).filter((name) => name.endsWith('.svg'));
  const shown = ['README.md', 'docs/USING.md'].flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(/screens\/([a-z]+\.svg)/g)].map(([, file]) => file),
  );
  expect([...new Set(shown)].sort()).toEqual(captured.sort());
});
