// Two members, Alice and Bob, with homes of their own, and what the benchmarks about files do with them.
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'bin/run.js');
export const MiB = 1024 * 1024;

/** Makes a circle of two below `folder`. @returns their homes */
export async function makeMembers(folder) {
  const [alice, bob] = [join(folder, 'alice'), join(folder, 'bob')];
  await qtchat(alice, 'ca', 'init', '--no-password');
  await qtchat(alice, 'cert', 'issue', 'alice', '--me', '--ip', '127.0.0.1');
  await qtchat(alice, 'cert', 'issue', 'bob', '--pfx', '--pfx-password-file', '-', '--out', folder);
  const pfx = ['cert', 'import', join(folder, 'bob.pfx'), '--pfx-password-file', '-'];
  await qtchat(bob, ...pfx, '--root-file', join(alice, 'ca/root.pem'));
  return { alice, bob };
}

/** Lets Bob send a file or folder to Alice. @returns how long it took, and what Bob and Alice needed */
export async function transfer({ alice, bob }, inbox, path) {
  const listener = start(alice, 'listen', '--save', inbox, '--listen', '127.0.0.1:0', '--json');
  const { port } = await line(listener, (event) => event.event === 'listening');
  const started = line(listener, (event) => event.event === 'fileStarted' || event.event === 'fileDone');
  const stored = line(listener, (event) => event.event === 'fileDone' || event.event === 'fileFailed');
  const before = performance.now();
  const sender = start(bob, 'send', `127.0.0.1:${port}`, '--file', path, '--json');
  const watch = watchUse([sender, listener]);
  const begin = Date.parse((await started).at);
  const { event } = await stored;
  if (event !== 'fileDone') throw new Error('the file did not arrive');
  const code = await ended(sender);
  if (code !== 0) throw new Error('send failed');
  const wholeSeconds = (performance.now() - before) / 1000;
  const { peaksMB, cpuSeconds } = watch();
  listener.kill('SIGTERM');
  await ended(listener);
  const end = Date.parse((await stored).at);
  return { seconds: (end - begin) / 1000, wholeSeconds, peaksMB, cpuSeconds };
}

/** Writes a file that cannot be compressed; all at once, and flushed. */
export async function writeRandom(path, sizeBytes) {
  const block = randomFillSync(Buffer.alloc(Math.min(MiB, sizeBytes)));
  const handle = await open(path, 'w');
  for (let written = 0; written < sizeBytes; written += block.length) {
    if (block.length >= 8) block.writeDoubleBE(written);
    await handle.write(block, 0, Math.min(block.length, sizeBytes - written));
  }
  await handle.sync();
  await handle.close();
  if (statSync(path).size !== sizeBytes) throw new Error('the file was not written whole');
}

/** Peak resident memory in MB, and seconds of processor time, as Linux counts them. */
function watchUse(children) {
  const peaks = children.map(() => 0);
  const seconds = children.map(() => 0);
  const timer = setInterval(() => {
    children.forEach(({ pid }, index) => {
      try {
        const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
        peaks[index] = Math.max(peaks[index], Number(peak));
        // User and system time, in ticks of 10 ms; the name in front may hold spaces.
        const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
        seconds[index] = (Number(user) + Number(system)) / 100;
      } catch {
        // It has ended, or this is not Linux.
      }
    });
  }, 50);
  return () => {
    clearInterval(timer);
    return { peaksMB: peaks.map((kB) => Math.round((kB * 1024) / 1e6)), cpuSeconds: seconds };
  };
}

/** Starts qtchat. */
export function start(home, ...argv) {
  return startWith('ignore', home, ...argv);
}

/** Starts qtchat, which goes on as long as its standard input does. */
export function startOpen(home, ...argv) {
  return startWith('pipe', home, ...argv);
}

function startWith(stdin, home, ...argv) {
  const nodeArguments = process.env.QTCHAT_BENCH_NODE?.split(' ') ?? [];
  return spawn(process.execPath, [...nodeArguments, program, ...argv, '--home', home], {
    stdio: [stdin, 'pipe', 'inherit'],
  });
}

async function qtchat(home, ...argv) {
  const child = spawn(process.execPath, [program, ...argv, '--home', home], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end('bench-only\n');
  if ((await ended(child)) !== 0) throw new Error(`qtchat ${argv.join(' ')} failed`);
}

/** Waits for the end of a process. @returns its exit code */
export function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return new Promise((resolve) => child.once('close', resolve));
}

/** The first JSON line of a child that matches, past lines excepted. */
export function line(child, matches) {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop();
      for (const one of lines) {
        const event = parse(one);
        if (event === undefined || !matches(event)) continue;
        child.stdout.off('data', onData);
        resolve(event);
      }
    };
    child.stdout.on('data', onData);
    child.once('close', () => reject(new Error('a process ended too early')));
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
