/** Issues the certificates of many members, each with a fresh key, on one thread or on all cores. */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, QTChatError } from '../../errors.js';
import { packageRoot } from '../../package-root.js';
import { issueDer } from '../../pki/issue.js';
import type { Issuer } from '../../pki/issuer.js';
import { generateKey, type KeyType } from '../../pki/key-type.js';
import { buildCertificatePlan, type PlanDeps } from '../../pki/plan.js';
import { privateKeyToPem } from '../../pki/private-key.js';
import type { Profile } from '../../pki/profile.js';
import type { BatchRow } from './read-batch.js';

/** What all certificates of a batch have in common. */
export interface BatchTerms {
  readonly profile: Profile;
  readonly keyType: KeyType;
  readonly validityDays: number;
}

/** A row with its certificate (DER) and its key (PKCS #8 in PEM). */
export interface IssuedRow extends BatchRow {
  readonly der: Uint8Array;
  readonly keyPem: string;
}

/** What a worker is given at its start. */
export interface WorkerTask {
  readonly rows: readonly BatchRow[];
  readonly terms: BatchTerms;
  /** DER. */
  readonly chain: readonly Uint8Array[];
  readonly nowMs: number;
}

/** What a worker says: it asks for signatures, the key stays here. */
export type WorkerMessage =
  | { readonly type: 'sign'; readonly id: number; readonly tbs: Uint8Array }
  | { readonly type: 'issued'; readonly row: IssuedRow }
  // An error of ours would arrive as any other: threads pass on no classes.
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined };

/** What a worker is told. */
export interface SignedMessage {
  readonly id: number;
  readonly signature: Uint8Array;
}

/** Below this a worker takes longer to start than the certificates take. */
const rowsWorthWorkers = 200;

/**
 * Issues a certificate for every row, in any order; nothing is recorded.
 *
 * @param progress - told how many are done, whenever one is
 * @throws {QTChatError} what planning, checking and issuing throw
 */
export async function issueRows(
  rows: readonly BatchRow[],
  terms: BatchTerms,
  issuer: Issuer,
  deps: PlanDeps,
  progress: (done: number) => void,
): Promise<IssuedRow[]> {
  const issued: IssuedRow[] = [];
  const take = (row: IssuedRow): void => {
    issued.push(row);
    progress(issued.length);
  };
  if (rows.length < rowsWorthWorkers) {
    for (const row of rows) take(await issueRow(row, terms, issuer, deps));
    return issued;
  }
  const cores = availableParallelism();
  const parts = Array.from({ length: cores }, (_, core) => rows.filter((_row, index) => index % cores === core));
  const task = { terms, chain: issuer.chain.map(({ raw }) => raw), nowMs: deps.clock().getTime() };
  await Promise.all(parts.map((part) => runWorker({ ...task, rows: part }, issuer, take)));
  return issued;
}

/** Issues the certificate of one row. */
export async function issueRow(row: BatchRow, terms: BatchTerms, issuer: Issuer, deps: PlanDeps): Promise<IssuedRow> {
  const key = await generateKey(terms.keyType);
  const request = { ...row, publicKey: createPublicKey(key), validityDays: terms.validityDays };
  const der = await issueDer(buildCertificatePlan(request, terms.profile, issuer, deps), issuer);
  return { ...row, der, keyPem: privateKeyToPem(key) };
}

async function runWorker(task: WorkerTask, issuer: Issuer, take: (row: IssuedRow) => void): Promise<void> {
  const worker = new Worker(join(packageRoot(), 'dist/batch-worker.js'), { workerData: task });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (message: WorkerMessage) => {
        if (message.type === 'issued') take(message.row);
        else if (message.type === 'sign') answer(worker, message, issuer).catch(reject);
        else
          reject(
            new QTChatError(message.code, message.message, message.hint === undefined ? {} : { hint: message.hint }),
          );
      });
      worker.on('error', reject);
      worker.on('exit', (code) => (code === 0 ? resolve() : reject(endedEarly())));
    });
  } finally {
    await worker.terminate();
  }
}

async function answer(worker: Worker, { id, tbs }: { id: number; tbs: Uint8Array }, issuer: Issuer): Promise<void> {
  const message: SignedMessage = { id, signature: await issuer.sign(Buffer.from(tbs)) };
  worker.postMessage(message);
}

function endedEarly(): QTChatError {
  return new QTChatError('ERR_INTERNAL', 'a thread that issued certificates ended early');
}

/** The certificate of a row, opened. */
export function certificateOf({ der }: IssuedRow): X509Certificate {
  return new X509Certificate(der);
}
