/**
 * One thread of `cert issue --batch`: plans, checks, writes and reads back certificates. It has no CA
 * key: for signatures it asks the thread that started it, for many at once.
 */
import { X509Certificate } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { isQTChatError, toPlainError } from '../../errors.js';
import type { Issuer } from '../../pki/issuer.js';
import { issueRow, rowsAtOnce, type SignedMessage, type WorkerMessage, type WorkerTask } from './issue-rows.js';

const say = (message: WorkerMessage): void => parentPort?.postMessage(message);

/** An issuer that collects what is to be signed until nothing else is left to do, and asks for all of it. */
function collectingIssuer(chain: readonly X509Certificate[]): Issuer {
  type Waiting = { tbs: Buffer; resolve: (signature: Buffer) => void };
  const asked = new Map<number, readonly Waiting[]>();
  let collected: Waiting[] = [];
  let id = 0;
  const ask = (): void => {
    id += 1;
    asked.set(id, collected);
    say({ type: 'sign', id, tbs: collected.map(({ tbs }) => tbs) });
    collected = [];
  };
  parentPort?.on('message', ({ id, signatures }: SignedMessage) => {
    for (const [index, { resolve }] of (asked.get(id) ?? []).entries())
      resolve(Buffer.from(signatures[index] ?? Buffer.alloc(0)));
    asked.delete(id);
  });
  const sign = (tbs: Buffer): Promise<Buffer> =>
    new Promise((resolve) => {
      if (collected.push({ tbs, resolve }) === 1) setImmediate(ask);
    });
  return { chain, sign };
}

async function work({ rows, profile, chain }: WorkerTask): Promise<void> {
  const issuer = collectingIssuer(chain.map((der) => new X509Certificate(der)));
  const issueGroup = async (start: number): Promise<void> => {
    const group = rows.slice(start, start + rowsAtOnce);
    say({ type: 'issued', rows: await Promise.all(group.map((row) => issueRow(row, profile, issuer))) });
  };
  // Two groups at a time: one is worked on while the signatures of the other are being made.
  let next = 0;
  const line = async (): Promise<void> => {
    for (let start = next; start < rows.length; start = next) {
      next = start + rowsAtOnce;
      await issueGroup(start);
    }
  };
  await Promise.all([line(), line()]);
  parentPort?.close();
}

try {
  await work(workerData as WorkerTask);
} catch (error) {
  if (!isQTChatError(error)) throw error;
  say({ type: 'refused', ...toPlainError(error, '') });
}
