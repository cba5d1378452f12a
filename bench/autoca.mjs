// Full enrolments a second: invite, Noise handshake, key and .pfx made by the server, certificate recorded,
// signed by the process with the CA key, stored durably, acknowledged, invite spent. The Auto CA runs as
// `autoca serve` runs it (only its limits for one address are raised); guests run in two processes beside it
// on the same machine and open and judge what they get as `enroll` does. Prints the rate, the guests' median
// and 99th percentile, and the server's memory after a thousand enrolments and at the end.
//
//   node bench/autoca.mjs [enrolments] [guests at once] [--local-key]        default 3000, 32

import { fork } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [total = 3000, atOnce = 32] = process.argv.slice(2).map(Number).filter(Number.isFinite);
const localKey = process.argv.includes('--local-key');
const generators = 2;
// So that nobody waits long for the ledger.
const invitesAtOnce = 200;
const openedOneIn = process.argv.includes('--open-all') ? 1 : 50;

const role = process.env.BENCH_ROLE;
if (role === undefined) await main();
else await (role === 'server' ? serve() : enrol());

async function main() {
  const home = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  // Beside node_modules, where what is not bundled is found.
  const bundle = await mkdtemp(join(root, 'dist', 'bench-'));
  const processes = [];
  try {
    await bundleTo(bundle);
    const start = (name) => {
      const env = { ...process.env, BENCH_ROLE: name, BENCH_HOME: home, BENCH_BUNDLE: bundle };
      const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2), { env });
      processes.push(child);
      return child;
    };
    const server = start('server');
    const { port } = await next(server);
    const guests = [];
    for (let index = 0; index < generators; index += 1) {
      const child = start('guests');
      child.send({ port, first: index, count: Math.floor(total / generators), atOnce: Math.ceil(atOnce / generators) });
      await next(child); // its invites are made
      guests.push(child);
    }
    const memory = [];
    const started = performance.now();
    server.send('go');
    for (const guest of guests) guest.send('go');
    const results = await Promise.all(guests.map(next));
    const seconds = (performance.now() - started) / 1000;
    server.send('memory');
    memory.push(await next(server));
    const times = results.flatMap(({ times }) => times).sort((a, b) => a - b);
    const at = (part) => times[Math.floor(times.length * part)].toFixed(0);
    const [{ early, now, cpuMs }] = memory;
    const each = (ms) => `${(ms / times.length).toFixed(2)} ms`;
    console.log(
      `enrolments/s          ${(times.length / seconds).toFixed(0)} (${times.length}, ${atOnce} at once, ${localKey ? 'CSR' : '.pfx'})`,
    );
    console.log(`guest's median, p99   ${at(0.5)} ms, ${at(0.99)} ms`);
    const guestsMs = results.reduce((sum, guest) => sum + guest.cpuMs, 0);
    console.log(`CPU each              server ${each(cpuMs)}, guests ${each(guestsMs)}, signer not counted`);
    const grown = early === undefined ? '' : ` = ${(now / early).toFixed(2)} × after 1,000`;
    console.log(`server's memory       ${(now / 2 ** 20).toFixed(0)} MiB${grown}`);
  } finally {
    for (const child of processes) child.kill();
    await Promise.all(processes.map((child) => (child.exitCode ?? child.signalCode) === null && once(child, 'exit')));
    for (const folder of [home, bundle]) await rm(folder, { recursive: true, force: true });
  }
}

