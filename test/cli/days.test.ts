/** How long a certificate is to last: what is too long is cut and said so, what nobody can mean is refused. */
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { makeHome, type TestHome } from '../helpers/home.js';

let test: TestHome;

beforeEach(async () => {
  test = makeHome();
  expect(await test.run(['ca', 'init', '--no-password'])).toMatchObject({ exitCode: 0 });
  expect(await test.run(['cert', 'issue', 'bob', '--out', test.folder])).toMatchObject({ exitCode: 0 });
  expect(await test.run(['cert', 'request', 'carol', '--out', test.folder])).toMatchObject({ exitCode: 0 });
});
afterEach(() => test.remove());

const commands = (): Record<string, string[]> => ({
  'cert issue': ['cert', 'issue', 'dave', '--out', test.at('out')],
  'cert issue --dry-run': ['cert', 'issue', 'dave', '--dry-run'],
  'cert sign': ['cert', 'sign', test.at('carol.csr'), '--out', test.at('out')],
  'cert sign --dry-run': ['cert', 'sign', test.at('carol.csr'), '--dry-run'],
  'cert renew': ['cert', 'renew', 'bob', '--out', test.at('out')],
});

it.each(
  Object.keys({
    'cert issue': 0,
    'cert issue --dry-run': 0,
    'cert sign': 0,
    'cert sign --dry-run': 0,
    'cert renew': 0,
  }),
)('%s cuts 36,500 days and says so, for people and for programs', async (name) => {
  const argv = [...(commands()[name] ?? []), '--days', '36500'];
  const result = await test.run(argv);
  expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/Note: 825 days is the longest/) });
  const again = await test.run([
    ...argv,
    '--force',
    '--json',
    ...(name.endsWith('run') || name === 'cert renew' ? [] : ['--replace']),
  ]);
  expect(again).toMatchObject({ exitCode: 0, stderr: '' });
  expect(again.json()).toMatchObject({ validityCut: expect.stringMatching(/825 days/) });
});

it.each(
  ['cert issue', 'cert issue --dry-run', 'cert sign', 'cert sign --dry-run', 'cert renew'].flatMap((name) =>
    ['0', '-5', '36501', '99999999999', '9007199254740993'].map((days) => [name, days] as const),
  ),
)('%s refuses %s days, and says what is possible', async (name, days) => {
  const before = test.everything();
  const result = await test.run([...(commands()[name] ?? []), `--days=${days}`]);
  expect(result).toMatchObject({ exitCode: 2, stdout: '' });
  expect(result.stderr).toMatch(
    /^Error: a validity of -?\d+ days is not possible: expected a whole number from 1 to 825\. .+\n$/,
  );
  expect(test.everything()).toEqual(before);
  expect(existsSync(test.at('out'))).toBe(false);
});
