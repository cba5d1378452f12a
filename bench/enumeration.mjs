// Can a stranger tell by the time that a refusal takes whether an invite or a code exists? Asks an Auto CA on
// the same machine, many times in random order, and compares how long the refusals took.
//
// For each kind of refusal it prints the median and quartiles, and how often a refusal of that kind took
// longer than one of something unknown: 50 % means that time tells nothing. What is measured is our own server,
// on the loopback; strangers see it through the noise of a network.
//
// On a 2-core machine of 2026: codes 48 to 52 %, so nobody learns which slots have one. Invites 50 to 58 %, some
// 20 µs of 2.3 ms for fetching a row that is there: of an id with 64 random bits, which nobody finds by asking.
//
//   node bench/enumeration.mjs [refusals of each kind]        default 300
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const count = Number(process.argv[2] ?? 300);
const warmUp = 30;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Below node_modules, so that the libraries are found.
const folder = await mkdtemp(join(root, 'node_modules', '.qtchat-bench-'));
try {
  await main(await load());
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function load() {
  const modules = ['test/helpers/enrollment', 'src/enroll/by-code'];
  const contents = modules.map((name) => `export * from './${name}.js';`).join('\n');
  const outfile = join(folder, 'enrollment.mjs');
  const common = { bundle: true, format: 'esm', platform: 'node', packages: 'external', outfile };
  await build({ stdin: { contents, resolveDir: root }, ...common });
  return import(pathToFileURL(outfile).href);
}

async function main({ TestHost, enrollInMemory, byCode }) {
  const many = 1e9;
  const unlimited = ['helloBurst', 'openingBurst', 'openingBurstInAll', 'connectionsPerAddress', 'connections'];
  const host = await TestHost.start(Object.fromEntries(unlimited.map((name) => [name, many])));
  const over = { expiresAt: new Date(Date.now() - 1000) };
  const invite = await host.invite({ member: 'open' });
  const spent = await host.invite({ member: 'spent' });
  await enrollInMemory(spent);
  const code = await host.code({ member: 'coded', expiresAt: new Date(Date.now() + 86_400_000) });
  const oldCode = await host.code({ member: 'old', ...over });
  const slots = [code.slot, oldCode.slot];
  const empty = Array.from({ length: 100 }, (_none, slot) => slot).find((slot) => !slots.includes(slot));
  const secret = code.secret === '000000' ? '000001' : '000000';
  const tries = {
    'invite, unknown': () => ({ ...invite, id: randomBytes(8).toString('hex') }),
    'invite, wrong secret': () => ({ ...invite, secret: randomBytes(16) }),
    'invite, spent': () => spent,
    'invite, expired': () => expired,
    'code, empty slot': () => byCode({ slot: empty, secret }, host.server),
    'code, wrong': () => byCode({ slot: code.slot, secret }, host.server),
    'code, wrong, attempts spent': () => byCode({ slot: code.slot, secret }, host.server),
    'code, expired': () => byCode({ slot: oldCode.slot, secret }, host.server),
  };
  const expired = await host.invite({ member: 'expired', ...over });
  const times = Object.fromEntries(Object.keys(tries).map((kind) => [kind, []]));
  for (let round = 0; round < warmUp + count; round += 1) {
    for (const kind of shuffled(Object.keys(tries))) {
      // Every wrong code finds its attempts untouched, or all gone, as its kind says.
      const attempts = kind.endsWith('attempts spent') ? 3 : 0;
      await host.ledger.updateTable('code_slot').set({ attempts }).where('slot', '=', code.slot).execute();
      const way = tries[kind]();
      const start = performance.now();
      const refused = await enrollInMemory(way).then(
        () => false,
        (error) => error.code === 'ERR_ENROLL_REFUSED',
      );
      const tookMs = performance.now() - start;
      if (!refused) throw new Error(`${kind}: not refused`);
      if (round >= warmUp) times[kind].push(tookMs);
    }
  }
  await host.stop();
  for (const [first, kinds] of [
    ['invite, unknown', Object.keys(tries).filter((kind) => kind.startsWith('invite'))],
    ['code, empty slot', Object.keys(tries).filter((kind) => kind.startsWith('code'))],
  ]) {
    for (const kind of kinds) report(kind, times[kind], times[first]);
  }
}

function report(kind, times, unknown) {
  const sorted = [...times].sort((one, other) => one - other);
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => sorted[Math.floor(part * sorted.length)].toFixed(2));
  let longer = 0;
  for (const one of times) for (const other of unknown) longer += one > other ? 1 : one === other ? 0.5 : 0;
  const share = ((100 * longer) / (times.length * unknown.length)).toFixed(1);
  console.log(`${kind.padEnd(28)} median ${median} ms (${low} to ${high}); longer than unknown: ${share} %`);
}

function shuffled(list) {
  const left = [...list];
  return list.map(() => left.splice(Math.floor(Math.random() * left.length), 1)[0]);
}
