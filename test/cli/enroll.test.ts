/** The whole way through the commands: ca init would do the first step, the rest is as users type it. */

import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseInvite } from '../../src/enroll/invite.js';
import { issueMemberCertificate } from '../../src/ledger/issue-member-certificate.js';
import { openLedger } from '../../src/ledger/open.js';
import { createSigner } from '../../src/ledger/signer.js';
import { circleIdOf } from '../../src/pki/circle.js';
import { generateKey } from '../../src/pki/key-type.js';
import { openIssuer } from '../../src/store/ca.js';
import { listContacts } from '../../src/store/contacts.js';
import { currentMember, type Home, speakAs } from '../../src/store/home.js';
import { type Identity, listIdentities, loadIdentity, saveIdentity } from '../../src/store/identities.js';
import { loadProfile } from '../../src/store/profiles.js';
import { makeCaHome, realDeps } from '../helpers/enrollment.js';
import { fakeTerminal } from '../helpers/fake-terminal.js';
import { runCommand } from '../helpers/run-command.js';
import { Serving } from '../helpers/serving.js';

/** Makes the home speak as `member` of its own circle, as `cert issue` does. */
async function giveIdentity(home: Home, member: string): Promise<void> {
  const issuer = await openIssuer(home, undefined);
  const ledger = await openLedger(home);
  const privateKey = await generateKey('p256');
  const request = { member, names: [], publicKey: createPublicKey(privateKey), validityDays: 30, by: 'test' };
  const signer = createSigner(issuer, { ledger, home }, realDeps);
  const issued = await issueMemberCertificate(ledger, signer, await loadProfile(), request, realDeps);
  await ledger.destroy();
  const [root] = issuer.chain;
  if (root === undefined) throw new Error('no root');
  const identity: Identity = {
    member,
    circleId: circleIdOf(root),
    privateKey,
    chain: [issued.certificate],
    trustAnchor: root,
    keyOrigin: 'local',
  };
  await saveIdentity(home, identity, { replace: false });
  await speakAs(home, member);
}

