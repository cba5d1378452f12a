/** A key with a password while programs run: they chat, renew and replace it, and are killed, and it stays locked. */
import { type FSWatcher, readdirSync, readFileSync, rmSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keepIdentity } from '../../src/enroll/keep-identity.js';
import { withAutoCa } from '../../src/enroll/own-auto-ca.js';
import { rekeyIdentity, renewalTimeOf } from '../../src/enroll/renew-identity.js';
import type { QTChatError } from '../../src/errors.js';
import { dayMs } from '../../src/pki/day.js';
import { type Home, identityFolder, nextKeyFolder } from '../../src/store/home.js';
import { type Identity, loadIdentity, loadPublicIdentity, saveIdentity } from '../../src/store/identities.js';
import { KeyPassword } from '../../src/store/key-password.js';
import { makeCaHome } from '../helpers/enrollment.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { Program, runProgram } from '../helpers/program.js';
import { runCommand } from '../helpers/run-command.js';
import { Serving } from '../helpers/serving.js';

const words = 'three brown otters';
const otherWords = 'four green herons';

let host: Home;
let serving: Serving;
let guest: TestHome;
let member: string;
let count = 0;
let right: string;
let other: string;

beforeAll(async () => {
  host = await makeCaHome();
  serving = new Serving(host);
  await serving.event('listening');
});
afterAll(async () => {
  await serving.stop();
  rmSync(host.folder, { recursive: true, force: true });
});

beforeEach(async () => {
  count += 1;
  member = `gus-${count}`;
  guest = makeHome();
  const { stdout } = await runCommand(['autoca', 'invite', member], { home: host.folder });
  expect(await guest.run(['enroll', '-', '--local-key'], { stdin: stdout })).toMatchObject({ exitCode: 0 });
  right = guest.file('right', words);
  other = guest.file('other', otherWords);
});
afterEach(() => guest.remove());

const home = (): Home => ({ folder: guest.home });
const keyPath = () => join(identityFolder(home(), member), 'key.pem');
const setPassword = (file = right, ...more: string[]) =>
  guest.done(['identity', 'password', '--new-password-file', file, ...more]);
const open = (text: string): Promise<Identity> => loadIdentity(home(), member, new KeyPassword(text));

function plainKeys(): string[] {
  const folder = join(guest.home, 'identities');
  const all = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  return all.filter((path) => statSync(path).isFile() && readFileSync(path, 'utf8').includes('BEGIN PRIVATE KEY'));
}

describe('at the Auto CA', () => {
  it('renews with the password, and leaves the file of the key as it was', async () => {
    await setPassword();
    const before = readFileSync(keyPath(), 'utf8');
    const [leaf] = (await loadPublicIdentity(home())).chain;
    const renewed = await guest.done(['identity', 'renew', '--identity-password-file', right]);
    expect(renewed.serialNumber).not.toBe(leaf?.serialNumber);
    expect(readFileSync(keyPath(), 'utf8')).toBe(before);
    expect((await open(words)).chain[0]?.serialNumber).toBe(renewed.serialNumber);
  });

  it('makes a new key that has the password of the old one', async () => {
    await setPassword();
    const before = await open(words);
    await guest.done(['identity', 'renew', '--new-key', '--identity-password-file', right]);
    expect((await open(words)).privateKey.equals(before.privateKey)).toBe(false);
    expect(plainKeys()).toEqual([]);
  });

  it('replaces the key that the host has made, before it chats, by one with the same password', async () => {
    // Enrolled while the Auto CA was not there for a key of our own.
    await saveIdentity(home(), { ...(await loadIdentity(home())), keyOrigin: 'server' }, { replace: true });
    await setPassword();
    const chat = ['chat', '--listen', '127.0.0.1:0', '--json', '--identity-password-file', right];
    expect(await runProgram(chat, { home: guest.home })).toMatchObject({ exitCode: 0 });
    expect(await open(words)).toMatchObject({ keyOrigin: 'local' });
    expect(plainKeys()).toEqual([]);
  });

  it('makes none where the password is set in the meantime, and does so when it is told', async () => {
    const opened = await loadIdentity(home());
    await setPassword();
    const deps = { clock: () => new Date() };
    await expect(rekeyIdentity(home(), await withAutoCa(home(), opened), deps)).rejects.toMatchObject({
      message: `the password of "${member}" was changed meanwhile`,
    });
    expect((await open(words)).privateKey.equals(opened.privateKey)).toBe(true);
    await guest.done(['identity', 'renew', '--new-key', '--identity-password-file', right]);
    expect((await open(words)).privateKey.equals(opened.privateKey)).toBe(false);
    expect(plainKeys()).toEqual([]);
  });

  it('gives a new identity no password, and says so where the former one had one', async () => {
    await setPassword();
    const { stdout } = await runCommand(['autoca', 'invite', member, '--replace'], { home: host.folder });
    const enrolled = await guest.run(['enroll', '-', '--force'], { stdin: stdout });
    expect(enrolled).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/has no password, which the former/) });
    expect(await loadPublicIdentity(home())).toMatchObject({ hasPassword: false });
  });

  it('says what to do where the key that waits has a third password', async () => {
    await setPassword();
    const { privateKey } = await open(words);
    const { writeFolderSafely } = await import('../../src/store/private-folder.js');
    const content = await new KeyPassword(otherWords).seal(privateKey);
    await writeFolderSafely(nextKeyFolder(home(), member), [{ name: 'key.pem', content, mode: 0o600 }]);
    const argv = ['identity', 'renew', '--new-key', '--identity-password-file', right];
    await guest.refused(argv, 5, /waits to be used, has another password.*identity password/);
  });

  it('keeps it while a program runs, also where the password is changed meanwhile', async () => {
    await setPassword();
    const identity = await open(words);
    await setPassword(other, '--identity-password-file', right);
    const controller = new AbortController();
    const renewed = await new Promise<Identity>((resolve, reject) => {
      void keepIdentity({
        home: home(),
        identity,
        clock: () => new Date(renewalTimeOf(identity).getTime() + dayMs),
        signal: controller.signal,
        onRenewed: resolve,
        onCrl: async () => {},
        onTrouble: (error: QTChatError) => reject(error),
      });
    });
    controller.abort();
    const stored = await open(otherWords);
    expect(stored.chain[0]?.serialNumber).toBe(renewed.chain[0]?.serialNumber);
    expect(stored.chain[0]?.serialNumber).not.toBe(identity.chain[0]?.serialNumber);
    expect(plainKeys()).toEqual([]);
  });

  it('takes up what another process has renewed, without a password', async () => {
    const identity = await loadIdentity(home());
    await setPassword();
    const { serialNumber } = await guest.done(['identity', 'renew', '--identity-password-file', right]);
    const controller = new AbortController();
    const taken = await new Promise<Identity>((resolve) => {
      void keepIdentity({
        home: home(),
        identity,
        clock: () => new Date(),
        signal: controller.signal,
        onRenewed: resolve,
        onCrl: async () => {},
        onTrouble: () => {},
      });
    });
    controller.abort();
    expect(taken.chain[0]?.serialNumber).toBe(serialNumber);
    expect(taken.privateKey.equals(identity.privateKey)).toBe(true);
  });
});

