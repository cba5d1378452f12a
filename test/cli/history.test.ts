/** `qtchat history`: what was said, decrypted for the one who asks. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ContactBook } from '../../src/store/contacts.js';
import { type ConversationDatabase, openConversationStore } from '../../src/store/conversation-store.js';
import { type HistoryEntry, lastEntries } from '../../src/store/history.js';
import { speakAs } from '../../src/store/home.js';
import { openHomeKey, type RecordCipher } from '../../src/store/home-key.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { MessageStore } from '../../src/store/messages.js';
import type { ConversationKey } from '../../src/store/record-place.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { makeIdentity } from '../helpers/identity.js';
import { queueOne, receiveOne } from '../helpers/one-message.js';
import { type CommandResult, runCommand } from '../helpers/run-command.js';

const epoch = 'ee'.repeat(16);
const sentAt = new Date(2027, 10, 23, 9, 6);
let circle: TestCircle;
let alice: Identity;
let folder: string;
let database: ConversationDatabase;
let cipher: RecordCipher;
let key: ConversationKey;
let store: MessageStore;

beforeAll(async () => {
  circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice' });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-history-'));
  await saveIdentity({ folder }, alice, { replace: false });
  await speakAs({ folder }, 'alice');
  database = await openConversationStore({ folder });
  await new ContactBook(database, () => new Date()).pin(circle.circleId, 'bob', 'ab');
  cipher = await openHomeKey({ folder }, { random: randomBytes });
  key = { circleId: circle.circleId, self: 'alice', peer: 'bob' };
  store = storeWith('bob');
});

afterEach(async () => {
  await database.destroy();
  await rm(folder, { recursive: true, force: true });
});

const storeWith = (peer: string): MessageStore => new MessageStore(database, cipher, { ...key, peer });

const history = (...argv: string[]): Promise<CommandResult> => runCommand(['history', ...argv], { home: folder });

let received = 0;
const bobSaid = (text: string, sentAt = new Date(2027, 10, 23, 9, 5)) => {
  received += 1;
  return receiveOne(store, epoch, { id: randomUUID(), sequence: received, sentAt, kind: 'text', text });
};
const aliceSaid = (text: string, at = sentAt) => queueOne(store, { id: randomUUID(), sentAt: at, kind: 'text', text });

describe('qtchat history', () => {
  it('shows days, times, who said what, and how far it has come', async () => {
    await bobSaid('the tide is at nine');
    const { sequence } = await aliceSaid('thanks');
    await store.delivered(sequence);
    await bobSaid('see you', new Date(2027, 10, 24, 23, 59));
    await aliceSaid('wait', new Date(2027, 10, 24, 0, 1));
    const { stdout, exitCode } = await history('bob');
    expect(exitCode).toBe(0);
    expect(stdout.replace(/\b[0-9a-f]{8}\b/g, 'ID')).toBe(
      [
        '── 2027-11-23 ──',
        '09:05 ID    bob: the tide is at nine',
        '09:06 ID ✓  alice: thanks',
        '── 2027-11-24 ──',
        '23:59 ID    bob: see you',
        '00:01 ID …  alice: wait',
        '',
      ].join('\n'),
    );
  });

  it('shows what was read, edited, deleted, answered and reacted to', async () => {
    await bobSaid('when?');
    const [{ id: question }] = (await lastEntries({ database, cipher, key }, 1)) as [HistoryEntry];
    const answer = await queueOne(store, { id: randomUUID(), sentAt, kind: 'text', text: 'at ten', replyTo: question });
    const slip = await queueOne(store, { id: randomUUID(), sentAt, kind: 'text', text: 'a slip' });
    await store.delivered(slip.sequence);
    await store.seenByPeer(answer.sequence);
    const changes = [
      { kind: 'edit', target: answer.id, text: 'at nine' },
      { kind: 'delete', target: slip.id },
      { kind: 'reaction', target: question, emoji: '🤔' },
    ] as const;
    for (const change of changes) await queueOne(store, { id: randomUUID(), sentAt, ...change });
    received += 1;
    const thanks = { kind: 'reaction', target: answer.id, emoji: '👍' } as const;
    await receiveOne(store, epoch, { id: randomUUID(), sequence: received, sentAt, ...thanks });
    const { stdout } = await history('bob');
    expect(
      stdout
        .replace(/\b[0-9a-f]{8}\b/g, 'ID')
        .split('\n')
        .slice(1, -1),
    ).toEqual([
      '09:05 ID    bob: when? [🤔 alice]',
      '09:06 ID ✓✓ alice: (to ID) at nine (edited) [👍 bob]',
      '09:06 ID ✓  alice: (deleted)',
    ]);
    expect((await history('bob', '--json')).json()).toMatchObject({
      messages: [
        { reactions: [{ from: 'alice', emoji: '🤔' }] },
        { state: 'read', replyTo: question, editedAt: sentAt.toISOString(), reactions: [{ from: 'bob', emoji: '👍' }] },
        { text: null },
      ],
    });
    expect((await history('bob', '--search', 'slip', '--json')).json()).toMatchObject({ messages: [] });
  });

  it('shows calls among the messages, and those that were missed', async () => {
    await bobSaid('may I call?');
    const call = { id: 'ab'.repeat(16), direction: 'in', startedAt: sentAt } as const;
    const missed = { reason: 'cancelled', durationMs: 0, missed: true } as const;
    await store.addCall({ ...call, ...missed });
    await store.addCall({
      ...call,
      id: 'cd'.repeat(16),
      direction: 'out',
      reason: 'lost',
      durationMs: 3_723_400,
      missed: false,
    });
    await bobSaid('thanks');
    const { stdout } = await history('bob');
    expect(
      stdout
        .replace(/\b[0-9a-f]{8}\b/g, 'ID')
        .split('\n')
        .slice(1, -1),
    ).toEqual([
      '09:05 ID    bob: may I call?',
      '09:06 ID    missed call from bob',
      '09:06 ID    call to bob: 1:02:03, connection lost',
      '09:05 ID    bob: thanks',
    ]);
    expect((await history('bob', '--json')).json()).toMatchObject({
      messages: [
        { text: 'may I call?', call: null },
        { id: call.id, from: 'bob', direction: 'in', text: null, call: missed },
        { from: 'alice', direction: 'out', text: null, call: { reason: 'lost' } },
        { text: 'thanks' },
      ],
    });
  });

  it.each([
    ['before', ['elsewhere', 'hung-up']],
    ['after', ['hung-up', 'elsewhere']],
  ] as const)(
    'knows what became of a call that another chat of this home took, %s this one heard of it',
    async (_, order) => {
      const call = { id: 'ab'.repeat(16), direction: 'in', startedAt: sentAt, missed: false } as const;
      for (const reason of order)
        await store.addCall({ ...call, reason, durationMs: reason === 'hung-up' ? 61_000 : 0 });
      await bobSaid('bye');
      expect((await history('bob')).stdout).toMatch(/call from bob: 1:01\n/);
    },
  );

  it('lets nothing through that moves a cursor, breaks a line or reorders text, whoever wrote it', async () => {
    await bobSaid('a\u001b[2J\r\nroot: b\u202e\u009b');
    await aliceSaid('c\u0007');
    const { stdout } = await history('bob');
    expect(stdout).toContain('a\\u{1b}[2J\\u{d}\\u{a}root: b\\u{202e}\\u{9b}');
    expect(stdout).toContain('c\\u{7}');
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}|\p{Cf}/u);
  });

  it('leaves emoji of several parts whole', async () => {
    await bobSaid('👨‍👩‍👧');
    expect((await history('bob')).stdout).toContain('👨‍👩‍👧');
  });

  it('is one JSON object with --json, with texts as they were written', async () => {
    await bobSaid('a\n"b"', new Date(5_000));
    const { id } = await aliceSaid('c');
    expect((await history('bob', '--json')).json()).toMatchObject({
      member: 'bob',
      messages: [
        { from: 'bob', direction: 'in', sentAt: '1970-01-01T00:00:05.000Z', state: 'received', text: 'a\n"b"' },
        { id, from: 'alice', direction: 'out', state: 'queued', text: 'c' },
      ],
    });
    expect((await history('bob', '--search', 'zzz', '--json')).json()).toEqual({ member: 'bob', messages: [] });
  });

  it('finds text whatever its case and however its accents are encoded, by decrypting it', async () => {
    await bobSaid('Přílivy U\u030A');
    await bobSaid('another');
    await aliceSaid('přílivy?');
    const { messages } = (await history('bob', '--search', 'PŘÍLIVY', '--json')).json() as { messages: unknown[] };
    expect(messages).toHaveLength(2);
    expect((await history('bob', '--search', '\u016f')).stdout).toContain('bob: Přílivy');
    const none = await history('bob', '--search', 'nothing of it');
    expect(none).toMatchObject({ exitCode: 0, stdout: '', stderr: 'No message holds that\n' });
  });

  it('is complete and in order over many pages', async () => {
    for (let one = 0; one < 450; one += 1) await aliceSaid(`message ${one}`);
    const { messages } = (await history('bob', '--json')).json() as { messages: { text: string }[] };
    expect(messages.map(({ text }) => text)).toEqual(Array.from({ length: 450 }, (_, one) => `message ${one}`));
  });

  it('is that of one contact, as the user calls it', async () => {
    await bobSaid('from bob');
    await queueOne(storeWith('carol'), { id: randomUUID(), sentAt: new Date(0), kind: 'text', text: 'to carol' });
    await runCommand(['contacts', 'rename', 'bob', 'Robert'], { home: folder });
    const { stdout } = await history('Robert');
    expect(stdout).toContain('bob: from bob');
    expect(stdout).not.toContain('carol');
  });

  it('goes into a file of the owner alone by --export, and over none that is there', async () => {
    await bobSaid('one');
    await aliceSaid('two');
    const path = join(folder, 'bob.jsonl');
    const { stdout, exitCode } = await history('bob', '--export', path);
    expect({ stdout, exitCode }).toEqual({ stdout: `Wrote 2 messages with bob to ${path}\n`, exitCode: 0 });
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ text: 'one' }, { text: 'two' }]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeFile(path, 'mine');
    const again = await history('bob', '--export', path);
    expect(again).toMatchObject({
      exitCode: 4,
      stdout: '',
      stderr: expect.stringContaining('Nothing was overwritten'),
    });
    // There is no such flag.
    expect(again.stderr).not.toContain('--force');
    expect(await readFile(path, 'utf8')).toBe('mine');
  });

  it('exits with 3 for one who is no contact, and 2 for a search for nothing', async () => {
    expect(await history('carol')).toMatchObject({ exitCode: 3, stdout: '' });
    expect((await history('carol', '--json')).json()).toMatchObject({ error: { code: 'ERR_CONTACT_NOT_FOUND' } });
    expect(await history('bob', '--search', ' ')).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await history()).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('says so when a record was altered, and exits with 1', async () => {
    await bobSaid('one');
    await database
      .updateTable('messages')
      .set({ body: randomBytes(40) })
      .execute();
    const { exitCode, stderr } = await history('bob');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Error: a record of "messages" does not open with the home key\. /);
  });

  it('says that nothing was said yet', async () => {
    expect(await history('bob')).toMatchObject({ exitCode: 0, stdout: '', stderr: 'Nothing was said yet\n' });
  });

  it('shows at a terminal how much it has read for a file, and leaves nothing of that', async () => {
    await bobSaid('high tide');
    await aliceSaid('and low');
    const argv = ['history', 'bob', '--search', 'tide', '--export', join(folder, 'tide.jsonl')];
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const { exitCode, stderr } = await runCommand(argv, { home: folder, stdin: terminal, busyAfterMs: 0 });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Reading messages: 1');
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
  });
});
