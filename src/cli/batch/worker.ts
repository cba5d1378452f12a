/**
 * One thread of `cert issue --batch`: makes keys, plans, checks and reads back certificates. It has no
 * CA key: for every signature it asks the thread that started it.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { isQTChatError } from '../../errors.js';
import type { Issuer } from '../../pki/issuer.js';
import { issueRow, type SignedMessage, type WorkerMessage, type WorkerTask } from './issue-rows.js';

/** Enough rows in work to keep this thread busy while signatures are on their way. */
const rowsAtOnce = 16;

async function work(task: WorkerTask, say: (message: WorkerMessage) => void): Promise<void> {
  const waiting = new Map<number, (signature: Buffer) => void>();
  parentPort?.on('message', ({ id, signature }: SignedMessage) => {
    waiting.get(id)?.(Buffer.from(signature));
    waiting.delete(id);
  });
  let id = 0;
  const issuer: Issuer = {
    chain: task.chain.map((der) => new X509Certificate(der)),
    sign: (tbs) =>
      new Promise((resolve) => {
        id += 1;
        waiting.set(id, resolve);
        say({ type: 'sign', id, tbs });
      }),
  };
  const deps = { clock: () => new Date(task.nowMs), random: randomBytes };
  const rows = task.rows.values();
  const next = async (): Promise<void> => {
    for (const row of rows) say({ type: 'issued', row: await issueRow(row, task.terms, issuer, deps) });
  };
  await Promise.all(Array.from({ length: rowsAtOnce }, next));
  parentPort?.close();
}

const say = (message: WorkerMessage): void => parentPort?.postMessage(message);
try {
  await work(workerData as WorkerTask, say);
} catch (error) {
  if (!isQTChatError(error)) throw error;
  const { code, message, hint } = error;
  say({ type: 'refused', code, message, hint });
}
