// Stops the PostgreSQL server of the tests, if one was started, and removes its folder.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export default async function teardown() {
  const folder = process.env.QTCHAT_TEST_POSTGRES;
  const pidFile = join(folder, 'data', 'postmaster.pid');
  if (existsSync(pidFile)) {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0]);
    process.kill(pid, 'SIGQUIT'); // immediate: nothing in it is to be kept
    while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  rmSync(folder, { recursive: true, force: true });
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
