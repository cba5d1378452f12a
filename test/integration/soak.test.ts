/**
 * Two real processes that talk while their connection is cut and either of them is killed (-9), again and again: nothing is
 * lost, nothing comes twice, the order is kept. QTCHAT_SOAK_MESSAGES and QTCHAT_SOAK_BLOWS say how many,
 * QTCHAT_SOAK_SEED repeats the choice of blows. Files are not part of it: a file that was broken off is sent again by people.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openConversationStore } from '../../src/store/conversation-store.js';
import { downloadsFolder, speakAs } from '../../src/store/home.js';
import { openHomeKey } from '../../src/store/home-key.js';
import { saveIdentity } from '../../src/store/identities.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Dice } from '../helpers/frame-mutator.js';
import { makeIdentity } from '../helpers/identity.js';
import { Program } from '../helpers/program.js';
import { Switchboard } from '../helpers/switchboard.js';

const messages = Number(process.env.QTCHAT_SOAK_MESSAGES ?? 200);
const blows = Number(process.env.QTCHAT_SOAK_BLOWS ?? 8);
const seed = Number(process.env.QTCHAT_SOAK_SEED ?? randomInt(2 ** 32));
/** Lines typed and not known to be delivered. */
const ahead = 20;

/** Something that happened: every side's events come here. */
let onEvent: () => void = () => {};

/** Resolves when `isReached` says so, which is asked whenever something happens. */
function reached(isReached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    onEvent = () => {
      if (isReached()) resolve();
    };
    onEvent();
  });
}

/** One member, whose process comes and goes. */
class Side {
  readonly home: { folder: string };
  /** Where it listens now. */
  port = 0;
  /** Texts known to be delivered, as its processes have said. */
  delivered = 0;
  #allowed = 0;
  #typed = 0;
  #program: Program | undefined;

  constructor(folder: string, name: string) {
    this.home = { folder: join(folder, name) };
  }

  async start(peer?: string): Promise<void> {
    // What has reached the outbox goes out by itself; all else was lost with the process that was to read it.
    this.#typed = (await this.texts('out')).length;
    // What was delivered may have been said by a process that could not say so any more.
    this.delivered = this.#typed - (await this.texts('out', 'queued')).length;
    const who = peer === undefined ? [] : ['--peer', peer];
    const program = new Program(['chat', '--json', '--listen', '127.0.0.1:0', ...who], { home: this.home.folder });
    this.#program = program;
    program.child.stdin?.on('error', () => {});
    if (program.child.stdout === null) throw new Error('no output');
    createInterface({ input: program.child.stdout }).on('line', (line) => {
      if (this.#program !== program) return;
      const event = JSON.parse(line) as { event: string; port?: number };
      if (event.event === 'listening') this.port = event.port ?? 0;
      if (event.event === 'delivered') this.delivered += 1;
      this.#type();
      onEvent();
    });
    this.port = 0;
    await reached(() => this.port > 0);
    this.#type();
  }

  /** Lets it say so many texts in all. */
  allow(count: number): void {
    this.#allowed = count;
    this.#type();
  }

  async kill(): Promise<void> {
    await this.#program?.stop('SIGKILL');
  }

  /** The texts of its store, in their order; those queued alone, where asked for. */
  async texts(direction: 'in' | 'out', state?: 'queued'): Promise<string[]> {
    const database = await openConversationStore(this.home);
    try {
      const cipher = await openHomeKey(this.home, { random: randomBytes });
      let query = database.selectFrom('messages').selectAll().where('direction', '=', direction);
      if (state !== undefined) query = query.where('state', '=', state);
      const rows = await query.orderBy('id').execute();
      return rows.map((row) => cipher.open(row.body, ['messages', `${direction}/${row.uuid}`, row.conversation]));
    } finally {
      await database.destroy();
    }
  }

  #type(): void {
    while (this.#typed < this.#allowed && this.#typed - this.delivered < ahead) {
      this.#program?.type(JSON.stringify({ command: 'send', text: `text ${this.#typed}` }));
      this.#typed += 1;
    }
  }
}

let folder: string;
let board: Switchboard;
let circle: TestCircle;
let alice: Side;
let bob: Side;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-soak-'));
  circle = await makeCircle();
  board = await Switchboard.start();
  for (const member of ['alice', 'bob']) {
    const home = { folder: join(folder, member) };
    await saveIdentity(home, await makeIdentity(circle, { member, ips: ['127.0.0.1'] }), { replace: false });
    await speakAs(home, member);
  }
  [alice, bob] = [new Side(folder, 'alice'), new Side(folder, 'bob')];
});

afterAll(async () => {
  for (const side of [alice, bob]) await side.kill();
  await board.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startAlice(): Promise<void> {
  await alice.start();
  board.leadTo(alice.port);
}

const startBob = (): Promise<void> => bob.start(`127.0.0.1:${board.port}`);

it(
  `${messages} texts and ${blows} blows (seed ${seed}): nothing lost, nothing twice, in order`,
  async () => {
    const dice = new Dice(seed);
    const each = messages / 2;
    const delivered = (): number => alice.delivered + bob.delivered;
    await startAlice();
    await startBob();
    for (let blow = 0; blow < blows; blow += 1) {
      const upTo = Math.ceil((each * (blow + 1)) / blows);
      for (const side of [alice, bob]) side.allow(upTo);
      // Anywhere within what is said in this round, also before anything of it.
      const from = delivered();
      const wanted = from + dice.below(Math.max(2 * upTo - from, 1));
      await reached(() => delivered() >= wanted);
      switch (dice.below(3)) {
        case 0:
          board.cut();
          break;
        case 1:
          board.leadNowhere();
          await alice.kill();
          await startAlice();
          break;
        default:
          await bob.kill();
          await startBob();
      }
    }
    for (const side of [alice, bob]) side.allow(each);
    const expected = Array.from({ length: each }, (_, index) => `text ${index}`);
    await reached(() => delivered() >= 2 * each);
    for (const side of [alice, bob]) {
      await side.kill();
      expect(await side.texts('in')).toEqual(expected);
      expect(await side.texts('out')).toEqual(expected);
      expect(await side.texts('out', 'queued')).toEqual([]);
      expect(await readdir(downloadsFolder(side.home)).catch(() => [])).toEqual([]);
    }
  },
  60_000 + blows * 10_000 + messages * 20,
);
