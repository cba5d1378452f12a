// Processes of a benchmark, and what they tell each other.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Starts a program of a benchmark with what it has to know in its environment; `where` tells fork how to run it. */
export function start(program, environment, processes, where = {}) {
  const env = { ...process.env, ...environment };
  const child = fork(program, process.argv.slice(2), {
    env,
    ...where,
    execArgv: [...(where.execArgv ?? []), ...process.execArgv, '--expose-gc'],
  });
  processes.push(child);
  return child;
}

/** The next message of a process; its troubles are ours. */
export async function next(child) {
  const ended = once(child, 'exit').then(() => [{ error: 'a process of the benchmark ended early' }]);
  const [message] = await Promise.race([once(child, 'message'), ended]);
  if (message?.error !== undefined) throw new Error(message.error);
  return message;
}

/** Ends what was started. */
export async function endAll(processes) {
  for (const child of processes) child.kill();
  await Promise.all(processes.map((child) => (child.exitCode ?? child.signalCode) === null && once(child, 'exit')));
}

/** CPU time of this process since `before`, all threads; milliseconds. */
export function cpuMs(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
