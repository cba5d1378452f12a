// How fast a file goes over a path that loses packets, by one connection and by as many as pay, and how many those were. Two
// processes in network namespaces of their own, and between them a line of 100 Mbit/s, 20 ms each way, with a buffer of one
// bandwidth-delay product (500 kB), that loses a share of all packets by chance. From the first word of the file to its name.
//
//   node bench/lossy-transfer.mjs [per cent…]        default 0 0.1 1 2; needs root on Linux, iproute2 and Python 3
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, load } from './helpers/bundle.mjs';
import { addresses, LossyPath, obstacle } from './helpers/lossy-path.mjs';
import { converse, makeMembers, modules } from './helpers/members.mjs';
import { endAll, next, start } from './helpers/processes.mjs';

const MiB = 1024 * 1024;
const line = { megabitsPerSecond: 100, delayMs: 20, bufferBytes: 500_000, congestionControl: 'reno' };
/** By one connection and by several, so that either takes about half a minute. */
const sizesMiB = { 0: [256, 256], 0.1: [32, 96], 1: [10, 32], 2: [6, 20] };

const program = fileURLToPath(import.meta.url);
// Also who breaks it off leaves no namespace behind, and no process in one.
process.once('disconnect', () => process.exit());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
const roles = { receiver: receive, sender: send };
await (roles[process.env.BENCH_ROLE] ?? main)();

async function main() {
  const hindrance = obstacle();
  if (hindrance !== undefined) {
    console.log(`not measured: ${hindrance}`);
    return;
  }
  const losses = process.argv.slice(2).map(Number);
  const bundled = await bundle([...modules, 'src/files/connection-judge']);
  try {
    const { megabitsPerSecond, delayMs } = line;
    console.log(`${megabitsPerSecond} Mbit/s, ${2 * delayMs} ms there and back; MB/s`);
    console.log(
      'loss    one connection    as many as pay    ratio    kept of tried  lost by chance + at the full buffer',
    );
    for (const lossPercent of losses.length > 0 ? losses : [0, 0.1, 1, 2]) {
      const [oneMiB, manyMiB] = sizesMiB[lossPercent] ?? [16, 48];
      const one = await measure(bundled, lossPercent, oneMiB, 'one');
      const many = await measure(bundled, lossPercent, manyMiB, 'many');
      const of = ({ rate }, sizeMiB) => `${rate.toFixed(2)} (${sizeMiB} MiB)`.padEnd(18);
      const { kept, tried } = many;
      const columns = [
        `${lossPercent} %`.padEnd(8),
        of(one, oneMiB),
        of(many, manyMiB),
        (many.rate / one.rate).toFixed(2).padEnd(9),
        `${kept} of ${tried}`.padEnd(15),
        `${one.lost}, ${many.lost}`,
      ];
      console.log(columns.join(''));
    }
  } finally {
    await rm(bundled, { recursive: true, force: true });
  }
}

async function measure(bundled, lossPercent, sizeMiB, engine) {
  const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  const processes = [];
  const environment = { BENCH_FOLDER: folder, BENCH_BUNDLE: bundled, BENCH_ENGINE: engine };
  const path = await LossyPath.open({ ...line, lossPercent });
  try {
    await makeMembers(bundled, folder, ['alice', 'bob'], addresses.near);
    await writeFile(join(folder, 'film.bin'), randomBytes(sizeMiB * MiB));
    const receiver = start(program, { ...environment, BENCH_ROLE: 'receiver' }, processes, path.at('near'));
    const { port } = await next(receiver);
    const sender = start(
      program,
      { ...environment, BENCH_ROLE: 'sender', BENCH_PORT: port },
      processes,
      path.at('far'),
    );
    const { seconds, ...connections } = await Promise.race([next(receiver), next(sender)]);
    await endAll(processes);
    const passed = await path.end();
    const [, toReceiver] = passed;
    if (toReceiver.passed_bytes < sizeMiB * MiB) throw new Error('the file went another way');
    const full = toReceiver.dropped + toReceiver.overrun;
    const percent = (packets) => ((100 * packets) / (toReceiver.passed + toReceiver.lost + full)).toFixed(2);
    const lost = `${percent(toReceiver.lost)} + ${percent(full)} %`;
    return { rate: (sizeMiB * MiB) / 1e6 / seconds, ...connections, lost };
  } finally {
    await endAll(processes);
    await path.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Decides as the program does, or for one connection; and counts the connections that were tried and kept. */
function counting(all, counts) {
  const judge = new all.ConnectionJudge();
  if (process.env.BENCH_ENGINE === 'one') judge.note = () => undefined;
  const { note } = judge;
  judge.note = (sample) => {
    const verdict = note.call(judge, sample);
    if (process.env.BENCH_TRACE) console.error(JSON.stringify({ ...sample, verdict }));
    if (verdict === 'open') counts.tried += 1;
    counts.kept += { open: 1, close: -1 }[verdict] ?? 0;
    return verdict;
  };
  return judge;
}

async function receive() {
  const all = await load(process.env.BENCH_BUNDLE);
  const home = { folder: join(process.env.BENCH_FOLDER, 'alice') };
  const counts = { tried: 1, kept: 1 };
  let begin;
  const conversation = await converse(all, home, {
    listen: { host: addresses.near, ports: [0] },
    decideConnections: () => counting(all, counts),
    onEvent: (event) => {
      if (event.type === 'fileStarted') begin = performance.now();
      if (event.type === 'fileFailed' || event.type === 'fileInterrupted') process.send({ error: String(event.error) });
      if (event.type !== 'fileDone') return;
      process.send({ seconds: (performance.now() - begin) / 1000, ...counts });
    },
  });
  process.send({ port: conversation.listeningPort });
}

async function send() {
  const all = await load(process.env.BENCH_BUNDLE);
  const home = { folder: join(process.env.BENCH_FOLDER, 'bob') };
  let connected;
  const here = new Promise((resolve) => {
    connected = resolve;
  });
  const conversation = await converse(all, home, {
    who: `${addresses.near}:${process.env.BENCH_PORT}`,
    onEvent: (event) => {
      if (event.type === 'connected') connected();
      if (event.type === 'stopped' || event.type === 'fileFailed') process.send({ error: JSON.stringify(event) });
    },
  });
  await here;
  await conversation.files.send('alice', join(process.env.BENCH_FOLDER, 'film.bin'));
}
