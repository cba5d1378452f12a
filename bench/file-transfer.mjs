// How fast a file goes from `qtchat send` to `qtchat listen`, against a bare TLS pipe between two Node
// processes in the same run, and how much memory both ends take. The built program is measured, on
// loopback, with everything on: mutual TLS, SHA-256 on both sides, fsync before the confirmation.
//
//   node bench/file-transfer.mjs [MiB]        default 1024
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, readFileSync, statSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';

const sizeMiB = Number(process.argv[2] ?? 1024);
const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin/run.js');
const blockBytes = 1024 * 1024;

if (process.argv[2] === 'pipe-server') await runPipeServer(process.argv[3], process.argv[4]);
else if (process.argv[2] === 'pipe-client')
  await runPipeClient(process.argv[3], process.argv[4], Number(process.argv[5]));
else await main();

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  try {
    const alice = join(folder, 'alice');
    const bob = join(folder, 'bob');
    await qtchat(alice, 'ca', 'init', '--no-password');
    await qtchat(alice, 'cert', 'issue', 'alice', '--me', '--ip', '127.0.0.1');
    await qtchat(alice, 'cert', 'issue', 'bob', '--pfx', '--pfx-password-file', '-', '--out', folder);
    await qtchat(
      bob,
      'cert',
      'import',
      join(folder, 'bob.pfx'),
      '--pfx-password-file',
      '-',
      '--root-file',
      join(alice, 'ca/root.pem'),
    );
    const file = join(folder, 'film.bin');
    await writeRandom(file, sizeMiB);

    const identity = join(alice, 'identities/alice');
    const pipe = await measurePipe(identity, file);
    const stored = await measurePipe(identity, file, join(folder, 'stored.bin'));
    const transfer = await measureTransfer(alice, bob, join(folder, 'inbox'), file);
    const speed = (seconds) => ((sizeMiB * blockBytes) / 1e6 / seconds).toFixed(0);
    console.log(`size            ${sizeMiB} MiB`);
    console.log(`bare TLS pipe   ${speed(pipe.seconds)} MB/s (read, encrypt, count)`);
    console.log(`... and stored  ${speed(stored.seconds)} MB/s (the same, written and flushed by the far end)`);
    console.log(`qtchat          ${speed(transfer.seconds)} MB/s (mutual TLS, SHA-256 twice, written and flushed)`);
    console.log(
      `ratio           ${(pipe.seconds / transfer.seconds).toFixed(2)} to the bare pipe, ${(stored.seconds / transfer.seconds).toFixed(2)} to the pipe that stores`,
    );
    console.log(`peak memory     send ${transfer.sendMB} MB, listen ${transfer.listenMB} MB`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureTransfer(alice, bob, inbox, file) {
  const listener = start(alice, 'listen', '--save', inbox, '--listen', '127.0.0.1:0', '--json');
  const { port } = await line(listener, (event) => event.event === 'listening');
  const started = line(listener, (event) => event.event === 'fileStarted');
  const done = line(listener, (event) => event.event === 'fileDone');
  const sender = start(bob, 'send', `127.0.0.1:${port}`, '--file', file, '--json');
  const watch = watchMemory([sender, listener]);
  const { at: begin } = await started;
  const { at: end } = await done;
  await ended(sender);
  const [sendMB, listenMB] = watch();
  listener.kill('SIGTERM');
  await ended(listener);
  return { seconds: (Date.parse(end) - Date.parse(begin)) / 1000, sendMB, listenMB };
}

async function measurePipe(identity, file, target = '') {
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), 'pipe-server', identity, target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { port } = await line(server, (event) => event.port);
  const finished = line(server, (event) => event.seconds);
  spawn(process.execPath, [fileURLToPath(import.meta.url), 'pipe-client', identity, file, String(port)], {
    stdio: 'inherit',
  });
  const { seconds } = await finished;
  await ended(server);
  return { seconds };
}

function tlsOptions(identity) {
  const read = (name) => readFileSync(join(identity, name));
  return { key: read('key.pem'), cert: read('cert.pem'), ca: read('root.pem'), minVersion: 'TLSv1.3' };
}

function runPipeServer(identity, target) {
  const server = createServer({ ...tlsOptions(identity), requestCert: true }, (socket) => {
    const start = performance.now();
    const finish = () => {
      console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
      server.close();
    };
    if (target === '') socket.on('data', () => {}).on('end', finish);
    else socket.pipe(createWriteStream(target, { flush: true, highWaterMark: blockBytes })).on('close', finish);
  });
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
}

function runPipeClient(identity, file, port) {
  const socket = connect(
    { ...tlsOptions(identity), port, host: '127.0.0.1', checkServerIdentity: () => undefined },
    () => {
      createReadStream(file, { highWaterMark: blockBytes }).pipe(socket);
    },
  );
}

async function writeRandom(path, count) {
  const { randomFillSync } = await import('node:crypto');
  const block = randomFillSync(Buffer.alloc(blockBytes));
  const handle = await open(path, 'w');
  for (let index = 0; index < count; index += 1) {
    block.writeUInt32BE(index);
    await handle.write(block);
  }
  await handle.close();
  if (statSync(path).size !== count * blockBytes) throw new Error('the file was not written whole');
}

/** Peak resident memory in MB, from Linux's own high-water mark. */
function watchMemory(children) {
  const peaks = children.map(() => 0);
  const timer = setInterval(() => {
    children.forEach(({ pid }, index) => {
      try {
        const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
        peaks[index] = Math.max(peaks[index], Number(peak));
      } catch {
        // It has ended, or this is not Linux.
      }
    });
  }, 20);
  return () => {
    clearInterval(timer);
    return peaks.map((kB) => Math.round((kB * 1024) / 1e6));
  };
}

function start(home, ...argv) {
  return spawn(process.execPath, [program, ...argv, '--home', home], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function qtchat(home, ...argv) {
  const child = spawn(process.execPath, [program, ...argv, '--home', home], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end('bench-only\n');
  if ((await ended(child)) !== 0) throw new Error(`qtchat ${argv.join(' ')} failed`);
}

function ended(child) {
  return child.exitCode === null ? new Promise((resolve) => child.once('close', resolve)) : child.exitCode;
}

/** The first JSON line of a child that matches; the last JSON value may also stand over several lines. */
function line(child, matches) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      for (const one of text.split('\n').slice(0, -1)) {
        try {
          const event = JSON.parse(one);
          if (matches(event)) resolve(event);
        } catch {
          // Not one line of JSON.
        }
      }
    });
    child.once('close', () => reject(new Error('a process ended too early')));
  });
}
