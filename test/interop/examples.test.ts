/**
 * Runs every example of every command's help, as a shell would, on a host of its own: what the help
 * shows works. The list comes from the commands themselves, so that no new example goes untried.
 */
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { grantAdmin } from '../../src/ledger/admins.js';
import { createInvite } from '../../src/ledger/invites.js';
import { openLedger } from '../../src/ledger/open.js';
import { recordRequest } from '../../src/ledger/requests.js';
import { packageRoot } from '../../src/package-root.js';
import { noteShownKey } from '../../src/store/contact-keys.js';
import { ContactBook } from '../../src/store/contacts.js';
import { openConversationStore } from '../../src/store/conversation-store.js';
import type { Home } from '../../src/store/home.js';
import { loadIdentity } from '../../src/store/identities.js';
import { TestNetwork } from '../helpers/network.js';
import { Program, runProgram } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';

const password = 'correct horse battery staple';

/** What a command writes may not be there yet. */
const writes: Record<string, string[]> = {
  'ca:backup': ['circle.backup'],
  'ca:export-root': ['offline'],
  'cert:issue': ['bob.pem', 'bob.key', 'bob.pfx'],
  'cert:request': ['bob.csr'],
  'cert:sign': ['bob.pem'],
};

/** Where an example is at home. */
type Place = 'host' | 'ca' | 'tiered' | 'nowhere' | 'guest';

const places: Record<string, Place> = {
  'ca:init': 'nowhere',
  'ca:import': 'nowhere',
  'ca:export-root': 'tiered',
  'ca:restore': 'nowhere',
  'qtchat ca crl --root --root-key-file offline/root.key': 'tiered',
  demo: 'nowhere',
  enroll: 'nowhere',
  send: 'guest',
  'identity:renew': 'guest',
  'identity:revoke': 'guest',
  'qtchat identity password': 'host',
  'qtchat contacts trust ann': 'host',
  'qtchat cert issue --ip 192.168.1.100': 'ca',
  'qtchat cert issue --san-cnf san.cnf': 'ca',
};
/** Examples that stay until they are asked to end, by what they print when they are ready. */
const services: Record<string, RegExp> = { chat: /175\d\d|browser/, listen: /175\d\d/, 'autoca:serve': /175\d\d/ };
/** Examples that need somebody else on the same host. */
const companions: Record<string, string[]> = {
  send: ['listen', '--save', 'inbox'],
  'cat invite.txt | qtchat enroll -': ['autoca', 'serve'],
  'identity:renew': ['autoca', 'serve'],
  'identity:revoke': ['autoca', 'serve'],
  'qtchat cert inspect 192.168.1.100:17590': ['listen', '--save', 'inbox'],
};

/** Examples that ask somebody, by what they say where nobody is there. */
const questions: Record<string, RegExp> = {
  'qtchat contacts trust ann': /^Error: .*--key/,
  'qtchat enroll': /^Error: .*standard input\n$/,
  'qtchat enroll --code --server 192.168.1.100': /^Error: .*standard input\n$/,
  'qtchat enroll --server 192.168.1.100': /^Error: .*--words-file FILE/,
  'qtchat host': /^Error: .*qtchat ca init; .*qtchat autoca invite NAME; /,
  'qtchat host bob --no-password': /^Error: .*qtchat ca init; .*qtchat autoca invite bob; /,
  'qtchat identity password': /^Error: .*--new-password-file/,
  'qtchat identity use': /^Error: .*NAME/,
};

/** Examples that find something wrong where there are no sound devices: here there are none, whatever the machine has. */
const soundless: Record<string, { exitCode: number; says: RegExp }> = {
  'qtchat doctor --sound': { exitCode: 7, says: /there is no sound device/ },
};

