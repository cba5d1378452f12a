/** `qtchat identity`: who I am in this home. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../helpers/run-command.js';

describe('qtchat identity', () => {
  let home: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'qtchat-identity-'));
    await runCommand(['ca', 'init', '--no-password'], { home });
    for (const name of ['alice', 'ally']) {
      expect(await runCommand(['cert', 'issue', name, '--me'], { home })).toMatchObject({ exitCode: 0 });
    }
  });

  afterAll(async () => {
    await rm(home, { recursive: true, force: true });
  });

  it('lists all, and marks the one as whom the home speaks', async () => {
    const { stdout } = await runCommand(['identity', 'list'], { home });
    expect(stdout).toMatch(/^ {2}alice of circle [a-z2-7]{26}, until \d{4}-\d\d-\d\d\n\* ally of circle /);
  });

  it('lets the home speak as another', async () => {
    const used = await runCommand(['identity', 'use', 'alice'], { home });
    expect(used).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^You are now alice of circle /) });
    const { identities } = (await runCommand(['identity', 'list', '--json'], { home })).json() as {
      identities: { member: string; speaks: boolean }[];
    };
    expect(identities.filter(({ speaks }) => speaks).map(({ member }) => member)).toEqual(['alice']);
  });

  it.each([
    ['nobody here', 'carol', 3],
    ['a path', '../alice', 2],
    ['nothing', '', 2],
  ])('refuses to speak as %s', async (_what, name, exitCode) => {
    const refused = await runCommand(['identity', 'use', name], { home });
    expect(refused).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(/^Error: .+\n$/) });
    expect((await runCommand(['identity', 'list'], { home })).stdout).toMatch(/\* alice/);
  });

  it('says where to begin when there is none', async () => {
    const empty = join(home, 'empty');
    const { stderr, stdout, exitCode } = await runCommand(['identity', 'list'], { home: empty });
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
    expect(stderr).toMatch(/Next: qtchat enroll/);
  });
});
