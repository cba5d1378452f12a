// Full enrolments a second: invite, Noise handshake, key and .pfx made by the server, certificate recorded,
// signed by the process with the CA key, stored durably, acknowledged, invite spent. The Auto CA runs as
// `autoca serve` runs it; the load comes from two processes beside it on the same machine.
//
// Their guests take part in all of the protocol and read every answer. One in fifty also does what else `enroll`
// does on the guest's own machine: it opens the .pfx and judges the certificates; with --open-all every one does.
// Prints the rate, and beside it what the cryptography of both sides alone would allow on these cores; the guests'
// median and 99th percentile; CPU time; the server's resident memory, garbage collected, after a thousand enrolments and
// at the end, and the most that it had.
//
//   node bench/autoca.mjs [enrolments] [guests at once] [--local-key] [--open-all]        default 8000, 32
import { createECDH, diffieHellman, generateKeyPairSync, pbkdf2Sync, randomBytes, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAutoCa, load } from './helpers/bundle.mjs';
import { cpuMs, endAll, next, start } from './helpers/processes.mjs';
import { quantile } from './helpers/quantile.mjs';
import { modules as serverModules } from './helpers/serve-auto-ca.mjs';
import { storeInvites } from './helpers/store-invites.mjs';

const [total = 8000, atOnce = 32] = process.argv.slice(2).map(Number).filter(Number.isFinite);
const localKey = process.argv.includes('--local-key');
const openedOneIn = process.argv.includes('--open-all') ? 1 : 50;
const generators = 2;
const modules = [
  ...serverModules,
  'src/enroll/by-invite',
  'src/enroll/client',
  'src/enroll/connection',
  'src/enroll/http',
  'src/enroll/invite',
  'src/enroll/wire',
  'src/ledger/invites',
  'src/ledger/open',
  'src/pki/csr',
];

if (process.env.BENCH_ROLE === 'guests') await enrol();
else await main();

async function main() {
  const home = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  const bundle = await bundleAutoCa(modules);
  const environment = { BENCH_HOME: home, BENCH_BUNDLE: bundle };
  const processes = [];
  try {
    const program = fileURLToPath(new URL('helpers/serve-auto-ca.mjs', import.meta.url));
    const server = start(program, { ...environment, BENCH_ROLE: 'server' }, processes);
    const { port } = await next(server);
    const guests = [];
    for (let index = 0; index < generators; index += 1) {
      const child = start(fileURLToPath(import.meta.url), { ...environment, BENCH_ROLE: 'guests' }, processes);
      child.send({ port, first: index, count: Math.floor(total / generators), atOnce: Math.ceil(atOnce / generators) });
      await next(child); // its invites are made
      guests.push(child);
    }
    const floor = cryptographyMs();
    const started = performance.now();
    for (const child of [server, ...guests]) child.send('go');
    const results = await Promise.all(guests.map(next));
    const seconds = (performance.now() - started) / 1000;
    server.send('count');
    print(results, await next(server), seconds, floor);
  } finally {
    await endAll(processes);
    for (const folder of [home, bundle]) await rm(folder, { recursive: true, force: true });
  }
}

function print(results, server, seconds, floor) {
  const times = results.flatMap(({ times }) => times);
  const at = (part) => `${quantile(times, part).toFixed(0)} ms`;
  const each = (ms) => `${(ms / times.length).toFixed(2)} ms`;
  const guestsMs = results.reduce((sum, guest) => sum + guest.cpuMs, 0);
  const rate = times.length / seconds;
  const most = (1000 * availableParallelism()) / floor;
  const how = `${times.length}, ${atOnce} at once, ${localKey ? 'CSR' : '.pfx'}, 1 in ${openedOneIn} opened`;
  const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const grown = server.early === undefined ? '' : ` = ${(server.now / server.early).toFixed(2)} × after 1,000`;
  console.log(`enrolments/s          ${rate.toFixed(0)} (${how})`);
  console.log(
    `÷ cryptography alone  ${(rate / most).toFixed(2)} (${most.toFixed(0)}/s on ${availableParallelism()} cores)`,
  );
  console.log(`guest's median, p99   ${at(0.5)}, ${at(0.99)}`);
  console.log(`CPU time of each      server ${each(server.cpuMs)} without its signer, guests ${each(guestsMs)}`);
  console.log(`server's memory       ${mib(server.now)}${grown}; at most ${mib(server.most)}`);
}

// Of one enrolment, both sides: X25519, the .pfx or CSR and its keys, one certificate signed and verified.
function cryptographyMs() {
  const [one, other] = [generateKeyPairSync('x25519'), generateKeyPairSync('x25519')];
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tbs = randomBytes(450);
  const rounds = 300;
  const enrolment = () => {
    for (let times = 0; times < 4; times += 1)
      diffieHellman({ privateKey: one.privateKey, publicKey: other.publicKey });
    createECDH('prime256v1').generateKeys();
    verify('sha256', tbs, publicKey, sign('sha256', tbs, privateKey));
    if (localKey) verify('sha256', tbs, publicKey, sign('sha256', tbs, privateKey));
    else for (let times = 0; times < 2; times += 1) pbkdf2Sync('x'.repeat(64), tbs, 2048, 32, 'sha256');
  };
  for (let round = 0; round < 50; round += 1) enrolment();
  const before = performance.now();
  for (let round = 0; round < rounds; round += 1) enrolment();
  return (performance.now() - before) / rounds;
}

async function enrol() {
  const all = await load(process.env.BENCH_BUNDLE);
  const deps = { clock: () => new Date(), random: randomBytes };
  const [{ port, first, count, atOnce }] = await once(process, 'message');
  const invites = await makeInvites(all, { port, first, count });
  process.send('ready');
  await once(process, 'message');
  const before = process.cpuUsage();
  const times = [];
  const guest = async () => {
    for (let invite = invites.pop(); invite !== undefined; invite = invites.pop()) {
      const started = performance.now();
      const way = all.byInvite(invite);
      if (times.length % openedOneIn === 0) await all.enroll(way, { localKey, save: async () => {}, deps });
      else await takePart(all, way, deps);
      times.push(performance.now() - started);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, guest));
    process.send({ times, cpuMs: cpuMs(before) });
  } catch (error) {
    process.send({ error: String(error) });
  }
}

async function makeInvites(all, { port, first, count }) {
  const folder = process.env.BENCH_HOME;
  const rootSpkiSha256 = all.spkiDigest((await all.loadCaChain({ folder })).at(-1));
  const lines = Array.from({ length: count }, () => {
    const id = randomBytes(8).toString('hex');
    return { id, secret: randomBytes(16), port, addresses: ['127.0.0.1'], rootSpkiSha256 };
  });
  const invites = lines.map((line, index) => ({
    id: line.id,
    psk: all.inviteKey(line),
    member: `guest-${first}-${index}`,
  }));
  await storeInvites(all, folder, invites);
  return lines;
}

async function takePart(all, way, deps) {
  const connection = await all.EnrollmentConnection.open(way.addresses[0], way.port, way.terms);
  const { send, receive } = await way.openChannel(connection, deps);
  const question = localKey ? { csr: await all.createCsr(await all.generateKey('p256'), 'qtchat') } : {};
  const sealed = await connection.exchange(all.trips.request, send.encrypt(all.formatRequest(question)));
  const answer = all.parseAnswer(receive.decrypt(sealed));
  if ((answer.pfx ?? answer.chain) === undefined) throw new Error('an answer without a certificate');
  receive.decrypt(await connection.exchange(all.trips.acknowledge, send.encrypt(Buffer.alloc(0))));
  await connection.finish();
}
