/** The file behind a link, fetched by curl, opens in the programs of others; so does the one for old programs. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rootPath } from '../../src/store/home.js';
import { TestHost } from '../helpers/enrollment.js';
import { type PfxFile, pfxPrograms } from '../helpers/pfx-programs.js';
import { describeWith } from '../helpers/require-program.js';
import { runCommand } from '../helpers/run-command.js';

const execute = promisify(execFile);
// Today's certtool and Node refuse what is made for old programs.
const forOldPrograms = ['openssl', 'pk12util', 'keytool'];

describeWith('curl', 'the file behind a link', () => {
  let host: TestHost;
  let folder: string;
  const files = new Map<string, PfxFile>();

  beforeAll(async () => {
    host = await TestHost.start();
    folder = await mkdtemp(join(tmpdir(), 'qtchat-link-'));
    await fetchFile('bob');
    await fetchFile('carol', '--legacy');
  }, 60_000);

  afterAll(async () => {
    await host.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function fetchFile(name: string, ...flags: string[]): Promise<void> {
    const argv = ['autoca', 'invite', name, '--link', '--ip', '127.0.0.1', '--json', ...flags];
    const { link, password } = (await runCommand(argv, { home: host.home.folder })).json();
    // What --remote-header-name makes of the answer is the name a browser would choose.
    const fetching = ['--silent', '--fail', '--request', 'POST', '--remote-name', '--remote-header-name', String(link)];
    await execute('curl', fetching, { cwd: folder });
    const passwordFile = join(folder, `${name}.txt`);
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const path = join(folder, `${name}.pfx`);
    files.set(name, { path, password: String(password), passwordFile, name, root: rootPath(host.home), folder });
  }

  function fileOf(name: string): PfxFile {
    const file = files.get(name);
    if (file === undefined) throw new Error(`${name} has no file`);
    return file;
  }

  describe.each(pfxPrograms)('$title', (program) => {
    describeWith(program.command, 'reads it', () => {
      it('as it is', () => program.read(fileOf('bob')), 20_000);
      if (!forOldPrograms.includes(program.command)) return;
      it('as made for old programs', () => program.read(fileOf('carol')), 20_000);
    });
  });

  describeWith('openssl', 'openssl', () => {
    it('finds it well encrypted, or as old programs need it', async () => {
      const describeFile = async (name: string): Promise<string> => {
        const { path, passwordFile } = fileOf(name);
        const argv = ['pkcs12', '-in', path, '-passin', `file:${passwordFile}`, '-noout', '-info'];
        return (await execute('openssl', argv)).stderr;
      };
      const today = await describeFile('bob');
      expect(today.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 250000, PRF hmacWithSHA256/g)).toHaveLength(2);
      expect(today).toContain('MAC: sha256, Iteration 250000');
      expect((await describeFile('carol')).match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 250000/g)).toHaveLength(
        2,
      );
    });

    it('trusts its certificate under the root, for the names of the invite', async () => {
      const { path, passwordFile, root } = fileOf('bob');
      const { stdout } = await execute('openssl', [
        'pkcs12',
        '-in',
        path,
        '-passin',
        `file:${passwordFile}`,
        '-nokeys',
      ]);
      const certificate = join(folder, 'bob.pem');
      await writeFile(certificate, stdout);
      const argv = ['verify', '-x509_strict', '-verify_ip', '127.0.0.1', '-CAfile', root, certificate];
      expect((await execute('openssl', argv)).stdout).toContain(': OK');
      expect((await readFile(certificate, 'utf8')).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    });
  });
});
