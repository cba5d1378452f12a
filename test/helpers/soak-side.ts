/** One member of a soak: its process comes and goes, what it has to say and to send goes on. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { appendFileSync, createReadStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ConversationDatabase, openConversationStore } from '../../src/store/conversation-store.js';
import { downloadsFolder } from '../../src/store/home.js';
import { openHomeKey, type RecordCipher } from '../../src/store/home-key.js';
import { Program } from './program.js';
import type { Switchboard } from './switchboard.js';

/** Lines typed and not known to be delivered. */
const textsAhead = 20;
const filesAhead = 4;
/** Where all that processes say is written, for whoever wants to know what led to a failure. */
const log = process.env.QTCHAT_SOAK_LOG;

interface Line {
  readonly event: string;
  readonly port?: number;
  readonly direction?: 'in' | 'out';
  readonly name?: string;
  readonly command?: string;
  readonly ref?: string;
}

/** A file that is to be sent: named to nobody yet, typed, known to be on the list on disk, or with the peer. */
interface OutgoingFile {
  readonly name: string;
  readonly sizeBytes: number;
  state: 'made' | 'typed' | 'listed' | 'done';
}

/** One member. */
export class SoakSide {
  readonly home: { folder: string };
  /** Leads to where it listens now. */
  readonly board: Switchboard;
  /** Texts known to be delivered, as its processes have said. */
  delivered = 0;
  /** Files that have begun to move, and that have arrived, as its processes have said. */
  started = 0;
  arrived = 0;
  /** What must not happen, as its processes have said. */
  readonly troubles: string[] = [];
  readonly #onEvent: () => void;
  readonly #name: string;
  readonly #folder: string;
  readonly #files: OutgoingFile[] = [];
  #allowed = 0;
  #typed = 0;
  #program: Program | undefined;

  /** @param onEvent - called whenever its process says anything */
  constructor(folder: string, name: string, board: Switchboard, onEvent: () => void) {
    this.board = board;
    this.#name = name;
    this.home = { folder: join(folder, name) };
    this.#folder = join(folder, `${name}-sends`);
    this.#onEvent = onEvent;
  }

  /** Files that the peer has. */
  get filesDone(): number {
    return this.#files.filter(({ state }) => state === 'done').length;
  }

  /** Starts a process, which dials `peer`. */
  async start(peer: SoakSide): Promise<void> {
    await this.#takeStock();
    const who = `127.0.0.1:${peer.board.port}`;
    const argv = ['chat', '--json', '--listen', '127.0.0.1:0', '--peer', who];
    const program = new Program(argv, { home: this.home.folder });
    this.#program = program;
    program.child.stdin?.on('error', () => {});
    if (program.child.stdout === null) throw new Error('no output');
    await new Promise<void>((resolve) => {
      createInterface({ input: program.child.stdout as NonNullable<typeof program.child.stdout> }).on(
        'line',
        (line) => {
          const said = JSON.parse(line) as Line;
          if (log !== undefined) appendFileSync(log, `${this.#name} ${line}\n`);
          this.#note(said);
          if (said.event === 'listening') resolve(this.board.leadTo(said.port ?? 0));
          this.#type();
          this.#onEvent();
        },
      );
    });
  }

  /** Lets it say so many texts in all. */
  allowTexts(count: number): void {
    this.#allowed = count;
    this.#type();
  }

