/** Files that come over several connections at once, on real sockets; when it is worth it is a matter of `connection-judge`. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConversationOptions } from '../../src/conversation/options.js';
import type { ConnectionDecision } from '../../src/files/connection-judge.js';
import type { Identity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { MeetingLine } from '../helpers/meeting-line.js';
import { makeOffer, type RogueFile, RogueMember } from '../helpers/rogue-files.js';

const MiB = 1024 * 1024;
const content = randomBytes(12 * MiB);
const meeting = new Meeting();
const rogues: RogueMember[] = [];
let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob' });
});

afterEach(async () => {
  for (const rogue of rogues.splice(0)) rogue.end();
  await meeting.end();
});

/** Opens another connection whenever there may be one more, up to so many in all. */
function upTo(wanted: number): Pick<ConversationOptions, 'decideConnections'> {
  let opened = 1;
  const decision: ConnectionDecision = {
    note: ({ mayOpen }) => {
      if (!mayOpen || opened >= wanted) return undefined;
      opened += 1;
      return 'open';
    },
    restart: () => {},
    failed: () => {},
  };
  return { decideConnections: () => decision };
}

interface Met {
  readonly line: MeetingLine;
  readonly from: TestConversation;
  readonly to: TestConversation;
  readonly path: string;
}

/** Bob, who has dialled Alice, and a file on its way over `count` connections that have met. */
async function meet(count: number, sender: 'alice' | 'bob' = 'bob'): Promise<Met> {
  const line = new MeetingLine(count);
  const a = await (await meeting.at('a')).open(alice, upTo(count));
  const b = await (await meeting.at('b')).open(bob, { who: a.who, dialler: line, ...upTo(count) });
  await Promise.all([a.event('connected'), b.event('connected')]);
  const [from, to, receiver] = sender === 'bob' ? [b, a, 'alice'] : [a, b, 'bob'];
  const path = join(from.home, 'film.bin');
  await writeFile(path, content);
  await from.door.files.send(receiver, path);
  await line.met;
  return { line, from, to, path };
}

async function expectWhole({ from, to }: Met): Promise<void> {
  const { path = '' } = await to.event('fileDone');
  await from.event('fileDone');
  expect((await readFile(path)).equals(content)).toBe(true);
  expect(await readdir(join(to.home, 'downloads'))).toEqual(['film.bin']);
}

const kinds = (at: TestConversation): string[] =>
  at.events.map(({ type }) => type).filter((type) => type.startsWith('file') && type !== 'fileProgress');

describe('a file', () => {
  it.each<[string, 'alice' | 'bob', number]>([
    ['comes over two connections to the one who was dialled', 'bob', 2],
    ['comes over two connections to the one who dialled', 'alice', 2],
    ['comes over four', 'bob', 4],
  ])('%s, and is whole', async (_, sender, count) => {
    const met = await meet(count, sender);
    met.line.goOn();
    await expectWhole(met);
    expect(met.line.connections).toHaveLength(count);
    for (const at of [met.from, met.to]) expect(at.events.filter(({ type }) => type === 'refused')).toEqual([]);
  });

  it('never comes over more than four', async () => {
    const line = new MeetingLine(4);
    const asked: boolean[] = [];
    const decision: ConnectionDecision = {
      note: ({ mayOpen }) => {
        asked.push(mayOpen);
        return mayOpen ? 'open' : undefined;
      },
      restart: () => {},
      failed: () => {},
    };
    const a = await (await meeting.at('a')).open(alice, { decideConnections: () => decision });
    const b = await (await meeting.at('b')).open(bob, { who: a.who, dialler: line });
    await b.event('connected');
    const path = join(b.home, 'film.bin');
    await writeFile(path, content);
    await b.door.files.send('alice', path);
    await line.met;
    // It is asked once more, with four of them.
    const before = asked.length;
    while (asked.length === before) await new Promise((resolve) => setImmediate(resolve));
    expect(asked.at(-1)).toBe(false);
    line.goOn();
    await expectWhole({ line, from: b, to: a, path });
    expect(line.connections).toHaveLength(4);
  });

  it('loses nothing where one of its connections breaks, and goes on over the others', async () => {
    const met = await meet(3);
    met.line.connections[1]?.destroy();
    met.line.goOn();
    await expectWhole(met);
    for (const at of [met.from, met.to]) expect(kinds(at)).not.toContain('fileInterrupted');
  });

  it('goes on later where its first connection breaks, with what has come over all', async () => {
    const met = await meet(2);
    met.line.goOn();
    met.line.connections[0]?.destroy();
    await met.to.event('fileInterrupted');
    await expectWhole(met);
    const started = met.to.events.filter((event) => event.type === 'fileStarted');
    expect(started).toHaveLength(2);
  });

  it('that is cancelled ends all its connections at once, and nothing of it is left', async () => {
    const { line, from, to } = await meet(3);
    const closed = line.connections.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    to.door.files.cancel('bob', 'film.bin');
    await Promise.all([...closed, from.event('fileFailed'), to.event('fileFailed')]);
    expect(await readdir(join(to.home, 'downloads'))).toEqual([]);
  });

  it('that is paused asks for nothing over any of them, and goes on over all', async () => {
    const met = await meet(2);
    const { line, to } = met;
    to.door.files.pause('bob', true);
    await met.from.event('filePaused');
    line.goOn();
    // What was asked for still comes, and then nothing.
    await to.door.messages.send('bob', 'paused');
    await met.from.event('message');
    expect(kinds(to)).not.toContain('fileDone');
    to.door.files.pause('bob', false);
    await expectWhole(met);
  });
});

