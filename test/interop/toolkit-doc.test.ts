/** Runs docs/TOOLKIT.md: every block of commands, in its order, in one folder, with openssl beside ours. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { Program } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';

const text = readFileSync(join(packageRoot(), 'docs/TOOLKIT.md'), 'utf8');
const blocks = text
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const title = section.slice(0, section.indexOf('\n'));
    return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = '']) => ({ title, commands }));
  });

describeWith('openssl', 'docs/TOOLKIT.md', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-toolkit-'));
    const program = join(packageRoot(), 'bin/run.js');
    writeFileSync(join(folder, 'qtchat'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
    chmodSync(join(folder, 'qtchat'), 0o755);
    writeFileSync(join(folder, 'secret.txt'), 'correct horse battery staple\n', { mode: 0o600 });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(blocks)(
    '$title',
    async ({ commands }) => {
      const secret = join(folder, 'secret.txt');
      const env = {
        QTCHAT_CA_PASSWORD_FILE: secret,
        QTCHAT_PFX_PASSWORD_FILE: secret,
        PATH: `${folder}:${process.env.PATH}`,
      };
      const shell = new Program(`set -e\n${commands}`, { home: join(folder, 'home'), cwd: folder, env });
      shell.endInput();
      const exitCode = await shell.ended();
      expect(`${shell.stderr}exit code ${exitCode}`).toMatch(/exit code 0$/);
    },
    60_000,
  );
});
