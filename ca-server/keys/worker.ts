/** One thread that makes keys and locks them into .pfx files; see key-threads.ts. */
import { randomBytes } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { toPlainError } from '../../src/errors.js';
import { makeFreshKey } from '../../src/pki/fresh-key.js';
import { writePfx } from '../../src/pki/pfx.js';
import { poolRandom } from '../../src/pki/pooled-random.js';
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

const random = poolRandom(randomBytes);

async function answerTo(task: KeyTask): Promise<KeyAnswer> {
  if (task.type === 'keys') {
    const keys = await Promise.all(Array.from({ length: task.count }, () => makeFreshKey(task.keyType)));
    return keys.map(keyToWire);
  }
  const chain = task.chain.map(({ buffer }) => Buffer.from(buffer));
  return toWire(await writePfx({ key: keyFromWire(task.key), chain }, { ...task.options, random }));
}

const reply = postTogether<Reply>((replies) => parentPort?.postMessage(replies));

parentPort?.on('message', (posts: readonly Post[]) => {
  for (const { id, task } of posts) {
    answerTo(task).then(
      (answer) => reply({ id, answer }),
      (error) => reply({ id, error: toPlainError(error, 'a key or its file could not be made') }),
    );
  }
});
