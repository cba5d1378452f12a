/** Failures of issuing under `--json`: one documented object on stdout, nothing on stderr, and the exit code of its code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type ErrorCode, errorExitCodes } from '../../src/errors.js';
import { makeHome, type TestHome } from '../helpers/home.js';

let test: TestHome;

beforeAll(async () => {
  test = makeHome();
  const password = ['--ca-password-file', test.file('password', 'secret\n')];
  await test.done(['ca', 'init', ...password, '--permit-dns', 'example.org']);
  await test.done(['cert', 'issue', 'bob', '--out', test.at('out'), ...password]);
  await test.done(['cert', 'issue', 'gus', '--out', test.at('out'), ...password]);
  await test.done(['cert', 'revoke', 'gus']);
  await test.done(['cert', 'request', 'carol', '--dns', 'carol.example.net', '--out', test.at('out')]);
  await test.done(['cert', 'request', 'dave', '--out', test.at('out')]);
  test.file('wrong', 'wrong\n');
  test.file('junk', 'junk');
  mkdirSync(join(test.home, 'templates'));
  writeFileSync(join(test.home, 'templates', 'odd.json'), '{}');
});
afterAll(() => test.remove());

const right = '--ca-password-file password';

it.each<[string, ErrorCode]>([
  ['cert issue Bob!', 'ERR_PKI_NAME_INVALID'],
  ['cert issue ann --ip 10.0.0.0/8', 'ERR_PKI_SAN_INVALID'],
  ['cert issue ann --key dsa', 'ERR_PKI_KEY_TYPE'],
  ['cert issue ann --days 0', 'ERR_PKI_VALIDITY'],
  ['cert issue ann --days many', 'ERR_USAGE'],
  ['cert issue ann --nope', 'ERR_USAGE'],
  ['cert issue ann', 'ERR_PASSWORD_REQUIRED'],
  ['cert issue ann --ca-password-file wrong', 'ERR_PASSWORD_WRONG'],
  ['cert issue ann --ca-password-file missing', 'ERR_STORE_NOT_FOUND'],
  [`cert issue ann --out junk/deep ${right}`, 'ERR_STORE_UNWRITABLE'],
  [`cert issue bob --out elsewhere ${right}`, 'ERR_LEDGER_NAME_TAKEN'],
  [`cert issue bob --out out ${right}`, 'ERR_STORE_EXISTS'],
  [`cert issue ann --dns ann.example.net ${right}`, 'ERR_PKI_PLAN_REFUSED'],
  [`cert issue ann --profile odd ${right}`, 'ERR_PKI_TEMPLATE_INVALID'],
  [`cert issue ann --profile none ${right}`, 'ERR_STORE_NOT_FOUND'],
  [`cert issue ann --pfx ${right}`, 'ERR_PASSWORD_REQUIRED'],
  ['cert issue bob --out elsewhere --dry-run', 'ERR_LEDGER_NAME_TAKEN'],
  ['cert issue ann --explain --days 0', 'ERR_PKI_VALIDITY'],
  ['cert renew nobody', 'ERR_LEDGER_NOT_FOUND'],
  ['cert renew gus', 'ERR_LEDGER_NOT_FOUND'],
  ['cert renew bob --out out', 'ERR_STORE_EXISTS'],
  ['cert renew bob --out elsewhere', 'ERR_PASSWORD_REQUIRED'],
  ['cert renew bob --out elsewhere --ca-password-file wrong', 'ERR_PASSWORD_WRONG'],
  [`cert renew bob --out junk/deep ${right}`, 'ERR_STORE_UNWRITABLE'],
  ['cert renew', 'ERR_USAGE'],
  ['cert sign out/missing.csr', 'ERR_STORE_NOT_FOUND'],
  ['cert sign junk', 'ERR_PKI_CSR_REFUSED'],
  ['cert sign out/carol.csr', 'ERR_PKI_PLAN_REFUSED'],
  ['cert sign out/dave.csr bob --out elsewhere', 'ERR_LEDGER_NAME_TAKEN'],
  ['cert sign out/dave.csr bob --out out', 'ERR_STORE_EXISTS'],
  ['cert sign out/dave.csr --out elsewhere', 'ERR_PASSWORD_REQUIRED'],
  ['cert sign out/dave.csr --out elsewhere --ca-password-file wrong', 'ERR_PASSWORD_WRONG'],
  [`cert sign out/dave.csr --out junk/deep ${right}`, 'ERR_STORE_UNWRITABLE'],
  ['cert sign', 'ERR_USAGE'],
])('%s: %s', async (line, code) => {
  const words = line.split(' ');
  const paths = words.map((word, index) =>
    /^(password|wrong|missing|junk|elsewhere|out)(\/|$)/.test(word) && index > 1 ? test.at(...word.split('/')) : word,
  );
  const result = await test.run([...paths, '--json']);
  expect(result).toMatchObject({ exitCode: errorExitCodes[code], stderr: '' });
  const printed = result.json() as { error: { hint: unknown } };
  expect(printed).toEqual({ error: { code, message: expect.any(String), hint: printed.error.hint } });
  expect(printed.error.hint === null || typeof printed.error.hint === 'string').toBe(true);
});