describeWith('ip', 'the examples in the help', () => {
  let template: string;
  let network: TestNetwork;
  let namespace: string;

  beforeAll(async () => {
    network = new TestNetwork();
    namespace = network.single('192.168.1.100');
    template = await mkdtemp(join(tmpdir(), 'qtchat-examples-'));
    await writeFile(join(template, 'qtchat'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
    await chmod(join(template, 'qtchat'), 0o755);
    await writeFile(join(template, 'secret.txt'), `${password}\n`, { mode: 0o600 });
    await writeFile(join(template, 'photo.jpg'), 'not really a photo');
    await writeFile(join(template, 'notes.txt'), 'tide tables');
    await writeFile(join(template, 'print.sh'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(join(template, 'names.csv'), 'name,ip,dns\nann,192.168.1.102,ann.example.org\n');
    await cp(join(packageRoot(), 'test/vectors/seed-san.cnf'), join(template, 'san.cnf'));
    await prepare(template);
  }, 60_000);

  afterAll(async () => {
    network.remove();
    await rm(template, { recursive: true, force: true });
  });

  function worldOf(folder: string, place: Place) {
    return { home: join(folder, place), cwd: folder, namespace, env: environmentOf(folder) };
  }

  async function qtchat(folder: string, place: Place, argv: string[], stdin = ''): Promise<string> {
    const result = await runProgram(argv, { ...worldOf(folder, place), stdin });
    expect(result).toMatchObject({ exitCode: 0 });
    return result.stdout;
  }

  // A host with a CA, an identity and a contact; the same CA before it had anybody; a CA with an intermediate; a guest.
  async function prepare(folder: string): Promise<void> {
    await qtchat(folder, 'ca', ['ca', 'init']);
    await qtchat(folder, 'tiered', ['ca', 'init', '--intermediate']);
    await qtchat(folder, 'ca', ['ca', 'backup', join(folder, 'circle.backup')]);
    await mkdir(join(folder, 'offline'));
    for (const name of ['root.key', 'root.pem'])
      await cp(join(folder, 'tiered', 'ca', name), join(folder, 'offline', name));
    await cp(join(folder, 'ca'), join(folder, 'host'), { recursive: true });
    await qtchat(folder, 'host', ['cert', 'issue', 'alice', '--me', '--ip', '192.168.1.100']);
    const server = new Program(['autoca', 'serve'], worldOf(folder, 'host'));
    await server.waitFor(/17592/);
    const invite = await qtchat(folder, 'host', ['autoca', 'invite', 'gus']);
    await qtchat(folder, 'guest', ['enroll', '-'], invite);
    await writeFile(join(folder, 'invite.txt'), await qtchat(folder, 'host', ['autoca', 'invite', 'ina']));
    expect(await server.stop()).toBe(0);
    await addGuests(join(folder, 'host'));
    await addContacts({ folder: join(folder, 'host') });
    // Bob's files come from a copy of the CA, so that his name is still free at the host.
    await cp(join(folder, 'ca'), join(folder, 'nowhere'), { recursive: true });
    const names = ['--ip', '192.168.1.101', '--dns', 'bob.example.org'];
    await qtchat(folder, 'nowhere', ['cert', 'issue', 'bob', ...names, '--out', folder, '--pfx']);
    await qtchat(folder, 'nowhere', ['ca', 'crl', '--out', join(folder, 'crl.pem')]);
    await qtchat(folder, 'nowhere', ['cert', 'request', 'bob', '--out', folder]);
    await cp(join(folder, 'bob.csr'), join(folder, 'server.csr'));
    await cp(join(folder, 'nowhere', 'ca', 'root.pem'), join(folder, 'root.pem'));
    await rm(join(folder, 'nowhere'), { recursive: true });
    // The CA once more, as easy-rsa would leave it.
    for (const place of ['.', 'pki', 'pki/private']) {
      await mkdir(join(folder, place), { recursive: true });
      await cp(join(folder, 'ca', 'ca', 'root.pem'), join(folder, place, 'ca.crt'));
      await cp(join(folder, 'ca', 'ca', 'ca.key'), join(folder, place, 'ca.key'));
    }
  }

  it.each(Object.entries(soundless))('%s, without sound devices, says so', async (line, { exitCode, says }) => {
    const shell = new Program(line, worldOf(template, 'host'));
    shell.endInput();
    expect(await shell.ended()).toBe(exitCode);
    expect(shell.stdout + shell.stderr).toMatch(says);
  });

  it.each(examples().filter(({ line }) => !(line in questions) && !(line in soundless)))(
    '$line',
    async ({ id, line }) => {
      const folder = await mkdtemp(join(tmpdir(), 'qtchat-example-'));
      // Companions of SQLite's files may come and go; what they held is in the files themselves.
      await cp(template, folder, { recursive: true, filter: (path) => !/-(wal|shm)$/.test(path) });
      const place = places[line] ?? places[id] ?? (line.includes('--peer alice') ? 'guest' : 'host');
      await Promise.all((writes[id] ?? []).map((name) => rm(join(folder, name), { recursive: true })));
      const companion = companions[line] ?? companions[id];
      const running = companion === undefined ? undefined : new Program(companion, worldOf(folder, 'host'));
      try {
        await running?.waitFor(/175\d\d/);
        const ready = services[id];
        if (ready === undefined) {
          const shell = new Program(line, worldOf(folder, place));
          shell.endInput();
          expect({ exitCode: await shell.ended(), stderr: shell.stderr }).toMatchObject({ exitCode: 0 });
        } else {
          const shell = new Program(`exec ${line}`, worldOf(folder, place));
          await shell.waitFor(ready);
          expect({ exitCode: await shell.stop(), stderr: shell.stderr }).toMatchObject({ exitCode: 0 });
        }
      } finally {
        await running?.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
  );

  it.each(Object.entries(questions))('%s, without a terminal, says what to add', async (line, hint) => {
    const result = await runProgram(line.split(' ').slice(1), worldOf(template, places[line] ?? 'nowhere'));
    expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(hint) });
  });
});

/** An open invite, a guest that waits for approval, for longer than one does, and an admin. */
async function addGuests(home: string): Promise<void> {
  const ledger = await openLedger({ folder: home });
  const later = new Date(Date.now() + 3_600_000);
  const deps = { clock: () => later };
  const expiresAt = new Date(later.getTime() + 3_600_000);
  const [address, words] = ['192.168.1.101', 'zebra youth year yard'];
  await recordRequest(ledger, { id: '4f2a90c100000000', address, words, expiresAt }, deps);
  const invite = { id: '81d40b2700000000', member: 'ivy', names: [], psk: Buffer.alloc(32), validityDays: 30 };
  await createInvite(ledger, { ...invite, expiresAt }, deps);
  await grantAdmin(ledger, 'alice', deps);
  await sql`pragma wal_checkpoint(truncate)`.execute(ledger);
  await ledger.destroy();
}

/** Whom alice has met: gus, and ann, who shows another key since. */
async function addContacts(home: Home): Promise<void> {
  const { circleId } = await loadIdentity(home, 'alice');
  const database = await openConversationStore(home);
  const contacts = new ContactBook(database, () => new Date());
  await contacts.save({ circleId, member: 'gus', addresses: [] });
  await contacts.pin(circleId, 'ann', 'ab'.repeat(32));
  const shown = { spkiSha256: `9f86d081884c7d65${'0'.repeat(48)}`, seenAt: new Date() };
  await noteShownKey(database, { circleId, member: 'ann' }, shown);
  await sql`pragma wal_checkpoint(truncate)`.execute(database);
  await database.destroy();
}

const program = join(packageRoot(), 'bin/run.js');

function environmentOf(folder: string): Record<string, string> {
  const secret = join(folder, 'secret.txt');
  const passwords = { QTCHAT_CA_PASSWORD_FILE: secret, QTCHAT_PFX_PASSWORD_FILE: secret };
  return { ...passwords, QTCHAT_SOUND: 'none', PATH: `${folder}:${process.env.PATH}` };
}

function examples(): { id: string; line: string }[] {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'oclif.manifest.json'), 'utf8')) as {
    commands: Record<string, { pluginName: string; examples?: (string | { command: string })[] }>;
  };
  return Object.entries(manifest.commands).flatMap(([id, { examples: list }]) => {
    if (list === undefined || list.length === 0) throw new Error(`${id} has no example`);
    return list.map((example) => {
      const text = typeof example === 'string' ? example : example.command;
      return { id, line: text.replaceAll('<%= config.bin %>', 'qtchat') };
    });
  });
}
