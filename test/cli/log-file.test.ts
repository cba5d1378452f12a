/** The log of a server that does its work. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Home } from '../../src/store/home.js';
import { makeCaHome } from '../helpers/enrollment.js';
import { runCommand } from '../helpers/run-command.js';
import { Serving } from '../helpers/serving.js';

let home: Home;
let guest: Home;
let serving: Serving | undefined;
beforeEach(async () => {
  home = await makeCaHome();
  guest = { folder: await mkdtemp(join(tmpdir(), 'qtchat-guest-')) };
});
afterEach(async () => {
  await serving?.stop();
  for (const { folder } of [home, guest]) await rm(folder, { recursive: true, force: true });
});

it('names who came and who was refused, and holds no secret of theirs', async () => {
  const path = join(home.folder, 'autoca.log');
  serving = new Serving(home, '--log-file', path);
  await serving.event('listening');
  const { stdout: invite } = await runCommand(['autoca', 'invite', 'bob'], { home: home.folder });
  for (const exitCode of [0, 7]) {
    const into = join(guest.folder, String(exitCode));
    expect(await runCommand(['enroll', '-'], { home: into, stdin: invite })).toMatchObject({ exitCode });
  }
  await serving.event('refused');
  expect(await serving.stop()).toMatchObject({ exitCode: 0 });
  const log = await readFile(path, 'utf8');
  const events = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.at(0)).toMatchObject({ level: 'info', event: 'listening', metricsPort: null });
  expect(events).toContainEqual(expect.objectContaining({ level: 'info', event: 'enrolled', member: 'bob' }));
  expect(events).toContainEqual(expect.objectContaining({ level: 'warn', event: 'refused' }));
  expect(events.at(-1)).toMatchObject({ event: 'stopped' });
  const secret = Buffer.from(invite.trim().slice('qtchat1-'.length), 'base64url').subarray(8, 24);
  for (const form of ['hex', 'base64', 'base64url'] as const) expect(log).not.toContain(secret.toString(form));
  expect(log).not.toMatch(/qtchat1-|BEGIN|[\w+/-]{65}/);
});

it('is refused where it cannot be, before anything is served', async () => {
  const argv = ['autoca', 'serve', '--port', '0', '--log-file', join(home.folder, 'no/such')];
  const result = await runCommand(argv, { home: home.folder });
  expect(result).toMatchObject({
    exitCode: expect.any(Number),
    stdout: '',
    stderr: expect.stringContaining('no/such'),
  });
  expect(result.exitCode).not.toBe(0);
});
