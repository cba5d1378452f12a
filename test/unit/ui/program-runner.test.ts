/** Programs run for what has arrived: in turn, ended in the end, and never more than a few waiting. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ExecEvent, ProgramRunner } from '../../../src/ui/exec/program-runner.js';

let folder: string;
let runner: ProgramRunner;
let events: ExecEvent[];
const env = { PATH: process.env.PATH };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-exec-'));
  events = [];
});

afterEach(async () => {
  await runner.close();
  await rm(folder, { recursive: true, force: true });
});

/** A runner of a Node program; `say(text)` in it adds to the file `said`. */
function running(program: string, graceMs?: number): ProgramRunner {
  const say = `const say = (text) => require('node:fs').appendFileSync(${JSON.stringify(join(folder, 'said'))}, text + '\\n');`;
  return new ProgramRunner({
    program: process.execPath,
    words: ['-e', `${say}${program}`],
    env,
    onEvent: (event) => {
      events.push(event);
      wake();
    },
    ...(graceMs !== undefined && { graceMs }),
  });
}

let wake = (): void => {};
async function told(count: number): Promise<ExecEvent[]> {
  while (events.length < count) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  return events;
}

const said = async (): Promise<string[]> => (await readFile(join(folder, 'said'), 'utf8').catch(() => '')).split('\n');

async function saidSoon(text: string): Promise<void> {
  while (!(await said()).includes(text)) await new Promise((resolve) => setImmediate(resolve));
}

async function arrive(name: string, content = name): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, content);
  const sizeBytes = Buffer.byteLength(content);
  runner.add({ member: 'alice', id: 'ab', name, path, sizeBytes, isFolder: false });
}

/** Whether the process is there; one that has ended and waits to be noticed by its parent counts as gone. */
async function lives(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

describe('a program for what arrives', () => {
  it('runs for one file after the other, in order', async () => {
    runner = running(`
      say('begin ' + process.env.QTCHAT_NAME);
      setTimeout(() => say('end ' + process.env.QTCHAT_NAME), 30);`);
    for (const name of ['a', 'b', 'c']) await arrive(name);
    await told(3);
    expect(await said()).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c', '']);
  });

  it('tells how each ended, and goes on', async () => {
    runner = running(`
      const { QTCHAT_NAME } = process.env;
      if (QTCHAT_NAME === 'killed') process.kill(process.pid, 'SIGKILL'); else process.exitCode = Number(QTCHAT_NAME);`);
    for (const name of ['3', 'killed', '0']) await arrive(name);
    expect(await told(3)).toMatchObject([
      { name: '3', exitCode: 3, signal: null },
      { name: 'killed', exitCode: null, signal: 'SIGKILL' },
      { name: '0', exitCode: 0, signal: null },
    ]);
  });

  it('is not run for a file that is gone', async () => {
    runner = running(`say('ran')`);
    runner.add({ member: 'alice', id: 'ab', name: 'x', path: join(folder, 'gone'), sizeBytes: 1, isFolder: false });
    expect(await told(1)).toMatchObject([{ exitCode: null, error: { code: 'ERR_EXEC_FAILED' } }]);
    expect(await said()).toEqual(['']);
  });

  it('is told of when the system cannot start it', async () => {
    await writeFile(join(folder, 'damaged'), '\0\0', { mode: 0o700 });
    runner = new ProgramRunner({
      program: join(folder, 'damaged'),
      words: [],
      env,
      onEvent: (event) => events.push(event),
    });
    await arrive('a');
    await arrive('b');
    await runner.close();
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({ exitCode: null, error: { code: 'ERR_EXEC_FAILED' } });
  });

  it('ends with us, and what it has started too, though neither listens', async () => {
    runner = running(
      `
      process.on('SIGTERM', () => say('asked'));
      const deaf = "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1000)";
      const other = require('node:child_process').spawn(process.execPath, ['-e', deaf]);
      other.stdout.once('data', () => say('pids ' + process.pid + ' ' + other.pid));
      if (other.pid) say('up');`,
      100,
    );
    await arrive('a');
    await arrive('b');
    await saidSoon('up');
    let pids: number[] = [];
    while (pids.length === 0) {
      const line = (await said()).find((one) => one.startsWith('pids ')) ?? '';
      pids = line.split(' ').slice(1).map(Number);
      if (pids.length === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await Promise.all(pids.map(lives))).toEqual([true, true]);
    await runner.close();
    expect(await said()).toContain('asked');
    while (await lives(pids[1] ?? 0)) await new Promise((resolve) => setImmediate(resolve));
    expect(await lives(pids[0] ?? 0)).toBe(false);
    expect(events).toMatchObject([
      { name: 'a', exitCode: null, signal: 'SIGKILL' },
      { name: 'b', exitCode: null, error: { message: 'the program of --exec was not run: listening ended' } },
    ]);
  });

  it('says when enough files wait', async () => {
    runner = running(`setInterval(() => {}, 1000)`);
    for (let count = 0; count < 255; count += 1) await arrive('a');
    expect(runner.isFull).toBe(false);
    await arrive('a');
    expect(runner.isFull).toBe(true);
    await runner.close();
    expect(events).toHaveLength(256);
    expect(runner.isFull).toBe(false);
  });
});
