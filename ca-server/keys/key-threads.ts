/** Makes keys and .pfx files in threads of their own (worker.ts), one less than there are cores. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { QTChatError } from '../../src/errors.js';
import type { FreshKey } from '../../src/pki/fresh-key.js';
import type { KeyType } from '../../src/pki/key-type.js';
import { SubjectPublicKey } from '../../src/pki/subject-public-key.js';
import type { KeyMaker } from './key-maker.js';
import { KeyPool } from './key-pool.js';
import type { KeyAnswer, KeyTask, MadeKey } from './worker.js';

/**
 * Starts making keys of a kind.
 *
 * @param program - path of worker.ts as it was built
 */
export function startKeyThreads(type: KeyType, program: string): KeyMaker {
  const threads = Array.from({ length: Math.max(1, availableParallelism() - 1) }, () => new KeyThread(program));
  const ask = (task: KeyTask): Promise<KeyAnswer> =>
    threads.reduce((best, thread) => (thread.inWork < best.inWork ? thread : best)).ask(task);
  const pool = new KeyPool(type, async (count) => {
    const answer = await ask({ type: 'keys', keyType: type, count });
    return 'keys' in answer ? answer.keys.map(freshKeyFrom) : [];
  });
  pool.fill();
  return {
    makeKey: () => pool.take(),
    lock: async ({ key, chain }, options) => {
      const answer = await ask({ type: 'file', key: { spki: key.publicKey.der, pkcs8: key.pkcs8 }, chain, options });
      return Buffer.from('file' in answer ? answer.file : []);
    },
    close: async () => {
      pool.close();
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

function freshKeyFrom({ spki, pkcs8 }: MadeKey): FreshKey {
  return { publicKey: SubjectPublicKey.parse(Buffer.from(spki)), pkcs8: Buffer.from(pkcs8) };
}

interface Waiting {
  readonly resolve: (answer: KeyAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** One thread, started when it is first needed, and again after it has failed. */
class KeyThread {
  readonly #program: string;
  readonly #waiting = new Map<number, Waiting>();
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
  async ask(task: KeyTask): Promise<KeyAnswer> {
    if (this.#isClosed) throw ended();
    const worker = this.#worker ?? this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, task });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#program);
    // What there is to say of an error is said by the end that follows.
    worker.on('error', () => {});
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(ended());
      this.#waiting.clear();
    });
    worker.on('message', ({ id, answer }: { id: number; answer: KeyAnswer }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (!('code' in answer)) waiting?.resolve(answer);
      else waiting?.reject(new QTChatError(answer.code, answer.message, answer.hint ? { hint: answer.hint } : {}));
    });
    this.#worker = worker;
    return worker;
  }
}

function ended(): QTChatError {
  return new QTChatError('ERR_INTERNAL', 'a thread that made keys ended early');
}
