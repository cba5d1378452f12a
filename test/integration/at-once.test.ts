/** Several processes at work in one home at the same time: nothing is lost, nothing happens twice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readCrl } from '../../src/pki/read-crl.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { runProgram } from '../helpers/program.js';

let test: TestHome;

beforeEach(async () => {
  test = makeHome();
  await test.done(['ca', 'init', '--no-password']);
});

afterEach(() => test.remove());

/** Runs all of them at once; their exit codes in the same order. */
async function atOnce(...commands: string[][]): Promise<number[]> {
  const runs = await Promise.all(commands.map((argv) => runProgram(argv, { home: test.home })));
  return runs.map(({ exitCode }) => exitCode);
}

async function certificates(): Promise<{ member: string; serialNumber: string; state: string }[]> {
  const listed = await test.done(['cert', 'list']);
  return listed.certificates as { member: string; serialNumber: string; state: string }[];
}

describe('at once', () => {
  it('several revocation lists go to one file, and the newest stays there', async () => {
    const lists = Array.from({ length: 8 }, () => ['ca', 'crl']);
    expect(await atOnce(...lists)).toEqual(lists.map(() => 0));
    const left = readCrl(readFileSync(join(test.home, 'ca', 'crl.pem'))).number;
    const { number } = await test.done(['ca', 'crl']);
    expect(BigInt(Number(number)) > (left ?? 0n)).toBe(true);
  });

  it('only one of several gets a name', async () => {
    const issue = (folder: string): string[] => ['cert', 'issue', 'bob', '--out', test.at(folder)];
    const codes = await atOnce(issue('a'), issue('b'), issue('c'));
    expect(codes.sort()).toEqual([0, 4, 4]);
    expect((await certificates()).filter(({ state }) => state === 'valid')).toHaveLength(1);
  });

  it('issuing, renewing, revoking and listing leave every member with what was last done', async () => {
    for (const name of ['ann', 'bob', 'eve']) await test.done(['cert', 'issue', name, '--out', test.folder]);
    const codes = await atOnce(
      ['cert', 'renew', 'ann', '--out', test.at('new')],
      ['cert', 'revoke', 'eve'],
      ['ca', 'crl'],
      ['cert', 'issue', 'zoe', '--out', test.folder],
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    const all = await certificates();
    const valid = all.filter(({ state }) => state === 'valid').map(({ member }) => member);
    expect(valid.sort()).toEqual(['ann', 'bob', 'zoe']);
    expect(new Set(all.map(({ serialNumber }) => serialNumber)).size).toBe(5);
    expect(await test.done(['ca', 'crl'])).toMatchObject({ count: 2 });
    expect(await test.done(['autoca', 'audit', 'verify'])).toBeDefined();
  });
});
