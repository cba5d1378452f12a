/** Who may see the dashboard, by command. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeHome, type TestHome } from '../helpers/home.js';

describe('qtchat autoca admin', () => {
  let test: TestHome;

  beforeEach(async () => {
    test = makeHome();
    for (const argv of [
      ['ca', 'init', '--no-password'],
      ['cert', 'issue', 'alice', '--out', test.folder],
    ]) {
      expect(await test.run(argv)).toMatchObject({ exitCode: 0 });
    }
  });
  afterEach(() => test.remove());

  const admin = (...argv: string[]) => test.run(['autoca', 'admin', ...argv]);

  it('makes an admin, lists admins and unmakes one', async () => {
    expect(await admin()).toMatchObject({ exitCode: 0, stdout: '', stderr: 'No admins\n' });
    const [made] = (await admin('alice', '--json')).json().admins as { name: string; serialNumber: string }[];
    expect(made).toMatchObject({ name: 'alice', serialNumber: expect.stringMatching(/^[0-9A-F]+$/) });
    expect((await admin()).stdout).toMatch(/^NAME +SINCE +CERTIFICATE\nalice +\d{4}-\d\d-\d\d +[0-9A-F]+\n$/);
    expect((await admin('--withdraw', 'alice', '--json')).json()).toEqual({ admins: [] });
  });

  it.each([
    ['who is no member', ['eve'], 3, 'no member "eve" has a valid certificate'],
    ['who is no admin', ['--withdraw', 'alice'], 3, '"alice" is no admin'],
    ['without a name', ['--withdraw'], 2, '--withdraw needs a name'],
  ])('refuses one %s', async (_, argv, exitCode, message) => {
    expect(await admin(...argv)).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(message) });
  });
});
