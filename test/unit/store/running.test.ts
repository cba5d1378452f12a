import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { announceRunning, listRunning } from '../../../src/store/running.js';

describe('what runs in a home', () => {
  let home: { folder: string };

  beforeEach(async () => {
    home = { folder: await mkdtemp(join(tmpdir(), 'qtchat-running-')) };
  });

  afterEach(async () => {
    await rm(home.folder, { recursive: true, force: true });
  });

  it('is nothing in a home that never ran anything', async () => {
    expect(await listRunning(home)).toEqual([]);
  });

  it('names service, process and port from the announcement to its end', async () => {
    const running = { service: 'chat', pid: process.pid, port: 17590 } as const;
    const end = await announceRunning(home, running);
    expect(await listRunning(home)).toEqual([running]);
    expect((await stat(join(home.folder, 'run'))).mode & 0o777).toBe(0o700);
    await end();
    expect(await listRunning(home)).toEqual([]);
  });

  it.each([
    ['a process that has ended', JSON.stringify({ service: 'chat', pid: endedProcess(), port: 17590 })],
    ['an unknown service', JSON.stringify({ service: 'mail', pid: process.pid, port: 17590 })],
    ['a process id of another kind', JSON.stringify({ service: 'chat', pid: -1, port: 17590 })],
    ['no port', JSON.stringify({ service: 'chat', pid: process.pid })],
    ['half a file', '{"service":'],
  ])('passes over and clears away %s', async (_what, content) => {
    await mkdir(join(home.folder, 'run'));
    await writeFile(join(home.folder, 'run', 'chat-17.json'), content);
    expect(await listRunning(home)).toEqual([]);
    expect(await readdir(join(home.folder, 'run'))).toEqual([]);
  });

  it('leaves alone what another process is about to announce', async () => {
    const unfinished = join(home.folder, 'run', '.qtchat-a1b2c3');
    await mkdir(unfinished, { recursive: true });
    await writeFile(join(unfinished, 'chat-17.json'), '{"service":');
    expect(await listRunning(home)).toEqual([]);
    expect(await readdir(unfinished)).toEqual(['chat-17.json']);
  });
});

function endedProcess(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}