describe('joining a circle by commands', () => {
  let host: Home;
  let guest: Home;
  beforeEach(async () => {
    host = await makeCaHome();
    guest = { folder: await mkdtemp(join(tmpdir(), 'qtchat-guest-')) };
  });
  afterEach(async () => {
    for (const { folder } of [host, guest]) await rm(folder, { recursive: true, force: true });
  });

  const inviteFor = async (name: string, ...flags: string[]): Promise<string> => {
    const result = await runCommand(['autoca', 'invite', name, ...flags], { home: host.folder });
    expect(result).toMatchObject({ exitCode: 0 });
    return result.stdout.trim();
  };

  it('goes from invite to identity, first contact and next command', async () => {
    await giveIdentity(host, 'alice');
    const serving = new Serving(host);
    const { port, addresses } = await serving.event('listening');
    const line = await inviteFor('bob', '--ip', '192.168.1.101');
    expect(parseInvite(line)).toMatchObject({ port, addresses });

    const enrolled = await runCommand(['enroll', line], { home: guest.folder });
    expect(enrolled).toMatchObject({ exitCode: 0 });
    expect(enrolled.stdout).toMatch(/You are now bob of circle [a-z2-7]{26}, until \d{4}-\d\d-\d\d\n/);
    expect(enrolled.stderr).toMatch(/Next: qtchat chat --peer alice\n$/);

    const identity = await loadIdentity(guest);
    expect(identity).toMatchObject({ member: 'bob', keyOrigin: 'local' });
    expect((await serving.event('renewed')).serialNumber).toBe(identity.chain[0]?.serialNumber);
    expect(identity.chain[0]?.subjectAltName).toContain('192.168.1.101');
    expect(await currentMember(guest)).toBe('bob');
    const contacts = await listContacts(guest, realDeps);
    expect(contacts).toEqual([
      { member: 'alice', circleId: identity.circleId, addresses: [{ host: '127.0.0.1', port: 17_590 }] },
    ]);

    await serving.event('enrolled');
    const again = await runCommand(['enroll', line, '--json'], { home: `${guest.folder}/other` });
    expect(again.exitCode).toBe(7);
    expect(again.json()).toMatchObject({ error: { code: 'ERR_ENROLL_REFUSED', hint: 'Ask the host for a new one' } });
    expect(await serving.event('refused')).toMatchObject({ reason: expect.stringMatching(/: spent$/) });
    const ended = await serving.stop();
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toContain('"event":"stopped"');
    await expect(readdir(`${guest.folder}/other`)).rejects.toThrow('ENOENT');
  });

  it('is offered by the chat to who has no identity yet, and goes on as the one who joined', async () => {
    const serving = new Serving(host);
    await serving.event('listening');
    const terminal = fakeTerminal(
      { when: 'Join the circle of 127.0.0.1 now?', type: 'y' },
      { when: 'Paste the invite', type: `${await inviteFor('bob')}\r` },
    );
    const controller = new AbortController();
    const result = await runCommand(['chat', '--peer', '127.0.0.1:17590', '--listen', '127.0.0.1:0'], {
      home: guest.folder,
      stdin: terminal.stdin,
      signal: controller.signal,
      onStderr: (soFar) => {
        terminal.onScreen(soFar);
        if (soFar.includes('listening on port')) controller.abort();
      },
    });
    expect(result.stderr).toMatch(/You are now bob of circle /);
    expect(await loadIdentity(guest)).toMatchObject({ member: 'bob', keyOrigin: 'local' });
    await serving.stop();
  });

  it('is not forced upon who wants none, nor offered where nobody can answer', async () => {
    const terminal = fakeTerminal({ when: 'Join the circle of gus now?', type: 'n' });
    const declined = await runCommand(['chat', '--peer', 'gus'], {
      home: guest.folder,
      stdin: terminal.stdin,
      onStderr: terminal.onScreen,
    });
    expect([declined.exitCode, terminal.remaining()]).toEqual([3, 0]);
    const unasked = await runCommand(['chat', '--peer', 'gus'], { home: guest.folder, stdin: '' });
    expect(unasked).toMatchObject({ exitCode: 3, stderr: expect.not.stringContaining('Join the circle') });
    expect(await listIdentities(guest)).toEqual([]);
  });

  it('keeps the key at the guest under --local-key, and reads the invite from standard input', async () => {
    const serving = new Serving(host);
    await serving.event('listening');
    const line = await inviteFor('bob');
    const result = await runCommand(['enroll', '-', '--local-key', '--json'], {
      home: guest.folder,
      stdin: `${line}\n`,
    });
    expect(result.json()).toMatchObject({ member: 'bob', keyOrigin: 'local', speaks: true, host: null });
    await serving.stop();
  });

  it('keeps the key of the host under --keep-server-key, and says that the host has seen it', async () => {
    const serving = new Serving(host);
    await serving.event('listening');
    const result = await runCommand(['enroll', await inviteFor('bob'), '--keep-server-key'], { home: guest.folder });
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('has seen it') });
    expect(await loadIdentity(guest)).toMatchObject({ keyOrigin: 'server', keepsServerKey: true });
    await serving.stop();
  });

  it('keeps an identity of the same name unless forced, and then the invite still serves', async () => {
    const serving = new Serving(host);
    await serving.event('listening');
    await runCommand(['enroll', await inviteFor('bob')], { home: guest.folder });
    const before = await loadIdentity(guest);
    const line = await inviteFor('bob', '--replace');
    const refused = await runCommand(['enroll', line], { home: guest.folder });
    expect(refused).toMatchObject({ exitCode: 4, stdout: '' });
    expect((await loadIdentity(guest)).chain[0]?.serialNumber).toBe(before.chain[0]?.serialNumber);
    expect(await runCommand(['enroll', line, '--force'], { home: guest.folder })).toMatchObject({ exitCode: 0 });
    expect((await loadIdentity(guest)).chain[0]?.serialNumber).not.toBe(before.chain[0]?.serialNumber);
    await serving.stop();
  });

  it('does not change as whom a home speaks', async () => {
    const serving = new Serving(host);
    await serving.event('listening');
    await runCommand(['enroll', await inviteFor('bob')], { home: guest.folder });
    const second = await runCommand(['enroll', await inviteFor('carol')], { home: guest.folder });
    expect(second.stdout).toMatch(/^Kept carol of circle /);
    expect(second.stderr).toMatch(/To change that: qtchat identity use \w+\n$/);
    expect(await currentMember(guest)).toBe('bob');
    expect(await listIdentities(guest)).toEqual(['bob', 'carol']);
    await serving.stop();
  });

  it.each<[string, (line: string) => string[], number, RegExp]>([
    ['a mistyped invite', (line) => [line.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))], 2, /checksum|mistyped/],
    ['half an invite', (line) => [line.slice(0, 50)], 2, /mistyped or cut/],
    ['something else', () => ['hello'], 2, /no invite/],
    ['an invite whose host is away', (line) => [line], 6, /no Auto CA answers at "127\.0\.0\.1"/],
    ['no invite and no terminal', () => [], 2, /no terminal/],
  ])('refuses %s in one line and leaves nothing behind', async (_title, argv, exitCode, reason) => {
    const serving = new Serving(host);
    await serving.event('listening');
    const line = await inviteFor('bob');
    await serving.stop();
    const result = await runCommand(['enroll', ...argv(line)], { home: guest.folder });
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toMatch(reason);
    expect(result.stderr.trimEnd()).not.toContain('\n');
    expect(await readdir(guest.folder)).toEqual([]);
  });

  it('leaves no identity behind where it cannot write', async () => {
    const serving = new Serving(host);
    await serving.event('listening');
    const line = await inviteFor('bob');
    // A file where a folder is needed: stops the superuser too.
    await writeFile(join(guest.folder, 'identities'), '');
    const result = await runCommand(['enroll', line], { home: guest.folder });
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    await rm(join(guest.folder, 'identities'));
    expect(await currentMember(guest)).toBeUndefined();
    expect(await runCommand(['enroll', line], { home: guest.folder })).toMatchObject({ exitCode: 0 });
    await serving.stop();
  });
});

