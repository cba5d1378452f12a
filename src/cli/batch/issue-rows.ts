/**
 * Issues what was reserved for a batch, on this thread or on all cores. The CA's key stays in this one:
 * the others plan, write, read back and verify, and ask for signatures.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fromPlainError, type PlainError, QTChatError } from '../../errors.js';
import type { ReservedRow, SignedMember } from '../../ledger/issue-many.js';
import type { Signer } from '../../ledger/signer.js';
import { packageRoot } from '../../package-root.js';
import { issueDer } from '../../pki/issue.js';
import type { Issuer } from '../../pki/issuer.js';
import { buildReservedPlan } from '../../pki/plan.js';
import type { Profile } from '../../pki/profile.js';
import { SubjectPublicKey } from '../../pki/subject-public-key.js';
import { refuseCancelled } from './cancelled.js';

/** What a worker is given at its start. */
export interface WorkerTask {
  readonly rows: readonly ReservedRow[];
  readonly profile: Profile;
  /** DER. */
  readonly chain: readonly Uint8Array[];
}

/** What a worker says, many at a time: a message takes longer than a signature. */
export type WorkerMessage =
  | { readonly type: 'sign'; readonly id: number; readonly tbs: readonly Uint8Array[] }
  | { readonly type: 'issued'; readonly rows: readonly SignedMember[] }
  | ({ readonly type: 'refused' } & PlainError);

/** What a worker is told: the signatures in the order in which it asked for them. */
export interface SignedMessage {
  readonly id: number;
  readonly signatures: readonly Uint8Array[];
}

/** How a batch is issued. */
export interface Issuing {
  readonly profile: Profile;
  readonly signer: Signer;
  /** The CA's key, unless it is in another process: then the signer there issues. */
  readonly issuer: Issuer | undefined;
  readonly signal: AbortSignal;
  /** Told how many certificates are made, whenever some are. */
  readonly progress: (done: number) => void;
}

/** Below this a worker takes longer to start than the certificates take. */
const rowsWorthWorkers = 500;

/** RSA signatures are made by OpenSSL's threads, so several are asked for at once. */
export const rowsAtOnce = 64;

/**
 * Issues the certificate of every row, in any order; nothing is stored.
 *
 * @throws {QTChatError} `ERR_CANCELLED`, and what planning, checking and issuing throw
 */
export async function issueRows(rows: readonly ReservedRow[], issuing: Issuing): Promise<SignedMember[]> {
  const { profile, signer, issuer, signal, progress } = issuing;
  const issued: SignedMember[] = [];
  const take = (more: readonly SignedMember[]): void => {
    for (const row of more) issued.push(row);
    progress(issued.length);
  };
  if (issuer === undefined || rows.length < rowsWorthWorkers) {
    const issue = (row: ReservedRow): Promise<SignedMember> =>
      issuer === undefined ? askFor(row, signer) : issueRow(row, profile, issuer);
    for (let start = 0; start < rows.length; start += rowsAtOnce) {
      refuseCancelled(signal);
      take(await Promise.all(rows.slice(start, start + rowsAtOnce).map(issue)));
      await new Promise(setImmediate); // for signals
    }
    return issued;
  }
  const cores = availableParallelism();
  const parts = Array.from({ length: cores }, (_, core) => rows.filter((_row, index) => index % cores === core));
  const task = { profile, chain: issuer.chain.map(({ raw }) => raw) };
  await Promise.all(parts.map((part) => runWorker({ ...task, rows: part }, { issuer, signal }, take)));
  return issued;
}

/** Issues the certificate of one row. */
export async function issueRow(row: ReservedRow, profile: Profile, issuer: Issuer): Promise<SignedMember> {
  const { spki, ...reserved } = row;
  const publicKey = SubjectPublicKey.parse(Buffer.from(spki));
  const der = await issueDer(buildReservedPlan({ ...reserved, publicKey }, profile, issuer), issuer);
  return { member: row.member, serialNumber: row.serialNumber, der };
}

async function askFor({ member, serialNumber }: ReservedRow, signer: Signer): Promise<SignedMember> {
  return { member, serialNumber, der: await signer.issue(serialNumber) };
}

async function runWorker(
  task: WorkerTask,
  { issuer, signal }: { issuer: Issuer; signal: AbortSignal },
  take: (rows: readonly SignedMember[]) => void,
): Promise<void> {
  refuseCancelled(signal);
  const worker = new Worker(join(packageRoot(), 'dist/batch-worker.js'), { workerData: task });
  const cancel = (): void => void worker.terminate();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (message: WorkerMessage) => {
        if (message.type === 'issued') take(message.rows);
        else if (message.type === 'sign') answer(worker, message, issuer).catch(reject);
        else reject(fromPlainError(message));
      });
      worker.on('error', reject);
      worker.on('exit', (code) => (code === 0 ? resolve() : reject(endedEarly())));
    });
  } catch (error) {
    refuseCancelled(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
    await worker.terminate();
  }
}

async function answer(
  worker: Worker,
  { id, tbs }: { id: number; tbs: readonly Uint8Array[] },
  issuer: Issuer,
): Promise<void> {
  const signatures = await Promise.all(tbs.map((octets) => issuer.sign(Buffer.from(octets))));
  worker.postMessage({ id, signatures } satisfies SignedMessage);
}

function endedEarly(): QTChatError {
  return new QTChatError('ERR_INTERNAL', 'a thread that issued certificates ended early');
}
