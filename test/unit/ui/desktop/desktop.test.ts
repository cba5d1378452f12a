/** Programs of the desktop that are started, fail, or go on. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemDesktop } from '../../../../src/ui/desktop/desktop.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-desktop-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function install(program: string, mode = 0o755): Promise<string> {
  const path = join(folder, 'program');
  await writeFile(path, `#!${process.execPath}\nconst { writeFileSync } = require('node:fs');\n${program}\n`);
  await chmod(path, mode);
  return path;
}

describe('a program that is to show something', () => {
  const said = (): Promise<string> => readFile(join(folder, 'said'), 'utf8');
  const say = (text: string): string => `writeFileSync(__dirname + '/said', ${text});`;

  it('is given the path as one word, and no shell reads it', async () => {
    const program = await install(say('JSON.stringify(process.argv.slice(2))'));
    await systemDesktop.launch('/a b/$(touch x);*.m3u', program);
    expect(JSON.parse(await said())).toEqual(['/a b/$(touch x);*.m3u']);
  });

  it('is not waited for when it goes on', async () => {
    const program = await install(`${say('String(process.pid)')} setInterval(() => {}, 1000);`);
    await systemDesktop.launch('/film.m3u', program);
    const pid = await said().catch(() => undefined);
    // Where all is slow it may not have come so far; it then runs on into nothing.
    if (pid !== undefined) expect(process.kill(Number(pid), 'SIGKILL')).toBe(true);
  });

  it.each([
    ['is none', '', 0o644],
    ['fails at once', 'process.exitCode = 3;', 0o755],
  ])('is said to have failed when it %s', async (_, program, mode) => {
    await expect(systemDesktop.launch('/film.m3u', await install(program, mode))).rejects.toThrow(
      mode === 0o644 ? 'EACCES' : 'ended with 3',
    );
  });
});
