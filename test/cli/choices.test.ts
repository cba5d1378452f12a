/** What commands ask at a terminal: a name that was left out, and whether to do what cannot be taken back. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answer, fakeTerminal } from '../helpers/fake-terminal.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import type { CommandResult } from '../helpers/run-command.js';

let home: TestHome;

beforeEach(() => {
  home = makeHome();
});

afterEach(() => home.remove());

/** Runs a command at a terminal, whose user answers all of the questions and no others. */
async function answer(argv: readonly string[], ...answers: Answer[]): Promise<CommandResult> {
  const terminal = fakeTerminal(...answers);
  const result = await home.run(argv, { stdin: terminal.stdin, onStderr: terminal.onScreen });
  expect(terminal.remaining()).toBe(0);
  return result;
}

const members = async (state: string): Promise<unknown[]> => {
  const { certificates } = (await home.done(['cert', 'list'])) as { certificates: { member: string; state: string }[] };
  return certificates.filter((one) => one.state === state).map(({ member }) => member);
};

describe('a name that was left out', () => {
  beforeEach(async () => {
    await home.done(['ca', 'init', '--no-password']);
    for (const name of ['alice', 'ally']) await home.done(['cert', 'issue', name, '--me']);
    await home.done(['cert', 'issue', 'bob', '--out', home.at('bob')]);
  });

  it('is chosen by identity use among the identities of the home', async () => {
    const result = await answer(['identity', 'use'], { when: 'ally (as now)', type: '\r' });
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^You are now alice of circle /) });
  });

  it('is chosen by cert export, which writes the file of that one', async () => {
    const argv = [
      'cert',
      'export',
      '--pfx',
      '--pfx-password-file',
      home.file('secret', 'violin'),
      '--out',
      home.at('a.pfx'),
    ];
    const result = await answer(argv, { when: 'Whose key and certificate?', type: 'j\r' });
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("ally's key") });
  });

  it('is chosen by cert renew among those whom the CA knows, by the end of their certificates', async () => {
    const result = await answer(['cert', 'renew', '--out', home.at('new')], { when: 'alice, until 2', type: 'jj\r' });
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Renewed bob's certificate/) });
  });

  it('is chosen by cert revoke among those with a valid certificate, and then confirmed', async () => {
    await home.done(['cert', 'revoke', 'alice']);
    const result = await answer(
      ['cert', 'revoke'],
      { when: 'Whose certificate', type: 'j\r' },
      { when: 'of bob? It cannot be taken back', type: 'y' },
    );
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/ of bob\n$/) });
    expect(result.stderr).not.toContain('alice');
    expect(await members('valid')).toEqual(['ally']);
  });

  it('is not asked for where there is only one', async () => {
    for (const name of ['alice', 'ally']) await home.done(['cert', 'revoke', name]);
    const result = await answer(['cert', 'renew', '--out', home.at('new')]);
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Renewed bob's certificate/) });
  });

  it.each([
    ['identity use', []],
    ['cert renew', ['--out', 'new']],
    ['cert revoke', []],
    ['cert export', ['--pfx']],
  ])('ends %s with 130 when the choice is cancelled, and changes nothing', async (command, flags) => {
    const before = home.everything();
    const result = await answer([...command.split(' '), ...flags], { when: 'arrow keys', type: '\x03' });
    expect(result).toMatchObject({ exitCode: 130, stdout: '' });
    // The cursor, which the list hides, is there again.
    expect(result.stderr.lastIndexOf('\u001b[?25h')).toBeGreaterThan(result.stderr.lastIndexOf('\u001b[?25l'));
    expect(home.everything()).toEqual(before);
  });

  it.each([
    ['identity use', [], /missing: NAME .*identity use --help/],
    ['cert renew', [], /missing: NAME .*cert renew --help/],
    ['cert renew', ['--explain'], /missing: NAME/],
    ['cert revoke', [], /missing: SUBJECT .*cert revoke --help/],
    ['cert export', ['--pfx'], /missing: NAME .*cert export --help/],
  ])('is demanded by %s without a terminal', async (command, flags, message) => {
    await home.refused([...command.split(' '), ...flags], 2, message);
  });

  it('is demanded by cert export of files, even at a terminal', async () => {
    const argv = [
      'cert',
      'export',
      '--pfx',
      '--cert-file',
      home.at('bob', 'bob.pem'),
      '--key-file',
      home.at('bob', 'bob.key'),
    ];
    expect(await answer(argv)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('missing: NAME') });
  });
});