describe('autoca invite', () => {
  let host: Home;
  beforeEach(async () => {
    host = await makeCaHome();
  });
  afterEach(() => rm(host.folder, { recursive: true, force: true }));

  it('prints the line alone on stdout, and one object under --json', async () => {
    const plain = await runCommand(['autoca', 'invite', 'bob'], { home: host.folder });
    expect(plain.stdout).toMatch(/^qtchat1-[A-Za-z0-9_-]+\n$/);
    expect(plain.stderr).toContain('qtchat autoca serve');
    const json = (await runCommand(['autoca', 'invite', 'carol', '--json'], { home: host.folder })).json();
    expect(parseInvite(String(json.invite))).toMatchObject({ id: json.id, port: 17_592 });
  });

  it('never writes the secret into the home', async () => {
    const { stdout } = await runCommand(['autoca', 'invite', 'bob'], { home: host.folder });
    const { secret } = parseInvite(stdout);
    // The companions first: when they go, what they held is in ledger.db.
    for (const name of ['ledger.db-wal', 'ledger.db-shm', 'ledger.db']) {
      const content = await readFile(join(host.folder, name)).catch(() => Buffer.alloc(0));
      if (name === 'ledger.db') expect(content.length).toBeGreaterThan(0);
      expect(content.includes(secret)).toBe(false);
      expect(content.includes(secret.toString('hex'))).toBe(false);
    }
  });

  it.each<[string, string[], number, RegExp]>([
    ['a bad name', ['Bob!'], 2, /"Bob!" is no member name/],
    ['a bad address', ['bob', '--ip', '10.0.0.0/8'], 2, /10\.0\.0\.0/],
    ['a bad DNS name', ['bob', '--dns', 'a b'], 2, /a b/],
    ['a bad duration', ['bob', '--expires', 'soon'], 2, /"soon" is no length of time/],
    ['no time at all', ['bob', '--expires', '0h'], 2, /no length of time/],
    ['zero days', ['bob', '--days', '0'], 2, /days/],
    ['a name that is invited already', ['alice'], 4, /alice/],
    ['no name', [], 2, /name/],
  ])('refuses %s', async (_title, argv, exitCode, reason) => {
    await runCommand(['autoca', 'invite', 'alice'], { home: host.folder });
    const result = await runCommand(['autoca', 'invite', ...argv], { home: host.folder });
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toMatch(reason);
  });

  it('cuts a validity that other systems would not accept, and says so', async () => {
    const result = await runCommand(['autoca', 'invite', 'bob', '--days', '3650'], { home: host.folder });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toMatch(/^Cut to 825 days/);
  });

  it('needs a CA', async () => {
    const folder = join(host.folder, 'none');
    const result = await runCommand(['autoca', 'invite', 'bob'], { home: folder });
    expect(result).toMatchObject({ exitCode: 3, stdout: '' });
    expect(result.stderr).toContain('qtchat ca init');
  });

  it('says when the record of the Auto CA is damaged', async () => {
    for (const content of ['', '{}', '{"addresses":[],"port":1}', '{"addresses":["a"],"port":"1"}', 'null']) {
      await writeFile(join(host.folder, 'autoca.json'), content);
      const result = await runCommand(['autoca', 'invite', 'bob'], { home: host.folder });
      expect(result).toMatchObject({ exitCode: 1, stdout: '' });
      expect(result.stderr).toContain('autoca.json');
    }
  });
});

