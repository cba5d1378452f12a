// Full enrolments at the Auto CA as a guest makes them: invite, handshake, key and certificate in a locked
// `.pfx` (P-256), opened and judged, receipt, invite spent; everything durable in an SQLite ledger, the CA key
// in a process of its own. Guests and Auto CA share the machine. Limits per address are lifted, nothing else.
// Prints enrolments a second beside what the disk alone takes: one durable commit after the other.
//
//   node bench/autoca.mjs [enrolments] [guests at once]        default 3000 16
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const program = fileURLToPath(import.meta.url);
const root = dirname(dirname(program));
const deps = { clock: () => new Date(), random: randomBytes };
const warmUp = 200;

if (process.argv[2] === 'serve') await serve(process.argv[3], process.argv[4]);
else await main(Number(process.argv[2] ?? 3000), Number(process.argv[3] ?? 16));

/** The other process: an Auto CA that tells its port. */
async function serve(modules, folder) {
  const { serveWithSigner } = await import(modules);
  const home = { folder };
  const served = await serveWithSigner(home, {
    deps,
    host: '127.0.0.1',
    port: 0,
    program: join(dirname(fileURLToPath(modules)), 'signer.js'),
    password: { read: async () => undefined, again: true },
    homeWithLedger: async () => home,
    onCrash: (reason) => console.error(reason),
    log: (event) => {
      if (event.event === 'refused' || event.event === 'failed') console.error(event);
    },
    limits: { connectionsPerAddress: 10_000, hellosPerSecond: 1e6, helloBurst: 1e6 },
  });
  process.send({ port: served.port });
  process.on('message', () => process.send({ rss: process.memoryUsage().rss, cpu: process.cpuUsage() }));
  process.on('disconnect', () => served.close().then(() => process.exit()));
}

async function main(count, atOnce) {
  await mkdir(join(root, 'node_modules/.cache'), { recursive: true });
  const modules = await mkdtemp(join(root, 'node_modules/.cache/qtchat-bench-'));
  const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  try {
    const entry = await bundle(modules);
    await measure(await import(entry), entry, folder, count, atOnce);
  } finally {
    await rm(modules, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bundles the source, so that what is measured is not a build of yesterday. */
async function bundle(outdir) {
  const sources = [
    ...['ca-server/serve-with-signer', 'src/enroll/client', 'src/enroll/by-invite', 'src/enroll/invite'],
    ...['src/ledger/invites', 'src/ledger/open', 'src/pki/circle', 'src/pki/issue', 'src/pki/key-type'],
    ...['src/pki/plan', 'src/store/ca'],
  ];
  const contents = sources.map((name) => `export * from './${name}.js';`).join('\n');
  await build({
    entryPoints: { signer: join(root, 'ca-server/signer/child.ts'), qtchat: 'qtchat-bench' },
    plugins: [
      {
        name: 'entry',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /^qtchat-bench$/ }, () => ({ path: 'entry', namespace: 'entry' }));
          onLoad({ filter: /.*/, namespace: 'entry' }, () => ({ contents, resolveDir: root, loader: 'ts' }));
        },
      },
    ],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir,
  });
  return pathToFileURL(join(outdir, 'qtchat.js')).href;
}

async function measure(qtchat, entry, folder, count, atOnce) {
  const home = { folder: join(folder, 'home') };
  const rootCertificate = await makeCa(qtchat, home);
  const ledger = await qtchat.openLedger(home);
  const server = fork(program, ['serve', entry, home.folder]);
  try {
    const [{ port }] = await once(server, 'message');
    const address = { port, addresses: ['127.0.0.1'], rootSpkiSha256: qtchat.spkiDigest(rootCertificate) };
    let made = 0;
    const invites = async (number) => {
      const lines = [];
      await qtchat.inTransaction(ledger, async (transaction) => {
        for (let index = 0; index < number; index += 1) {
          lines.push({ ...address, ...(await makeInvite(qtchat, transaction, `member${made++}`)) });
        }
      });
      return lines;
    };
    await enrolAll(qtchat, await invites(warmUp), atOnce);
    const commitMs = await commitTime(folder);
    console.log(`one durable write, flushed             ${(1000 / commitMs).toFixed(0).padStart(6)} /s`);
    const before = await usageOf(server);
    let early;
    const times = [];
    let elapsedMs = 0;
    for (let left = count; left > 0; left -= 1000) {
      const lines = await invites(Math.min(left, 1000));
      const start = performance.now();
      times.push(...(await enrolAll(qtchat, lines, atOnce)));
      elapsedMs += performance.now() - start;
      early ??= await usageOf(server);
    }
    const perSecond = (1000 * count) / elapsedMs;
    const p = (part) => times[Math.floor(times.length * part)].toFixed(0);
    times.sort((a, b) => a - b);
    console.log(
      `enrolments, .pfx, ${String(atOnce).padStart(2)} guests at once      ${perSecond.toFixed(0).padStart(6)} /s` +
        `   ${((perSecond * commitMs) / 1000).toFixed(2)} × the disk's writes   p50 ${p(0.5)} ms, p99 ${p(0.99)} ms`,
    );
    const late = await usageOf(server);
    console.log(`CPU time of the Auto CA for each: ${((late.cpuMs - before.cpuMs) / count).toFixed(2)} ms`);
    console.log(
      `memory of the Auto CA: ${mib(early.rss)} MiB after ${Math.min(count, 1000)}, ${mib(late.rss)} MiB after ${count}` +
        `   ${(late.rss / early.rss).toFixed(2)} ×`,
    );
  } finally {
    server.disconnect();
    await once(server, 'exit');
    await ledger.destroy();
  }
}

async function makeCa(qtchat, home) {
  const key = await qtchat.generateKey('p256');
  const plan = qtchat.buildRootPlan({ name: 'Bench', key, validityDays: 3650 }, deps);
  const rootCertificate = await qtchat.issueRoot(plan, key);
  const keyPem = String(key.export({ type: 'pkcs8', format: 'pem' }));
  await qtchat.saveCa(home, { keyPem, root: rootCertificate }, { force: false });
  return rootCertificate;
}

async function makeInvite(qtchat, ledger, member) {
  const [id, secret] = [randomBytes(8).toString('hex'), randomBytes(16)];
  const invite = { id, member, names: [], psk: qtchat.inviteKey({ id, secret }), validityDays: 365 };
  await qtchat.createInvite(ledger, { ...invite, expiresAt: new Date(Date.now() + 86_400_000) }, deps);
  return { id, secret };
}

async function enrolAll(qtchat, lines, atOnce) {
  const times = [];
  let next = 0;
  const guest = async () => {
    while (next < lines.length) {
      const line = lines[next++];
      const start = performance.now();
      await qtchat.enroll(qtchat.byInvite(line), { localKey: false, save: async () => {}, deps });
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, guest));
  return times;
}

/** Milliseconds that a write of one page and its flush take. */
async function commitTime(folder) {
  const file = await open(join(folder, 'writes'), 'w');
  const page = randomBytes(4096);
  const start = performance.now();
  for (let index = 0; index < 300; index += 1) {
    await file.write(page);
    await file.datasync();
  }
  await file.close();
  return (performance.now() - start) / 300;
}

/** Octets of memory, and milliseconds of CPU time so far; without the signer's. */
async function usageOf(server) {
  server.send('usage');
  const [{ rss, cpu }] = await once(server, 'message');
  return { rss, cpuMs: (cpu.user + cpu.system) / 1000 };
}

function mib(octets) {
  return (octets / 2 ** 20).toFixed(0);
}
