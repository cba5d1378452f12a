// How long texts take while a file goes the same way over the same line, against an idle line: 99 hundredths of all take less.
// From the call until the sender knows that the receiver has the text on its disk. Two processes, and a line of 20 Mbit/s between them
// that all of their connections share: 10 ms each way, and a buffer of one bandwidth-delay product (50 kB) in front of it.
//
//   node bench/message-beside-file.mjs [seconds] [Mbit/s] [ms each way] [buffer in kB]        default 12, 20, 10, 50
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundle, load } from './helpers/bundle.mjs';
import { converse, makeMembers, modules } from './helpers/members.mjs';
import { endAll, next, start } from './helpers/processes.mjs';
import { quantile } from './helpers/quantile.mjs';
import { openSlowLine } from './helpers/slow-line.mjs';

const [seconds = 12, megabitsPerSecond = 20, delayMs = 10, bufferKb = 50] = process.argv.slice(2).map(Number);
const intervalMs = 40;

const roles = { receiver: receive, sender: send };
await (roles[process.env.BENCH_ROLE] ?? main)();

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  const bundled = await bundle(modules);
  const processes = [];
  const program = fileURLToPath(import.meta.url);
  const environment = { BENCH_FOLDER: folder, BENCH_BUNDLE: bundled };
  try {
    await makeMembers(bundled, folder, ['alice', 'bob']);
    const sizeBytes = Math.ceil((1.5 * seconds * megabitsPerSecond * 1e6) / 8);
    await writeFile(join(folder, 'film.bin'), randomBytes(sizeBytes));
    const { port } = await next(start(program, { ...environment, BENCH_ROLE: 'receiver' }, processes));
    const line = await openSlowLine(port, { megabitsPerSecond, delayMs, bufferBytes: bufferKb * 1000 });
    const sender = start(program, { ...environment, BENCH_ROLE: 'sender', BENCH_PORT: line }, processes);
    const { idle, busy, fileBytes } = await next(sender);
    const at = (times, part) => quantile(times, part).toFixed(1);
    const describe = (times) => `p50 ${at(times, 0.5)} ms, p99 ${at(times, 0.99)} ms of ${times.length}`;
    const ratio = (quantile(busy, 0.99) / quantile(idle, 0.99)).toFixed(2);
    const rate = ((8 * fileBytes) / 1e6 / seconds).toFixed(1);
    console.log(
      `text's p99 beside a file ÷ idle  ${ratio} (${megabitsPerSecond} Mbit/s, ${2 * delayMs} ms there and back)`,
    );
    console.log(`beside a file                    ${describe(busy)}; the file at ${rate} Mbit/s`);
    console.log(`idle                             ${describe(idle)}`);
  } finally {
    await endAll(processes);
    for (const one of [folder, bundled]) await rm(one, { recursive: true, force: true });
  }
}

async function receive() {
  const all = await load(process.env.BENCH_BUNDLE);
  const home = { folder: join(process.env.BENCH_FOLDER, 'alice') };
  const conversation = await converse(all, home, { listen: { host: '127.0.0.1', ports: [0] }, onEvent: () => {} });
  process.send({ port: conversation.listeningPort });
}

async function send() {
  const all = await load(process.env.BENCH_BUNDLE);
  const home = { folder: join(process.env.BENCH_FOLDER, 'bob') };
  const begun = new Map();
  const waiting = new Map();
  const heard = (type) => new Promise((resolve) => waiting.set(type, resolve));
  let times = [];
  let doneBytes = 0;
  const conversation = await converse(all, home, {
    who: `127.0.0.1:${process.env.BENCH_PORT}`,
    onEvent: (event) => {
      waiting.get(event.type)?.();
      if (event.type === 'fileProgress') doneBytes = event.doneBytes;
      if (event.type === 'fileFailed' || event.type === 'fileDone') process.send({ error: `${event.type} too early` });
      if (event.type === 'delivered') times.push(performance.now() - begun.get(event.id));
    },
  });
  await heard('connected');
  await talk(1);
  const idle = await talk(seconds);
  await conversation.files.send('alice', join(process.env.BENCH_FOLDER, 'film.bin'));
  await heard('fileProgress');
  await talk(1);
  const before = doneBytes;
  const busy = await talk(seconds);
  process.send({ idle, busy, fileBytes: doneBytes - before });

  async function talk(forSeconds) {
    times = [];
    const count = (forSeconds * 1000) / intervalMs;
    for (let index = 0; index < count; index += 1) {
      const started = performance.now();
      // Its id is known before anybody can have answered.
      begun.set(await conversation.messages.send('alice', 'x'.repeat(200)), started);
      await setTimeout(Math.max(0, intervalMs - (performance.now() - started)));
    }
    while (times.length < Math.floor(count)) await heard('delivered');
    return times;
  }
}