describe('autoca serve', () => {
  let host: Home;
  beforeEach(async () => {
    host = await makeCaHome();
  });
  afterEach(() => rm(host.folder, { recursive: true, force: true }));

  it('names a port that is in use and exits 6', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const argv = ['autoca', 'serve', '--host', '127.0.0.1', '--port', String(port)];
    const result = await runCommand(argv, { home: host.folder });
    expect(result).toMatchObject({ exitCode: 6, stdout: '' });
    expect(result.stderr).toMatch(new RegExp(`^Error: port ${port} is in use already\\..*--port`));
    other.close();
  });

  it('writes a failure as its last JSON line under --json', async () => {
    const none = await runCommand(['autoca', 'serve', '--port', '0', '--json'], { home: join(host.folder, 'none') });
    expect(none).toMatchObject({ exitCode: 3, stderr: '' });
    expect(none.stdout).toMatch(/^\{"error":\{"code":"ERR_STORE_NO_CA",.*\}\}\n$/);
  });

  it('needs a CA, and a password where the key has one', async () => {
    const none = await runCommand(['autoca', 'serve', '--port', '0'], { home: join(host.folder, 'none') });
    expect(none).toMatchObject({ exitCode: 3 });
    await mkdir(join(host.folder, 'ca'), { recursive: true });
    const path = join(host.folder, 'ca', 'ca.key');
    const { encryptPrivateKey } = await import('../../src/pki/private-key.js');
    await writeFile(path, await encryptPrivateKey(await generateKey('p256'), 'secret', realDeps));
    await chmod(path, 0o600);
    const locked = await runCommand(['autoca', 'serve', '--port', '0'], { home: host.folder });
    expect(locked).toMatchObject({ exitCode: 2 });
    expect(locked.stderr).toContain('--ca-password-file');
    const argv = ['autoca', 'serve', '--port', '0', '--ca-password-file', '-'];
    expect(await runCommand(argv, { home: host.folder, stdin: 'wrong\n' })).toMatchObject({ exitCode: 5 });
  });

  it('speaks in sentences without --json, and ignores the end of standard input', async () => {
    const controller = new AbortController();
    const stdin = new PassThrough();
    stdin.end();
    const result = await runCommand(['autoca', 'serve', '--host', '127.0.0.1', '--port', '0'], {
      home: host.folder,
      stdin,
      signal: controller.signal,
      onStdout: () => controller.abort(),
    });
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Auto CA: 127\.0\.0\.1 port \d+, for members \d+\n$/),
    });
    expect(result.stderr).toContain('qtchat autoca invite NAME');
    expect(await readdir(join(host.folder, 'run'))).toEqual([]);
  });
});
