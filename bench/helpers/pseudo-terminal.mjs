// A program on a pseudo-terminal of its own, by `script` of util-linux: what it draws comes as it is, and keys can be typed.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** Starts a program on a terminal; `onOutput` hears what it draws, an octet a character. */
export function onTerminal(argv, { onOutput, env = {}, size: { rows, columns } = { rows: 24, columns: 80 } }) {
  const quoted = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const { CI: _ci, CONTINUOUS_INTEGRATION: _continuous, ...rest } = process.env;
  const child = spawn('script', ['-qfec', `stty rows ${rows} cols ${columns}; exec ${quoted}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...rest, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
  });
  child.stdout.on('data', (chunk) => onOutput(chunk.toString('latin1')));
  return {
    type: (text) => child.stdin.write(text),
    /** Makes the terminal larger or smaller; the program is told. */
    resize(size) {
      const terminal = readlinkSync(`/proc/${this.pid}/fd/0`);
      execFileSync('stty', ['-F', terminal, 'rows', String(size.rows), 'cols', String(size.columns)]);
    },
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
