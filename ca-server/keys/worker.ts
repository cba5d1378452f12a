/** One thread that makes keys and locks them into .pfx files; see key-threads.ts. */
import { randomBytes } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { toPlainError } from '../../src/errors.js';
import { makeFreshKey } from '../../src/pki/fresh-key.js';
import { writePfx } from '../../src/pki/pfx.js';
import { poolRandom } from '../../src/pki/pooled-random.js';
import { type KeyAnswer, type KeyTask, keyFromWire, keyToWire, toWire } from './thread-wire.js';

const random = poolRandom(randomBytes);

async function answerTo(task: KeyTask): Promise<KeyAnswer> {
  if (task.type === 'keys') {
    const keys = await Promise.all(Array.from({ length: task.count }, () => makeFreshKey(task.keyType)));
    return keys.map(keyToWire);
  }
  const chain = task.chain.map(({ buffer }) => Buffer.from(buffer));
  return toWire(await writePfx({ key: keyFromWire(task.key), chain }, { ...task.options, random }));
}

parentPort?.on('message', ({ id, task }: { id: number; task: KeyTask }) => {
  answerTo(task).then(
    (answer) => parentPort?.postMessage({ id, answer }),
    (error) => parentPort?.postMessage({ id, error: toPlainError(error, 'a key or its file could not be made') }),
  );
});
