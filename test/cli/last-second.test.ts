/** A certificate is valid through its last second (RFC 5280 §4.1.2.5), and every command says the same of it. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeHome, type TestHome } from '../helpers/home.js';

let test: TestHome;
let lastSecond: number;
let end: number;

beforeAll(async () => {
  test = makeHome();
  const run = async (...argv: string[]): Promise<void> => {
    expect(await test.run(argv)).toMatchObject({ exitCode: 0 });
  };
  await run('ca', 'init', '--no-password', '--days', '30');
  await run('cert', 'issue', 'alice', '--me', '--out', test.folder);
  lastSecond = Date.parse(new X509Certificate(readFileSync(test.at('alice.pem'))).validTo);
  end = Date.parse(new X509Certificate(readFileSync(join(test.home, 'ca', 'root.pem'))).validTo);
});
afterAll(() => test.remove());

/** Whether each command takes the certificate, or its CA, for a valid one. */
async function verdicts(timeMs: number): Promise<Record<string, boolean>> {
  const clock = () => new Date(timeMs);
  const run = (...argv: string[]) => test.run([...argv, '--json'], { clock });
  const status = (await run('status')).json() as { identity: { expired: boolean } };
  const list = (await run('cert', 'list')).json() as { certificates: { state: string }[] };
  const shown = (await run('ca', 'show')).json() as { expired: boolean };
  const inspected = await test.run(['cert', 'inspect', test.at('alice.pem')], { clock });
  const taken = await run('cert', 'issue', 'alice', '--dry-run', '--out', test.at('elsewhere'));
  return {
    status: !status.identity.expired,
    'cert list': list.certificates[0]?.state === 'valid',
    'ca show': !shown.expired,
    'cert inspect': !inspected.stdout.includes('(expired)'),
    'cert verify': (await run('cert', 'verify', test.at('alice.pem'))).exitCode === 0,
    doctor: (await run('doctor', test.at('alice.pem'))).exitCode === 0,
    'cert list --expiring':
      ((await run('cert', 'list', '--expiring', '1d')).json().certificates as unknown[]).length === 1,
    'the name is taken': taken.exitCode === 4,
  };
}

it('judges alike in the last second, and right after it', async () => {
  expect(end).toBe(lastSecond);
  for (const [timeMs, valid] of [
    [lastSecond - 1000, true],
    [lastSecond, true],
    [lastSecond + 1000, false],
  ] as const) {
    const all = await verdicts(timeMs);
    expect(all).toEqual(Object.fromEntries(Object.keys(all).map((command) => [command, valid])));
  }
});
