/**
 * What runs in a home right now: each long-running command leaves one small file in `run/` while it
 * lives. A file whose process is gone is a leftover of a crash and is taken away by whoever looks.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import type { Home } from './home.js';
import { createFolder, readBoundedFile, writeFileSafely } from './private-file.js';

/** A command that stays until it is asked to end. */
export type Service = 'autoca' | 'chat' | 'listen';

/** One running command. */
export interface Running {
  readonly service: Service;
  /** Operating-system process id. */
  readonly pid: number;
  /** The TCP port it listens on. */
  readonly port: number;
}

// What is being written has another name.
const announcement = /^(?:autoca|chat|listen)-\d+\.json$/;

/**
 * Says that this process runs in `home`, until the returned function is called.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function announceRunning(home: Home, running: Running): Promise<() => Promise<void>> {
  const path = join(runFolder(home), `${running.service}-${running.pid}.json`);
  await createFolder(runFolder(home));
  await writeFileSafely(path, `${JSON.stringify(running)}\n`, { mode: 0o600, existing: 'replace' });
  return () => rm(path, { force: true });
}

/** All that runs in `home`, by service. */
export async function listRunning(home: Home): Promise<Running[]> {
  const entries = await readdir(runFolder(home)).catch(() => []);
  const names = entries.filter((name) => announcement.test(name)).sort();
  const found = await Promise.all(names.map((name) => readRunning(join(runFolder(home), name))));
  return found.filter((running) => running !== undefined);
}

async function readRunning(path: string): Promise<Running | undefined> {
  try {
    const value = JSON.parse((await readBoundedFile(path)).toString('utf8')) as Partial<Running>;
    const { service, pid, port } = value;
    if (
      (service === 'autoca' || service === 'chat' || service === 'listen') &&
      isAlive(pid) &&
      Number.isInteger(port)
    ) {
      return { service, pid, port: port as number };
    }
  } catch {
    // Unreadable is as good as absent: the file says nothing that is needed.
  }
  await rm(path, { force: true });
  return undefined;
}

/** Whether a process of that id runs on this machine. */
export function isAlive(pid: unknown): pid is number {
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user is there, though we may not signal it.
    return systemErrorCode(error) === 'EPERM';
  }
}

function runFolder(home: Home): string {
  return join(home.folder, 'run');
}