function cpuMs(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function next(child) {
  const ended = once(child, 'exit').then(() => [{ error: 'a process of the benchmark ended early' }]);
  const [message] = await Promise.race([once(child, 'message'), ended]);
  if (message?.error !== undefined) throw new Error(message.error);
  return message;
}

async function bundleTo(folder) {
  const modules = [
    'ca-server/serve-with-signer',
    'src/enroll/by-invite',
    'src/enroll/client',
    'src/enroll/connection',
    'src/enroll/http',
    'src/enroll/invite',
    'src/enroll/wire',
    'src/ledger/invites',
    'src/ledger/open',
    'src/pki/circle',
    'src/pki/csr',
    'src/pki/issue',
    'src/pki/issuer',
    'src/pki/key-type',
    'src/pki/plan',
    'src/pki/private-key',
    'src/store/ca',
    'src/store/home',
    'src/store/identities',
    'src/store/profiles',
  ];
  await build({
    absWorkingDir: root,
    entryPoints: { signer: 'ca-server/signer/child.ts', 'key-worker': 'ca-server/keys/worker.ts' },
    outdir: folder,
    ...(await options()),
  });
  await build({
    stdin: { contents: modules.map((name) => `export * from './${name}.js';`).join('\n'), resolveDir: root },
    outfile: join(folder, 'all.js'),
    ...(await options()),
  });
}

async function options() {
  return {
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    external: ['libsql', 'typescript'],
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
    logLevel: 'error',
  };
}

async function serve() {
  const all = await import(pathToFileURL(join(process.env.BENCH_BUNDLE, 'all.js')).href);
  const { randomBytes } = await import('node:crypto');
  const home = { folder: process.env.BENCH_HOME };
  const deps = { clock: () => new Date(), random: randomBytes };
  const key = await all.generateKey('p256');
  const root = await all.issueRoot(all.buildRootPlan({ name: 'Bench', key, validityDays: 3650 }, deps), key);
  await all.saveCa(home, { keyPem: all.privateKeyToPem(key), root }, { force: false });
  const own = await all.generateKey('p256');
  const issuer = all.createIssuer(key, [root]);
  const host = { member: 'host', names: [], publicKey: createPublicKey(own), validityDays: 30 };
  const plan = all.buildCertificatePlan(host, await all.loadProfile(), issuer, deps);
  const chain = [new X509Certificate(await all.issueDer(plan, issuer))];
  const identity = { member: 'host', circleId: all.circleIdOf(root), privateKey: own, chain, trustAnchor: root };
  await all.saveIdentity(home, { ...identity, keyOrigin: 'local' }, { replace: false });
  await all.speakAs(home, 'host');
  const unlimited = 1_000_000;
  let enrolled = 0;
  let early;
  const served = await all.serveWithSigner(home, {
    deps,
    host: '127.0.0.1',
    port: 0,
    programs: process.env.BENCH_BUNDLE,
    password: { again: true, read: async () => undefined },
    homeWithLedger: async () => home,
    onCrash: (reason) => process.send({ error: reason }),
    limits: { hellosPerSecond: unlimited, helloBurst: unlimited, connections: 4096, connectionsPerAddress: 4096 },
    log: (event) => {
      if (event.event === 'failed' || event.event === 'refused') process.send({ error: event.reason });
      if (event.event === 'enrolled') enrolled += 1;
      if (enrolled === 1000) early ??= process.memoryUsage().rss;
    },
  });
  let before;
  process.on('message', (message) => {
    if (message === 'go') before = process.cpuUsage();
    else process.send({ early, now: process.memoryUsage().rss, cpuMs: cpuMs(before) });
  });
  process.send({ port: served.port });
}

async function enrol() {
  const all = await import(pathToFileURL(join(process.env.BENCH_BUNDLE, 'all.js')).href);
  const { randomBytes } = await import('node:crypto');
  const deps = { clock: () => new Date(), random: randomBytes };
  const home = { folder: process.env.BENCH_HOME };
  const [{ port, first, count, atOnce }] = await once(process, 'message');
  const rootSpkiSha256 = all.spkiDigest((await all.loadCaChain(home)).at(-1));
  const ledger = await all.openLedger(home);
  const invites = Array.from({ length: count }, (_, index) => {
    const id = randomBytes(8).toString('hex');
    const invite = { id, secret: randomBytes(16), port, addresses: ['127.0.0.1'], rootSpkiSha256 };
    return { ...invite, member: `guest-${first}-${index}` };
  });
  const expiresAt = new Date(Date.now() + 86_400_000);
  for (let made = 0; made < count; made += invitesAtOnce) {
    await all.inTransaction(ledger, async (transaction) => {
      for (const { id, secret, member } of invites.slice(made, made + invitesAtOnce)) {
        const psk = all.inviteKey({ id, secret });
        await all.createInvite(transaction, { id, psk, member, names: [], validityDays: 30, expiresAt }, deps);
      }
    });
  }
  await ledger.destroy();
  process.send('ready');
  await once(process, 'message');
  const before = process.cpuUsage();
  const times = [];
  const guest = async () => {
    for (let invite = invites.pop(); invite !== undefined; invite = invites.pop()) {
      const start = performance.now();
      const way = all.byInvite(invite);
      if (times.length % openedOneIn === 0) await all.enroll(way, { localKey, save: async () => {}, deps });
      else await takePart(way);
      times.push(performance.now() - start);
    }
  };
  const takePart = async (way) => {
    const connection = await all.EnrollmentConnection.open('127.0.0.1', port, way.terms);
    const { send, receive } = await way.openChannel(connection, deps);
    const question = localKey ? { csr: await all.createCsr(await all.generateKey('p256'), 'qtchat') } : {};
    const sealed = await connection.exchange(all.trips.request, send.encrypt(all.formatRequest(question)));
    const answer = all.parseAnswer(receive.decrypt(sealed));
    if ((answer.pfx ?? answer.chain) === undefined) throw new Error('an answer without a certificate');
    receive.decrypt(await connection.exchange(all.trips.acknowledge, send.encrypt(Buffer.alloc(0))));
    await connection.finish();
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, guest));
    process.send({ times, cpuMs: cpuMs(before) });
  } catch (error) {
    process.send({ error: String(error) });
  }
}
