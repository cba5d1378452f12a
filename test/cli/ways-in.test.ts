/** Codes, approvals, and what the host sees of them, through the commands. */
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Input } from '../../src/cli/deps.js';
import { readPfx } from '../../src/pki/pfx.js';
import type { Home } from '../../src/store/home.js';
import { loadIdentity } from '../../src/store/identities.js';
import { makeCaHome } from '../helpers/enrollment.js';
import { FakeLan } from '../helpers/fake-lan.js';
import { fakeTerminal } from '../helpers/fake-terminal.js';
import { type CommandResult, type CommandWorld, runCommand } from '../helpers/run-command.js';
import { Serving } from '../helpers/serving.js';

let host: Home;
let guest: Home;
beforeEach(async () => {
  host = await makeCaHome();
  guest = { folder: await mkdtemp(join(tmpdir(), 'qtchat-guest-')) };
});
afterEach(async () => {
  for (const { folder } of [host, guest]) await rm(folder, { recursive: true, force: true });
});

const atHost = (...argv: string[]): Promise<CommandResult> => runCommand(argv, { home: host.folder });
const atGuest = (argv: string[], world: Partial<CommandWorld> = {}): Promise<CommandResult> =>
  runCommand(argv, { home: guest.folder, ...world });

async function serve(...flags: string[]): Promise<{ serving: Serving; server: string }> {
  const serving = new Serving(host, ...flags);
  const { port } = await serving.event('listening');
  return { serving, server: `127.0.0.1:${port}` };
}

describe('a code, by commands', () => {
  it('is printed alone, and lets the guest in who types it', async () => {
    const { serving, server } = await serve();
    const made = await atHost('autoca', 'invite', 'bob', '--code', '--ip', '192.168.1.101');
    expect(made.stdout).toMatch(/^\d{8}\n$/);
    expect(made.stderr).toContain(`qtchat enroll --code --server ${server}   (`);
    const { stdin, onScreen } = fakeTerminal({ when: 'Code', type: `${made.stdout.trim()}\r` });
    const joined = await atGuest(['enroll', '--code', '--server', server], { stdin, onStderr: onScreen });
    expect(joined).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^You are now bob of circle /) });
    expect((await loadIdentity(guest)).chain[0]?.subjectAltName).toContain('192.168.1.101');
    await serving.event('enrolled');
    const listed = (await atHost('autoca', 'invites', '--all', '--json')).json();
    expect(listed).toMatchObject({ invites: [{ kind: 'code', member: 'bob', state: 'done' }] });
    await serving.stop();
  });

  it('is read from standard input, and asked for with the address where neither was given', async () => {
    const { serving, server } = await serve();
    const code = async (name: string) => (await atHost('autoca', 'invite', name, '--code', '--json')).json().invite;
    const piped = await atGuest(['enroll', '-', '--code', '--server', server, '--local-key'], {
      stdin: `${await code('bob')}\n`,
    });
    expect(piped).toMatchObject({ exitCode: 0 });
    const { stdin, onScreen } = fakeTerminal(
      { when: 'Address', type: `${server}\r` },
      { when: 'Code', type: `${await code('carol')}\r` },
    );
    expect(await atGuest(['enroll', '--code'], { stdin, onStderr: onScreen })).toMatchObject({ exitCode: 0 });
    await serving.stop();
  });

  it('that is wrong three times serves no more, and the host can make the next one at once', async () => {
    const { serving, server } = await serve();
    const { invite } = (await atHost('autoca', 'invite', 'bob', '--code', '--json')).json();
    const slip = `${String(invite).slice(0, 7)}${(Number(String(invite)[7]) + 1) % 10}`;
    for (const typed of [slip, slip, slip, String(invite)]) {
      const refused = await atGuest(['enroll', '-', '--code', '--server', server], { stdin: typed });
      expect(refused).toMatchObject({ exitCode: 7, stdout: '' });
      expect(refused.stderr).toMatch(/the code is mistyped, spent or expired/);
    }
    expect((await atHost('autoca', 'invites', '--all', '--json')).json()).toMatchObject({
      invites: [{ state: 'spent' }],
    });
    expect(await atHost('autoca', 'invite', 'bob', '--code')).toMatchObject({ exitCode: 0 });
    expect(await readdir(guest.folder)).toEqual([]);
    await serving.stop();
  });

  it.each<[string, string[], RegExp]>([
    ['a code on the command line', ['12345678', '--code', '--server', '127.0.0.1'], /command line.*--code/],
    ['no terminal to ask for the code', ['--code', '--server', '127.0.0.1'], /no terminal.*Give - /],
    ['no terminal to ask for the host', ['-', '--code'], /no terminal.*--server/],
    ['a host that is none', ['-', '--code', '--server', 'a b'], /"a b"/],
    ['a code where an invite was expected', ['12 345 678'], /a code, not an invite.*--code/],
    ['half a code', ['-', '--code', '--server', '127.0.0.1'], /eight digits/],
    ['words beside a code', ['-', '--code', '--server', '127.0.0.1', '--words-file', '-'], /--words-file/],
  ])('is refused: %s', async (_title, argv, reason) => {
    const refused = await atGuest(['enroll', ...argv], { stdin: argv[0] === '-' ? '1234567\n' : '' });
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(reason);
  });

  it('serves for ten minutes at most', async () => {
    const refused = await atHost('autoca', 'invite', 'bob', '--code', '--expires', '11m');
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('10m at most') });
    const { expiresAt } = (await atHost('autoca', 'invite', 'bob', '--code', '--expires', '5m', '--json')).json();
    expect(Date.parse(String(expiresAt)) - Date.now()).toBeLessThanOrEqual(300_000);
  });
});

