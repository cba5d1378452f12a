import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeHome, type TestHome } from '../helpers/home.js';
import { runProgram } from '../helpers/program.js';

let home: TestHome;
beforeEach(async () => {
  home = makeHome();
  expect(await home.run(['ca', 'init', '--no-password'])).toMatchObject({ exitCode: 0 });
});
afterEach(() => home.remove());

const table = 'name,ip,dns\nann,192.168.1.1,\nbob,"192.168.1.2 fd00::2",bob.example.org;*.example.org\ncyd,,\n';

function issue(content: string, ...flags: string[]) {
  return home.run(['cert', 'issue', '--batch', home.file('names.csv', content), '--out', home.at('crew'), ...flags]);
}

describe('cert issue --batch', () => {
  it('makes a folder with the key and certificate of every member, and records them', async () => {
    const result = await issue(table, '--json');
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.json()).toMatchObject({ issued: [{ member: 'ann' }, { member: 'bob' }, { member: 'cyd' }] });
    expect(readdirSync(home.at('crew')).sort()).toEqual([
      'ann.key',
      'ann.pem',
      'bob.key',
      'bob.pem',
      'cyd.key',
      'cyd.pem',
    ]);
    const certificate = new X509Certificate(readFileSync(home.at('crew', 'bob.pem')));
    expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(home.at('crew', 'bob.key'))))).toBe(true);
    for (const name of [
      'IP Address:192.168.1.2',
      'IP Address:FD00:0:0:0:0:0:0:2',
      'DNS:bob.example.org',
      'DNS:*.example.org',
    ]) {
      expect(certificate.subjectAltName).toContain(name);
    }
    expect(statSync(home.at('crew', 'bob.key')).mode & 0o777).toBe(0o600);
    expect(await home.run(['cert', 'verify', home.at('crew', 'cyd.pem')])).toMatchObject({ exitCode: 0 });
    const list = await home.run(['cert', 'list', '--json']);
    expect(list.json()).toMatchObject({ certificates: [{}, {}, {}] });
  });

  it.each<[string, string, RegExp]>([
    ['nothing', '', /does not name the column "name"|names the column ""/],
    ['a header alone', 'name,ip\n', /no rows/],
    ['no column name', 'ip,dns\n1.2.3.4,\n', /does not name the column/],
    ['an unknown column', 'name,email\nbob,x\n', /column "email"/],
    ['a column twice', 'name,ip,ip\nbob,,\n', /twice/],
    ['too many fields', 'name\nbob,1.2.3.4\n', /line 2: .*2 fields/],
    ['an open quote', 'name,dns\nbob,"a.example\n', /line 2: .*quote/],
    ['a quote inside', 'name,dns\nbob,a"b\n', /line 2: .*quote/],
    ['a false name', 'name\nann\nBob!\n', /line 3: "Bob!"/],
    ['a false address', 'name,ip\nbob,10.0.0.0\\/8\n', /line 2: /],
    ['a false DNS name', 'name,dns\nbob,-.example\n', /line 2: /],
    ['a member twice', 'name\nbob\nann\nbob\n', /line 4: bob stands in line 2/],
  ])('refuses a table with %s, and makes nothing', async (_, content, reason) => {
    const { exitCode, stderr } = await issue(content);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(reason) });
    expect(existsSync(home.at('crew'))).toBe(false);
    expect(await home.run(['cert', 'list'])).toMatchObject({ stdout: '' });
  });

  it('makes nothing when one of the names is taken, unless told to replace', async () => {
    expect(await home.run(['cert', 'issue', 'bob', '--out', home.folder])).toMatchObject({ exitCode: 0 });
    expect(await issue(table)).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/bob is taken/) });
    expect(existsSync(home.at('crew'))).toBe(false);
    expect((await home.run(['cert', 'list', '--json'])).json()).toMatchObject({ certificates: [{}] });
    expect(await issue(table, '--replace')).toMatchObject({ exitCode: 0 });
  });

  it('leaves a folder that stands there alone, or keeps it as .bak', async () => {
    expect(await issue(table)).toMatchObject({ exitCode: 0 });
    expect(await issue('name\ndan\n')).toMatchObject({ exitCode: 4 });
    expect(await issue('name\ndan\n', '--force')).toMatchObject({ exitCode: 0 });
    expect(readdirSync(home.at('crew')).sort()).toEqual(['dan.key', 'dan.pem']);
    expect(readdirSync(home.at('crew.bak'))).toHaveLength(6);
  });

  it.each([
    [['eve']],
    [['--me']],
    [['--ip', '1.2.3.4']],
    [['--pfx']],
    [['--explain']],
    [['--days', '0']],
    [['--key', 'rsa1024']],
  ])('refuses %j beside a table', async (flags) => {
    expect(await issue(table, ...flags)).toMatchObject({ exitCode: 2 });
    expect(existsSync(home.at('crew'))).toBe(false);
  });

  it('counts on a terminal, and cleans up behind itself', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const content = home.file('names.csv', table);
    const { stderr } = await home.run(['cert', 'issue', '--batch', content, '--out', home.at('crew')], {
      stdin: terminal,
      busyAfterMs: 0,
    });
    expect(stderr).toMatch(/Making keys ━+─+ 1 of 3\r.*Issuing certificates ━+─* \d of 3\r/s);
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
  });

  it('issues many on all cores, every one with a key of its own', async () => {
    const count = 520;
    const rows = Array.from({ length: count }, (_, index) => `m${index},10.0.${index >> 8}.${index & 255}`);
    writeFileSync(home.at('many.csv'), `name,ip\r\n${rows.join('\r\n')}\r\n`);
    const argv = ['cert', 'issue', '--batch', 'many.csv', '--out', 'crew', '--json'];
    const result = await runProgram(argv, { home: home.home, cwd: home.folder });
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    const files = readdirSync(home.at('crew')).filter((name) => name.endsWith('.pem'));
    const keys = files.map((name) =>
      new X509Certificate(readFileSync(home.at('crew', name))).publicKey
        .export({ format: 'der', type: 'spki' })
        .toString('hex'),
    );
    expect(new Set(keys).size).toBe(count);
    expect((await home.run(['cert', 'list', '--json'])).json().certificates).toHaveLength(count);
    expect(
      await home.run(['doctor', home.at('crew', 'm519.pem'), '--key-file', home.at('crew', 'm519.key')]),
    ).toMatchObject({ exitCode: 0 });
  });

  it('makes nothing when a member has more names than a certificate may have', async () => {
    const names = Array.from({ length: 101 }, (_, index) => `n${index}.example.org`).join(' ');
    const result = await issue(`name,dns\nann,\nbob,${names}\n`);
    expect(result).toMatchObject({ exitCode: 7, stderr: expect.stringMatching(/more than 100 names/) });
    expect(existsSync(home.at('crew'))).toBe(false);
  });

  it('hands nothing out when the folder cannot be made, and revokes what may have been signed', async () => {
    const below = join(home.file('file', ''), 'crew');
    const content = home.file('names.csv', table);
    const { exitCode, stderr } = await home.run(['cert', 'issue', '--batch', content, '--out', below]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/cannot write/) });
    expect((await home.run(['cert', 'list', '--json'])).json()).toMatchObject({ certificates: [] });
    const crl = (await home.run(['ca', 'crl', '--out', home.at('c.crl'), '--json'])).json();
    expect(crl).toMatchObject({ count: 3 });
    expect(await issue(table)).toMatchObject({ exitCode: 0 });
  });

  it.each(['Making keys', 'Issuing certificates'])(
    'ends at the first signal while it is %s, and hands nothing out',
    async (what) => {
      const rows = Array.from({ length: 400 }, (_, index) => `m${index}`);
      const content = home.file('many.csv', ['name', ...rows].join('\n'));
      const controller = new AbortController();
      const world = {
        stdin: Object.assign(new PassThrough(), { isTTY: true }),
        busyAfterMs: 0,
        signal: controller.signal,
        onStderr: (soFar: string) => {
          if (soFar.includes(what)) controller.abort();
        },
      };
      const result = await home.run(['cert', 'issue', '--batch', content, '--out', home.at('crew')], world);
      expect(result).toMatchObject({ exitCode: 130, stdout: '' });
      expect(readdirSync(home.folder).sort()).toEqual(['home', 'many.csv']);
      expect((await home.run(['cert', 'list', '--json'])).json()).toMatchObject({ certificates: [] });
    },
  );
});