describe('from a member without manners, another connection', () => {
  interface Offered {
    readonly a: TestConversation;
    readonly rogue: RogueMember;
    readonly file: RogueFile;
    /** Lets what was asked for over the first connection come. */
    readonly free: () => void;
  }

  /** Alice, who wants a second connection, and Mallory, who has offered a file. */
  async function offered(): Promise<Offered> {
    const a = await (await meeting.at('a')).open(alice, upTo(2));
    const rogue = new RogueMember(a.door.listeningPort ?? 0, bob);
    rogues.push(rogue);
    const file = await makeOffer('film.bin', content);
    // Over the first one nothing comes, until the second is there.
    let isFree = false;
    const held: (() => void)[] = [];
    const first = await rogue.serve(file, (_, right) => {
      if (isFree) return right;
      held.push(() => first.write(right));
      return undefined;
    });
    await rogue.hears('file-connection');
    const free = (): void => {
      isFree = true;
      for (const answer of held.splice(0)) answer();
    };
    return { a, rogue, file, free };
  }

  it('that brings something false deletes all that came', async () => {
    const { a, rogue, file } = await offered();
    rogue.serveOver(file, 1, ({ kind }, right) => {
      if (kind === 'chunks') right.writeUInt8(right.readUInt8(100) ^ 1, 100);
      return right;
    });
    expect((await a.event('fileFailed')).error.code).toBe('ERR_FILE_DIGEST');
    expect((await rogue.hears('file-failed')).reason).toBe('digest');
    expect(await readdir(join(a.home, 'downloads'))).toEqual([]);
  });

  it('that brings what was not asked for ends the transfer', async () => {
    const { a, rogue, file } = await offered();
    const stream = rogue.serveOver(file, 1, () => undefined);
    stream.write(Buffer.alloc(9, 2));
    expect((await a.event('fileFailed')).error.code).toBe('ERR_PROTOCOL');
  });

  it('that does not come is done without', async () => {
    const { a, file, free } = await offered();
    free();
    const { path = '' } = await a.event('fileDone');
    expect((await readFile(path)).equals(file.content)).toBe(true);
  });

  it('that answers nothing and breaks is done without', async () => {
    const { a, rogue, file, free } = await offered();
    const asked = new Promise<void>((resolve) => {
      const stream = rogue.serveOver(file, 1, () => {
        stream.destroy();
        resolve();
        return undefined;
      });
    });
    await asked;
    free();
    const { path = '' } = await a.event('fileDone');
    expect((await readFile(path)).equals(file.content)).toBe(true);
  });
});

it('a file comes over one connection from a member that knows of no others', async () => {
  const asked: boolean[] = [];
  const decision: ConnectionDecision = {
    note: ({ mayOpen }) => {
      asked.push(mayOpen);
      return 'open';
    },
    restart: () => {},
    failed: () => {},
  };
  const a = await (await meeting.at('a')).open(alice, { decideConnections: () => decision });
  const rogue = new RogueMember(a.door.listeningPort ?? 0, bob, ['text', 'files']);
  rogues.push(rogue);
  await rogue.serve(await makeOffer('film.bin', content));
  await a.event('fileDone');
  expect(asked).toEqual([]);
  expect(rogue.heard.filter(({ type }) => type === 'file-connection')).toEqual([]);
});