describe('where there is nothing to choose', () => {
  it.each([
    ['identity use', [], 3, /no identity in .* yet/],
    ['cert export', ['--pfx'], 3, /no identity in .* yet/],
    ['cert renew', [], 3, /no CA/],
    ['cert revoke', [], 3, /no CA/],
  ])('%s says so at a terminal', async (command, flags, exitCode, message) => {
    expect(await answer([...command.split(' '), ...flags])).toMatchObject({
      exitCode,
      stderr: expect.stringMatching(message),
    });
  });

  it('cert revoke says that nothing was issued', async () => {
    await home.done(['ca', 'init', '--no-password']);
    const result = await answer(['cert', 'revoke']);
    expect(result).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('no certificate that is meant') });
  });
});

describe('a home with identities that speaks as none of them', () => {
  beforeEach(async () => {
    await home.done(['ca', 'init', '--no-password']);
    for (const name of ['alice', 'ally']) await home.done(['cert', 'issue', name, '--me']);
    rmSync(join(home.home, 'home.json'));
  });

  it('is asked by chat as whom to speak, and does so from then on', async () => {
    const controller = new AbortController();
    const terminal = fakeTerminal({ when: 'As whom do you want to speak?', type: 'j\r' });
    const result = await home.run(['chat', '--listen', '127.0.0.1:0'], {
      stdin: terminal.stdin,
      signal: controller.signal,
      onStderr: (soFar) => {
        terminal.onScreen(soFar);
        if (soFar.includes('You are now ally')) controller.abort();
      },
    });
    expect(result.exitCode).not.toBe(3);
    const { identities } = (await home.done(['identity', 'list'])) as { identities: object[] };
    expect(identities).toMatchObject([{ speaks: false }, { member: 'ally', speaks: true }]);
  });

  it('is told without a terminal how to choose', async () => {
    const { exitCode, stderr } = await home.run(['chat', '--listen', '127.0.0.1:0']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('identity use alice') });
  });
});

describe('what cannot be taken back', () => {
  const question = { when: 'It cannot be taken back', type: 'n' };

  beforeEach(async () => {
    await home.done(['ca', 'init', '--no-password', '--intermediate']);
    await home.done(['cert', 'issue', 'bob', '--out', home.at('bob')]);
  });

  it.each([
    ['no', 'n'],
    ['Enter', '\r'],
    ['Ctrl-C', '\x03'],
  ])('is not done by cert revoke after %s', async (_answer, type) => {
    expect(await answer(['cert', 'revoke', 'bob'], { ...question, type })).toMatchObject({ exitCode: 130, stdout: '' });
    expect(await members('valid')).toEqual(['bob']);
  });

  it('is done by cert revoke without a question under --yes', async () => {
    expect(await answer(['cert', 'revoke', 'bob', '--yes'])).toMatchObject({ exitCode: 0 });
    expect(await members('revoked')).toEqual(['bob']);
  });

  it('is not asked about where it was done before', async () => {
    const { revoked } = (await home.done(['cert', 'revoke', 'bob'])) as { revoked: { serialNumber: string }[] };
    const result = await answer(['cert', 'revoke', String(revoked[0]?.serialNumber)]);
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Revoked already') });
  });

  it.each([
    ['after no', [], [question], 130],
    ['and is tried under --yes', ['--yes'], [], 6],
  ])('is not done by identity revoke before it was asked for, %s', async (_title, flags, answers, exitCode) => {
    await home.done(['cert', 'issue', 'alice', '--me']);
    const argv = ['identity', 'revoke', '--server', '127.0.0.1:1', ...flags];
    expect(await answer(argv, ...answers)).toMatchObject({ exitCode, stdout: '' });
  });

  it('is not done to a CA by ca crl --root --revoke after no', async () => {
    const before = home.everything();
    const argv = ['ca', 'crl', '--root', '--revoke', join(home.home, 'ca', 'intermediate.pem')];
    expect(await answer(argv, question)).toMatchObject({ exitCode: 130, stdout: '' });
    expect(home.everything()).toEqual(before);
  });
});
