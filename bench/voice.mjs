// How a call sounds over a path that loses and delays packets: two media processes with files for sound cards, and a relay
// between them. What was heard is compared with what was said (test/helpers/intelligibility.ts); both sides talk at once, and
// the figures are those of the worse one. Latency is from the microphone to the speaker, without those two and without the path.
// Set-up is from answering (which starts the callee's media process) to both sides being connected: the median of several, and
// the longest. CPU and memory are those of one media process; the echo canceller, which files do not need, comes on top.
//
//   node bench/voice.mjs [--seconds N] [LOSS[j]…]        default 0 5 10 20 0j 5j 10j 20j; j: 40 ± 30 ms each way, else 0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundle, load } from './helpers/bundle.mjs';
import { LossyRelay } from './helpers/lossy-relay.mjs';

const sampleRate = 48_000;
/** How often a call is set up on each path. */
const setUps = 5;
/** What fills buffers at first is not judged. */
const settlingSeconds = 2;
const argv = process.argv.slice(2);
const seconds = argv[0] === '--seconds' ? Number(argv.splice(0, 2)[1]) : 8;
const paths = argv.length > 0 ? argv : ['0', '5', '10', '20', '0j', '5j', '10j', '20j'];

const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
const bundled = await bundle([
  'src/calls/sound/echo-canceller',
  'src/calls/sound/noise-suppressor',
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
  console.log('loss  jitter   understood  concealed  lost    latency  set-up          kbit/s  CPU    memory');
  const results = new Map();
  for (const path of paths) {
    results.set(path, await measure(all, program, path));
    console.log(row(path, results.get(path)));
  }
  const cleaning = await cleaningPercents(all);
  console.log(
    `of a core: the echo canceller ${cleaning.echo} % (where there is no echo ${cleaning.noEcho} %), the noise suppressor ${cleaning.noise} %`,
  );
  const [busy] = loadavg();
  const cores = availableParallelism();
  if (busy > cores)
    console.log(
      `other programs were running too (load ${busy.toFixed(1)} on ${cores} cores): repeat it when they are not`,
    );
  for (const line of missed(results)) console.log(`missed: ${line}`);
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
    `${Math.round(result.setUpMs)} ms (≤ ${Math.round(result.longestSetUpMs)})`.padEnd(16),
    result.kbps.toFixed(0).padEnd(8),
    `${result.cpuPercent.toFixed(1)} %`.padEnd(7),
    `${Math.round(result.memoryMiB)} MiB`,
  ];
  return columns.join('');
}

/** What is wanted of calls, where it was not so. */
function missed(results) {
  const wanted = [
    ['10', 'understood', (value) => value >= 0.97, 'at 10 % loss, 0.97 is to be understood'],
    ['10', 'concealed', (value) => value <= 3, 'at 10 % loss, at most 3 % are to be concealed'],
    ['0', 'latencyMs', (value) => value <= 100, 'without loss, latency is to be 100 ms at most'],
    ...[...results.keys()].flatMap((path) => [
      [path, 'setUpMs', (value) => value <= 500, `set-up is to take 500 ms at most (${path})`],
      [path, 'cpuPercent', (value) => value <= 20, `a call is to take 20 % of a core at most (${path})`],
    ]),
  ];
  return wanted.flatMap(([path, field, isMet, line]) => {
    const result = results.get(path);
    return result === undefined || isMet(result[field]) ? [] : [`${line}: ${result[field].toFixed(2)}`];
  });
}

async function measure(all, program, path) {
  const { measured } = all;
  const others = [];
  for (let count = 1; count < setUps; count++) {
    const call = await setUp(all, program, path, count + 1);
    others.push(call.setUpMs);
    await call.close();
  }
  const call = await setUp(all, program, path, 1);
  try {
    const { alice, bob, said, delayMs } = call;
    await measured(bob, settlingSeconds);
    const [cpuBefore, wallBefore] = [await cpuMs(bob.process.pid), performance.now()];
    const known = [alice, bob].map(({ events }) => events.length);
    await measured(bob, settlingSeconds + seconds);
    const cpuPercent = (100 * ((await cpuMs(bob.process.pid)) - cpuBefore)) / (performance.now() - wallBefore);
    const memoryMiB = await residentMiB(bob.process.pid);
    const stats = [alice, bob].map(({ events }, index) =>
      events.slice(known[index]).filter(({ type }) => type === 'stats'),
    );
    await Promise.all([alice, bob].map(({ media }) => media.close()));
    const heard = await Promise.all([
      judge(all.judgeHearing, said.bob, await alice.heard()),
      judge(all.judgeHearing, said.alice, await bob.heard()),
    ]);
    const worst = (field) => Math.max(...stats.map((list) => mean(list.map((entry) => entry[field]))));
    const times = [call.setUpMs, ...others].sort((one, other) => one - other);
    return {
      understood: Math.min(...heard.map(({ understood }) => understood)),
      latencyMs: Math.max(...heard.map(({ latencyMs }) => latencyMs)) - delayMs,
      concealed: worst('concealedPercent'),
      lost: worst('lossPercent'),
      kbps: worst('kbps'),
      setUpMs: times[Math.floor(times.length / 2)],
      longestSetUpMs: times.at(-1),
      cpuPercent,
      memoryMiB,
    };
  } finally {
    await call.close();
  }
}

/** A call over such a path, and how long it took to begin. */
async function setUp({ CallSide, connectSides, seededRandom, speech }, program, path, seed) {
  const jitterMs = path.endsWith('j') ? 30 : 0;
  const delayMs = path.endsWith('j') ? 40 : 0;
  const relay = await LossyRelay.open({ lossPercent: Number.parseFloat(path), delayMs, jitterMs }, seededRandom(seed));
  const said = { alice: speech(seconds), bob: speech(seconds, 'de') };
  const sides = [];
  const close = async () => {
    await Promise.all(sides.map(({ media }) => media.close()));
    relay.close();
  };
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
    return { alice, bob, said, delayMs, setUpMs: performance.now() - answeredAt, close };
  } catch (error) {
    await close();
    throw error;
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

/** What a frame costs, of the 10 ms that it lasts. */
async function cleaningPercents({ createEchoCanceller, createNoiseSuppressor, speech }) {
  const [loud, silent] = [framesOf(speech(5)), framesOf(new Int16Array(5 * sampleRate))];
  const percent = (frames, clean) => {
    const before = process.cpuUsage();
    for (const [index, frame] of frames.entries()) clean(frame, index);
    const { user, system } = process.cpuUsage(before);
    return ((100 * (user + system)) / 1000 / (frames.length * 10)).toFixed(1);
  };
  const canceller = async (played) => {
    const { played: play, clean } = await createEchoCanceller();
    return percent(loud, (frame, index) => {
      play(played[index]);
      clean(frame);
    });
  };
  const { clean } = await createNoiseSuppressor();
  return { echo: await canceller(loud), noEcho: await canceller(silent), noise: percent(loud, clean) };
}

function framesOf(samples) {
  return Array.from({ length: samples.length / 480 }, (_, index) => samples.slice(index * 480, (index + 1) * 480));
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