describe('an approval, by commands', () => {
  it('shows both the words, and lets the guest in when both have compared them', async () => {
    const { serving, server } = await serve();
    const { stdin, onScreen } = fakeTerminal({ when: 'same words', type: 'y' });
    const joining = atGuest(['enroll', '--server', server], { stdin, onStderr: onScreen });
    const { request, words } = await serving.event('requested');
    expect((await atHost('autoca', 'requests', '--json')).json()).toMatchObject({
      requests: [{ id: request, words, address: '127.0.0.1' }],
    });
    expect((await atHost('autoca', 'requests')).stdout).toContain(String(words));
    const wrong = await atHost('autoca', 'approve', String(request), '--name', 'bob', '--words', 'a b c d');
    expect(wrong).toMatchObject({ exitCode: 7, stdout: '' });
    const typed = ['--name', 'bob', '--words', ` ${String(words).toUpperCase()} `, '--ip', '192.168.1.101'];
    const approved = await atHost('autoca', 'approve', String(request).slice(0, 8), ...typed, '--days', '900');
    expect(approved).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^Cut to 825 days/) });
    const joined = await joining;
    expect(joined).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^You are now bob/) });
    expect(joined.stderr).toContain(`The host must see these words: ${words}`);
    expect((await loadIdentity(guest)).chain[0]?.subjectAltName).toContain('192.168.1.101');
    await serving.event('enrolled');
    expect((await atHost('autoca', 'members', '--json')).json()).toMatchObject({ members: [{ name: 'bob' }] });
    expect((await atHost('autoca', 'members')).stdout).toMatch(/^NAME .*\nbob /);
    await serving.stop();
  });

  it('shows no other sign while the guest is asked about the words, and none of them when it is in', async () => {
    const { serving, server } = await serve();
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin }) as PassThrough & Input;
    const joining = atGuest(['enroll', '--server', server], { stdin, busyAfterMs: 0 });
    const { request, words } = await serving.event('requested');
    await atHost('autoca', 'approve', String(request), '--name', 'bob', '--words', String(words));
    stdin.write('y');
    const { stderr } = await joining;
    const [, asked = ''] = stderr.split(`${words}\n`);
    expect(asked.split('Waiting until')[0]).not.toContain('Talking to the host');
    const signs = stderr.match(/(?<=[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] )(Talking|Waiting)/g) ?? [];
    const turns = signs.filter((sign, index) => sign !== signs[index - 1]);
    expect(turns).toEqual(['Talking', 'Waiting', 'Talking']);
    await serving.stop();
  });

  it('is what is left to a guest without invite and address, if the host is on the same network', async () => {
    const { serving, server } = await serve();
    const [address = '', port] = server.split(':');
    const { stdin, onScreen } = fakeTerminal(
      { when: 'Enter if you have none', type: '\r' },
      { when: `Enter for ${server}`, type: '\r' },
      { when: 'same words', type: 'y' },
    );
    const lan = new FakeLan();
    lan.add('qtchat-autoca', { address, port: Number(port) });
    const joining = atGuest(['enroll'], { stdin, onStderr: onScreen, lan });
    const { request, words } = await serving.event('requested');
    const typed = ['--name', 'bob', '--words', String(words)];
    expect(await atHost('autoca', 'approve', String(request), ...typed)).toMatchObject({ exitCode: 0 });
    expect(await joining).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^You are now bob/) });
    await serving.stop();
  });

  it('asks host and guest for what was not given', async () => {
    const { serving, server } = await serve();
    const stdin = new PassThrough();
    const joining = atGuest(['enroll', '--server', server, '--words-file', '-', '--json'], { stdin });
    const { request, words } = await serving.event('requested');
    const terminal = fakeTerminal({ when: 'Words', type: `${words}\r` }, { when: 'Name', type: 'bob\r' });
    const approved = await runCommand(['autoca', 'approve', String(request)], {
      home: host.folder,
      stdin: terminal.stdin,
      onStderr: terminal.onScreen,
    });
    expect(approved).toMatchObject({ exitCode: 0 });
    stdin.end(`${words}\n`);
    expect((await joining).json()).toMatchObject({ member: 'bob', speaks: true });
    await serving.stop();
  });

  it.each([
    ['sees other words', 'n'],
    ['does not answer', '\x03'],
  ])('ends and keeps nothing when the guest %s', async (_title, type) => {
    const { serving, server } = await serve();
    const { stdin, onScreen } = fakeTerminal({ when: 'same words', type });
    const ended = await atGuest(['enroll', '--server', server], { stdin, onStderr: onScreen });
    expect(ended).toMatchObject({ exitCode: type === 'n' ? 7 : 130, stdout: '' });
    await serving.event('gone');
    expect((await atHost('autoca', 'requests')).stderr).toBe('Nobody waits for approval\n');
    expect(await readdir(guest.folder)).toEqual([]);
    await serving.stop();
  });

  it('ends for the guest when the host denies it', async () => {
    const { serving, server } = await serve();
    const stdin = new PassThrough();
    const joining = atGuest(['enroll', '--server', server, '--words-file', '-'], { stdin });
    const { request, words } = await serving.event('requested');
    stdin.end(String(words));
    expect((await atHost('autoca', 'deny', String(request), '--json')).json()).toEqual({ id: request });
    const denied = await joining;
    expect(denied).toMatchObject({ exitCode: 7, stdout: '' });
    expect(denied.stderr).toContain('the host declined');
    await serving.stop();
  });

  it('is not begun where nobody could compare the words', async () => {
    const refused = await atGuest(['enroll', '--server', '127.0.0.1:9']);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/no terminal.*--words-file/) });
  });

  it.each<[string, string[], number, RegExp]>([
    ['nobody', ['approve', '00112233', '--name', 'bob', '--words', 'a b c d'], 3, /no request.*"00112233"/],
    ['a name that is none', ['approve', '0011', '--name', 'Bob!', '--words', 'a b c d'], 2, /"Bob!"/],
    ['without words', ['approve', '0011', '--name', 'bob'], 2, /--words/],
    ['without a name', ['approve', '0011', '--words', 'a b c d'], 2, /--name/],
    ['for a time that is none', ['approve', '0011', '--name', 'b', '--words', 'a', '--days', '0'], 2, /0 days/],
    ['by denying nobody', ['deny', '00112233'], 3, /no request/],
    ['by withdrawing nothing', ['invites', '--withdraw', '00112233'], 3, /no open invite/],
  ])('is refused: %s', async (_title, argv, exitCode, reason) => {
    const refused = await atHost('autoca', ...argv);
    expect(refused).toMatchObject({ exitCode, stdout: '' });
    expect(refused.stderr).toMatch(reason);
  });
});

