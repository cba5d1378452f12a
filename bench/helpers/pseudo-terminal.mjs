// A program on a pseudo-terminal of its own, by `script` of util-linux: what it draws comes as it is, and keys can be typed.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Starts a program on a terminal of 80 × 24; `onOutput` hears what it draws. */
export function onTerminal(argv, { onOutput, env = {} }) {
  const quoted = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const { CI: _ci, CONTINUOUS_INTEGRATION: _continuous, ...rest } = process.env;
  const child = spawn('script', ['-qfec', `stty rows 24 cols 80; exec ${quoted}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...rest, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
  });
  child.stdout.on('data', (chunk) => onOutput(chunk.toString('latin1')));
  return {
    type: (text) => child.stdin.write(text),
    ended: new Promise((resolve) => child.once('exit', resolve)),
    /** The process of the program itself. */
    get pid() {
      return Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0]);
    },
  };
}

/** CPU time of a process, in milliseconds, and its memory, in octets. */
export function usageOf(pid) {
  // Behind the name, which may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, residentBytes: pages * 4096 };
}
