/** `qtchat demo`: the first minute of a newcomer, with real processes. Needs the built program. */
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hasProgram } from '../helpers/has-program.js';
import { runProgram } from '../helpers/program.js';
import { runCommand } from '../helpers/run-command.js';

describe('qtchat demo', () => {
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'qtchat-demo-test-'));
  });

  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });

  it('enrols two members, lets them chat and exchange a picture, and leaves nothing in the own home', async () => {
    const result = await runCommand(['demo'], { home });
    expect(result.stderr).not.toMatch(/Error/);
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toMatch(/carol and bob are connected directly, each proving who they are: TLSv1\.3/);
    expect(result.stdout).toMatch(/bob has it, with the same SHA-256\n {2}[0-9a-f]{64}\n/);
    expect(await readdir(home)).toEqual([]);
  });

  it('says as JSON what happened', async () => {
    const result = await runCommand(['demo', '--json'], { home });
    expect(result.json()).toMatchObject({
      circleId: expect.stringMatching(/^[a-z2-7]{26}$/),
      members: ['bob', 'carol'],
      security: expect.stringContaining('TLSv1.3'),
      opensslVerified: hasProgram('openssl') ? true : null,
      pictureSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('exits 1 when openssl does not accept a certificate', async () => {
    const fake = join(home, 'openssl');
    await writeFile(fake, '#!/bin/sh\n[ "$1" = version ] || { echo refused >&2; exit 2; }\n');
    await chmod(fake, 0o755);
    const result = await runProgram(['demo'], { home, env: { PATH: `${home}:${process.env.PATH}` } });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/^Error: openssl does not accept the certificate of bob: refused\n$/);
  });

  it('exits 130 when cancelled, with its processes ended', async () => {
    const controller = new AbortController();
    const onStdout = (soFar: string): void => {
      if (soFar.includes('runs an Auto CA')) controller.abort();
    };
    const result = await runCommand(['demo'], { home, signal: controller.signal, onStdout });
    expect(result.exitCode).toBe(130);
    expect(result.stdout).not.toMatch(/connected directly/);
  });
});
