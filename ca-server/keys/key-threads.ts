/** Makes keys and .pfx files in threads of their own (worker.ts): one less than there are cores, and one at least. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { fromPlainError, QTChatError } from '../../src/errors.js';
import type { KeyType } from '../../src/pki/key-type.js';
import type { KeyMaker } from './key-maker.js';
import { KeyPool } from './key-pool.js';
import {
  type KeyAnswer,
  type KeyTask,
  keyFromWire,
  keyToWire,
  type Post,
  postTogether,
  type Reply,
  toWire,
} from './thread-wire.js';

/** Threads that make keys. */
export interface KeyThreads extends KeyMaker {
  /** Ends them; what is being made is refused. */
  close(): Promise<void>;
}

/**
 * Makes keys of a kind; threads start when they are first needed.
 *
 * @param program - path of worker.ts as it was built
 * @param ahead - begin at once, before a key is asked for
 */
export function startKeyThreads(type: KeyType, program: string, { ahead }: { readonly ahead: boolean }): KeyThreads {
  const threads = Array.from({ length: Math.max(1, availableParallelism() - 1) }, () => new KeyThread(program));
  const idlest = (): KeyThread => threads.reduce((best, thread) => (thread.inWork < best.inWork ? thread : best));
  const makeKeys = async (count: number) =>
    (await idlest().ask({ type: 'keys', keyType: type, count } as const)).map(keyFromWire);
  const pool = new KeyPool(type, makeKeys);
  if (ahead) pool.fill();
  return {
    makeKey: () => pool.take(),
    lock: async ({ key, chain }, options) => {
      const content = { key: keyToWire(key), chain: chain.map(toWire) };
      return Buffer.from((await idlest().ask({ type: 'file', ...content, options } as const)).buffer);
    },
    close: async () => {
      pool.close();
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** What a thread makes is gone with the next answer. Unasked, V8 lets such a heap grow by tens of megabytes over the days. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 };

interface Waiting {
  readonly resolve: (answer: KeyAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** One thread, started when it is first needed, and again after it has failed. */
class KeyThread {
  readonly #program: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #post = postTogether<Post>((posts) => {
    if (this.#isClosed) this.#refuseAll();
    else (this.#worker ?? this.#start()).postMessage(posts);
  });
  #worker: Worker | undefined;
  #nextId = 0;
  #isClosed = false;

  constructor(program: string) {
    this.#program = program;
  }

  get inWork(): number {
    return this.#waiting.size;
  }

  /** @throws {QTChatError} what the thread answers with; `ERR_INTERNAL` when it ends before */
  async ask<Task extends KeyTask>(task: Task): Promise<KeyAnswer<Task>> {
    if (this.#isClosed) throw gone();
    const id = this.#nextId++;
    const answer = new Promise<KeyAnswer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#post({ id, task });
    return (await answer) as KeyAnswer<Task>;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { resourceLimits });
    // What there is to say of an error is said by the end that follows.
    worker.on('error', () => {});
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#refuseAll();
    });
    worker.on('message', (replies: readonly Reply[]) => {
      for (const reply of replies) this.#take(reply);
    });
    this.#worker = worker;
    return worker;
  }

  #refuseAll(): void {
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('answer' in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(fromPlainError(reply.error));
  }
}

function gone(): QTChatError {
  return new QTChatError('ERR_INTERNAL', 'the thread that makes keys has ended');
}