  /** Lets it send one more file, of random octets. */
  async allowFile(name: string, sizeBytes: number): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const key = createHash('sha256').update(name).digest();
    const octets = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
    await writeFile(join(this.#folder, name), octets);
    this.#files.push({ name, sizeBytes, state: 'made' });
    this.#type();
  }

  /** Kills its process; resolves when all that it has said was heard. */
  async kill(): Promise<void> {
    this.board.leadNowhere();
    await this.#program?.stop('SIGKILL');
    this.#program = undefined;
  }

  /** Ends all of it. */
  async stop(): Promise<void> {
    await this.kill();
    await this.board.stop();
  }

  /** The texts of its store, in their order; those queued alone, where asked for. */
  texts(direction: 'in' | 'out', state?: 'queued'): Promise<string[]> {
    return this.#withStore(async (database, cipher) => {
      let query = database
        .selectFrom('messages')
        .selectAll()
        .where('kind', '=', 'text')
        .where('direction', '=', direction);
      if (state !== undefined) query = query.where('state', '=', state);
      const rows = await query.orderBy('id').execute();
      return rows.map((row) => cipher.open(row.body, ['messages', `${direction}/${row.uuid}`, row.conversation]));
    });
  }

  /** Names and SHA-256 of all that lies where it receives. */
  async received(): Promise<Record<string, string>> {
    return digestsIn(downloadsFolder(this.home));
  }

  /** Names and SHA-256 of all that it was to send. */
  async sent(): Promise<Record<string, string>> {
    return digestsIn(this.#folder);
  }

  /** How many files are still on its list on disk. */
  async countListed(): Promise<number> {
    return (await this.#listed()).size;
  }

  /** Learns from its store what became of what the last process was told. */
  async #takeStock(): Promise<void> {
    // What has reached the outbox goes out by itself; all else was lost with the process that was to read it.
    this.#typed = (await this.texts('out')).length;
    // What was delivered may have been said by a process that could not say so any more.
    this.delivered = this.#typed - (await this.texts('out', 'queued')).length;
    const listed = await this.#listed();
    for (const file of this.#files) {
      if (listed.has(file.name)) file.state = 'listed';
      else if (file.state === 'typed') file.state = 'made';
      else if (file.state === 'listed') file.state = 'done';
    }
  }

  #listed(): Promise<Set<string>> {
    return this.#withStore(async (database, cipher) => {
      const rows = await database.selectFrom('outgoing_files').selectAll().execute();
      return new Set(
        rows.map(({ id, conversation, path }) => basename(cipher.open(path, ['outgoing_files', id, conversation]))),
      );
    });
  }

  async #withStore<Result>(
    action: (database: ConversationDatabase, cipher: RecordCipher) => Promise<Result>,
  ): Promise<Result> {
    const database = await openConversationStore(this.home);
    try {
      return await action(database, await openHomeKey(this.home, { random: randomBytes }));
    } finally {
      await database.destroy();
    }
  }

  #note(line: Line): void {
    const { event, direction, name, command, ref } = line;
    if (event === 'delivered') this.delivered += 1;
    if (event === 'fileStarted') this.started += 1;
    if (event === 'fileDone' && direction === 'in') this.arrived += 1;
    const file = this.#files.find((one) => one.name === (command === 'file' ? ref : name));
    if (event === 'done' && file?.state === 'typed') file.state = 'listed';
    if (event === 'fileDone' && direction === 'out' && file !== undefined) file.state = 'done';
    // Who is cut off in a handshake is refused; that is no trouble.
    const isTrouble = ['error', 'fileFailed', 'fileDeclined', 'changeRefused'].includes(event);
    if (isTrouble) this.troubles.push(JSON.stringify(line));
  }

  #type(): void {
    while (this.#typed < this.#allowed && this.#typed - this.delivered < textsAhead) {
      this.#program?.type(JSON.stringify({ command: 'send', text: `text ${this.#typed}` }));
      this.#typed += 1;
    }
    for (const file of this.#files.filter(({ state }) => state === 'made')) {
      const underWay = this.#files.filter(({ state }) => state === 'typed' || state === 'listed').length;
      if (underWay >= filesAhead || this.#program === undefined) return;
      const path = join(this.#folder, file.name);
      this.#program.type(JSON.stringify({ command: 'file', path, ref: file.name }));
      file.state = 'typed';
    }
  }
}

async function digestsIn(folder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    const hash = createHash('sha256');
    for await (const octets of createReadStream(join(folder, name))) hash.update(octets as Buffer);
    digests[name] = hash.digest('hex');
  }
  return digests;
}