describe('what the host sees', () => {
  it('are invites until they are withdrawn, and then only on request', async () => {
    const { id } = (await atHost('autoca', 'invite', 'bob', '--json')).json();
    expect((await atHost('autoca', 'invites')).stdout).toMatch(new RegExp(`^ID .*\n${id} +bob +line +open +\\d{4}`));
    const withdrawn = await atHost('autoca', 'invites', '--withdraw', String(id).slice(0, 8));
    expect(withdrawn).toMatchObject({ exitCode: 0, stdout: `Withdrew invite ${id}\n` });
    expect(await atHost('autoca', 'invites')).toMatchObject({ stdout: '', stderr: 'No invites\n' });
    const all = (await atHost('autoca', 'invites', '--all', '--json')).json();
    expect(all).toMatchObject({ invites: [{ id, state: 'withdrawn', serialNumber: null }] });
    expect(JSON.stringify(all)).not.toContain('psk');
    expect(await atHost('autoca', 'invite', 'bob')).toMatchObject({ exitCode: 0 });
  });

  it.each([['requests'], ['invites'], ['members']])(
    'of %s is an empty list where nothing was recorded, and no ledger is made for it',
    async (list) => {
      const empty = await atHost('autoca', list, '--json');
      expect(empty.json()).toEqual({ [list]: [] });
      expect(await readdir(host.folder)).toEqual(['ca']);
      const none = await runCommand(['autoca', list], { home: join(host.folder, 'none') });
      expect(none).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('qtchat ca init') });
    },
  );

  it('of a server that makes no keys is a guest with a key of its own', async () => {
    const { serving } = await serve('--require-local-key');
    const line = (await atHost('autoca', 'invite', 'bob')).stdout;
    await writeFile(join(guest.folder, 'invite.txt'), line);
    const joined = await atGuest(['enroll', '-', '--json'], { stdin: line });
    expect(joined.json()).toMatchObject({ member: 'bob', keyOrigin: 'local' });
    await serving.stop();
  });

  it('of a server that makes RSA keys gets one, in an identity and in a file', async () => {
    const { serving, server } = await serve('--key', 'rsa2048');
    const line = (await atHost('autoca', 'invite', 'bob')).stdout.trim();
    expect(await atGuest(['enroll', line, '--keep-server-key'])).toMatchObject({ exitCode: 0 });
    const bob = new X509Certificate(await readFile(join(guest.folder, 'identities/bob/cert.pem')));
    expect(bob.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 });
    const { link, password } = (await atHost('autoca', 'invite', 'carol', '--link', '--json')).json() as {
      link: string;
      password: string;
    };
    const answer = await fetch(link.replace(/^http:..[^/]+/, `http://${server}`), { method: 'POST' });
    const { key } = await readPfx(Buffer.from(await answer.arrayBuffer()), password);
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 });
    await serving.stop();
  });

  it('finds no server that makes keys of an unknown kind', async () => {
    const refused = await atHost('autoca', 'serve', '--key', 'dsa', '--port', '0');
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('rsa2048') });
  });

  it('goes to another address than the invite says with --server', async () => {
    const { serving, server } = await serve();
    const line = (await atHost('autoca', 'invite', 'bob')).stdout.trim();
    expect(await atGuest(['enroll', line, '--server', server])).toMatchObject({ exitCode: 0 });
    await serving.stop();
  });
});