describe('on standard input', () => {
  it('stands before what a chat says, which is all delivered', async () => {
    await setPassword();
    const { stdout } = await runCommand(['autoca', 'invite', `${member}-b`, '--ip', '127.0.0.1'], {
      home: host.folder,
    });
    const bob = makeHome();
    let listening: Program | undefined;
    try {
      await bob.run(['enroll', '-', '--local-key'], { stdin: stdout });
      listening = new Program(['listen', '--save', bob.folder, '--listen', '127.0.0.1:0', '--json'], {
        home: bob.home,
      });
      const [, port] = await listening.waitFor(/"event":"listening".*"port":(\d+)/);
      const peer = ['--peer', `127.0.0.1:${port}`, '--listen', '127.0.0.1:0'];
      const hosts = { home: guest.home, stdin: `${words}\nthe tide is at nine\nand the boat at ten\n` };
      const { exitCode, stderr } = await runProgram(['chat', ...peer, '--identity-password-file', '-'], hosts);
      expect({ exitCode, said: stderr.includes(words) }).toEqual({ exitCode: 0, said: false });
      await listening.waitFor(/the tide is at nine[\s\S]*and the boat at ten/);
      expect(listening.stdout).not.toContain(words);
    } finally {
      listening?.child.kill();
      await listening?.ended();
      bob.remove();
    }
  });
});

describe('killed at any moment', () => {
  const moments = [1, 2, 3, 4, 6, 8, 11];

  /** Runs a command and kills it at the change of that number in the folders of identities; it may be faster than that. */
  async function runKilled(argv: readonly string[], changes: number): Promise<void> {
    let seen = 0;
    const program = new Program(argv, { home: guest.home });
    const watchers: FSWatcher[] = ['.', member, `.${member}.bak`].map((name) =>
      watch(join(guest.home, 'identities', name), () => {
        seen += 1;
        if (seen === changes) program.child.kill('SIGKILL');
      }),
    );
    program.endInput();
    await program.ended();
    for (const watcher of watchers) watcher.close();
  }

  beforeEach(async () => {
    await saveIdentity(home(), await loadIdentity(home()), { replace: true });
  });

  it.each(moments)('setting one leaves the key whole, and doing it again locks all (change %i)', async (changes) => {
    const before = await loadIdentity(home());
    await runKilled(['identity', 'password', '--new-password-file', right], changes);
    const { hasPassword } = await loadPublicIdentity(home(), member);
    const after = hasPassword ? await open(words) : await loadIdentity(home());
    expect(after.privateKey.equals(before.privateKey)).toBe(true);
    const old = hasPassword ? ['--identity-password-file', right] : [];
    await setPassword(right, ...old);
    expect(plainKeys()).toEqual([]);
  });

  it.each(moments)('changing it leaves the old or the new one (change %i)', async (changes) => {
    const { privateKey } = await loadIdentity(home());
    await setPassword();
    const files = ['--new-password-file', other, '--identity-password-file', right];
    await runKilled(['identity', 'password', ...files], changes);
    const found = await open(words).catch(() => open(otherWords));
    expect(found.privateKey.equals(privateKey)).toBe(true);
    expect(plainKeys()).toEqual([]);
  });
});
