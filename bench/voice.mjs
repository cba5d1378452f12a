// How a call sounds over a path that loses and delays packets: two media processes with files for sound cards, and a relay
// between them. What was heard is compared with what was said (test/helpers/intelligibility.ts); both sides talk at once, and
// the figures are those of the worse one. Latency is from the microphone to the speaker, without those two and without the path.
// Set-up is from answering (which starts the callee's media process) to both sides being connected. CPU and memory are those of
// one media process; the echo canceller, which files do not need, comes on top.
//
//   node bench/voice.mjs [--seconds N] [LOSS[j]…]        default 0 5 10 20 0j 5j 10j 20j; j: 40 ± 30 ms each way, else 0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundle, load } from './helpers/bundle.mjs';
import { LossyRelay } from './helpers/lossy-relay.mjs';

const sampleRate = 48_000;
/** What fills buffers at first is not judged. */
const settlingSeconds = 2;
const argv = process.argv.slice(2);
const seconds = argv[0] === '--seconds' ? Number(argv.splice(0, 2)[1]) : 8;
const paths = argv.length > 0 ? argv : ['0', '5', '10', '20', '0j', '5j', '10j', '20j'];

const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
const bundled = await bundle([
  'src/calls/sound/echo-canceller',
  'test/helpers/calls',
  'test/helpers/intelligibility',
  'test/helpers/speech',
]);
try {
  const program = join(bundled, 'media-process.js');
  await build({
    entryPoints: ['src/calls/media-process/child.ts'],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
  const all = await load(bundled);
  console.log('loss  jitter   understood  concealed  lost    latency  set-up  kbit/s  CPU    memory');
  for (const path of paths) console.log(row(path, await measure(all, program, path)));
  console.log(`the echo canceller takes ${(await cancellerPercent(all)).toFixed(1)} % of a core`);
} finally {
  await rm(folder, { recursive: true, force: true });
  await rm(bundled, { recursive: true, force: true });
}

function row(path, result) {
  const columns = [
    `${Number.parseFloat(path)} %`.padEnd(6),
    (path.endsWith('j') ? '±30 ms' : 'none').padEnd(9),
    result.understood.toFixed(3).padEnd(12),
    `${result.concealed.toFixed(1)} %`.padEnd(11),
    `${result.lost.toFixed(1)} %`.padEnd(8),
    `${Math.round(result.latencyMs)} ms`.padEnd(9),
    `${Math.round(result.setUpMs)} ms`.padEnd(8),
    result.kbps.toFixed(0).padEnd(8),
    `${result.cpuPercent.toFixed(1)} %`.padEnd(7),
    `${Math.round(result.memoryMiB)} MiB`,
  ];
  return columns.join('');
}

async function measure(all, program, path) {
  const { CallSide, connectSides, judgeHearing, measured, seededRandom, speech } = all;
  const jitterMs = path.endsWith('j') ? 30 : 0;
  const delayMs = path.endsWith('j') ? 40 : 0;
  const relay = await LossyRelay.open({ lossPercent: Number.parseFloat(path), delayMs, jitterMs }, seededRandom(1));
  const said = { alice: speech(seconds), bob: speech(seconds, 'de') };
  const sides = [];
  try {
    const alice = await CallSide.open(folder, 'alice', said.alice, { program });
    sides.push(alice);
    const answeredAt = performance.now();
    const bob = await CallSide.open(folder, 'bob', said.bob, { program });
    sides.push(bob);
    const candidate = (text, from) => {
      const match = /^(candidate:\S+ 1 udp \d+) 127\.0\.0\.1 (\d+) (typ host.*)$/.exec(text);
      if (match === null) return undefined;
      const port = relay.standFor(from === alice ? 0 : 1, Number(match[2]));
      return `${match[1]} 127.0.0.1 ${port} ${match[3]}`;
    };
    await connectSides(alice, bob, { candidate });
    await Promise.all([alice.next('connected'), bob.next('connected')]);
    const setUpMs = performance.now() - answeredAt;
    await measured(bob, settlingSeconds);
    const [cpuBefore, wallBefore] = [await cpuMs(bob.process.pid), performance.now()];
    const known = [alice, bob].map(({ events }) => events.length);
    await measured(bob, settlingSeconds + seconds);
    const cpuPercent = (100 * ((await cpuMs(bob.process.pid)) - cpuBefore)) / (performance.now() - wallBefore);
    const memoryMiB = await residentMiB(bob.process.pid);
    const stats = [alice, bob].map(({ events }, index) =>
      events.slice(known[index]).filter(({ type }) => type === 'stats'),
    );
    await Promise.all(sides.map(({ media }) => media.close()));
    const heard = await Promise.all([
      judge(judgeHearing, said.bob, await alice.heard()),
      judge(judgeHearing, said.alice, await bob.heard()),
    ]);
    const worst = (field) => Math.max(...stats.map((list) => mean(list.map((entry) => entry[field]))));
    return {
      understood: Math.min(...heard.map(({ understood }) => understood)),
      latencyMs: Math.max(...heard.map(({ latencyMs }) => latencyMs)) - delayMs,
      concealed: worst('concealedPercent'),
      lost: worst('lossPercent'),
      kbps: worst('kbps'),
      setUpMs,
      cpuPercent,
      memoryMiB,
    };
  } finally {
    await Promise.all(sides.map(({ media }) => media.close()));
    relay.close();
  }
}

/** The microphone's file has played over and over since midnight; so it is known when each of its samples was said. */
function judge(judgeHearing, said, { samples, sinceMidnight }) {
  const skipped = settlingSeconds * sampleRate;
  const twice = Int16Array.from({ length: 3 * said.length }, (_, index) => said[index % said.length]);
  const { intelligibility, offsetSeconds } = judgeHearing(
    twice,
    samples.slice(skipped, skipped + seconds * sampleRate),
  );
  const heardAt = sinceMidnight + skipped;
  const late = (heardAt - Math.round(offsetSeconds * sampleRate)) % said.length;
  return { understood: intelligibility, latencyMs: (1000 * ((late + said.length) % said.length)) / sampleRate };
}

/** What one frame costs, of the 10 ms that it lasts. */
async function cancellerPercent({ createEchoCanceller, speech }) {
  const canceller = await createEchoCanceller();
  const samples = speech(5);
  const count = samples.length / 480;
  const before = process.cpuUsage();
  for (let index = 0; index < count; index++) {
    const frame = samples.slice(index * 480, (index + 1) * 480);
    canceller.played(frame);
    canceller.clean(frame);
  }
  const { user, system } = process.cpuUsage(before);
  return (100 * (user + system)) / 1000 / (count * 10);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** CPU time of a process, all threads; 0 where the system does not tell (Linux does, in hundredths of a second). */
async function cpuMs(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
}

async function residentMiB(pid) {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
}
