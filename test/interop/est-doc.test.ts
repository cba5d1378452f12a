/** Runs docs/EST.md: every block of commands, in its order, with curl and openssl as the device. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { TestNetwork } from '../helpers/network.js';
import { Program, runProgram } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';

const text = readFileSync(join(packageRoot(), 'docs/EST.md'), 'utf8');
const blocks = text
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const title = section.slice(0, section.indexOf('\n'));
    const found = [...section.matchAll(/^```sh\n(.*?)^```$/gms)];
    return found.map(([, commands = ''], index) => ({ title: `${title}, block ${index + 1}`, commands }));
  });

describeWith('ip', 'docs/EST.md', () => {
  describeWith('curl', 'as it stands there', () => {
    let folder: string;
    let network: TestNetwork;
    let server: Program;
    let world: { home: string; cwd: string; namespace: string; env: Record<string, string> };

    beforeAll(async () => {
      network = new TestNetwork();
      folder = mkdtempSync(join(tmpdir(), 'qtchat-est-'));
      const program = join(packageRoot(), 'bin/run.js');
      writeFileSync(join(folder, 'qtchat'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
      chmodSync(join(folder, 'qtchat'), 0o755);
      const secret = join(folder, 'secret.txt');
      writeFileSync(secret, 'correct horse battery staple\n', { mode: 0o600 });
      const env = { QTCHAT_CA_PASSWORD_FILE: secret, PATH: `${folder}:${process.env.PATH}` };
      world = { home: join(folder, 'home'), cwd: folder, namespace: network.single('192.168.1.100'), env };
      expect(await runProgram(['ca', 'init'], world)).toMatchObject({ exitCode: 0 });
      server = new Program(['autoca', 'serve', '--host', '192.168.1.100'], world);
      await server.waitFor(/for members 17593/);
    }, 60_000);

    afterAll(async () => {
      await server.stop();
      network.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    it.each(blocks)(
      '$title',
      async ({ commands }) => {
        const shell = new Program(`set -e\n${commands}`, world);
        shell.endInput();
        const exitCode = await shell.ended();
        expect(`${shell.stderr}exit code ${exitCode}`).toMatch(/exit code 0$/);
      },
      60_000,
    );

    it('leaves a host who knows what happened', async () => {
      await server.waitFor(/sensor (has joined|did not confirm)/);
      expect(server.stderr).toMatch(/sensor has joined/);
      expect(server.stderr).toMatch(/printer has joined/);
      expect(server.stderr).toMatch(/was renewed as/);
      expect(server.stderr).not.toMatch(/Refused|Failed/);
    });
  });
});
