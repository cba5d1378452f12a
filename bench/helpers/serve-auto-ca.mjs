// An Auto CA as `autoca serve` runs it, its host a member too, in BENCH_HOME; only its limits for one address are
// raised. Says where it serves; to "go" it begins to count, to anything else it answers with what it has counted.
import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { load } from './bundle.mjs';
import { cpuMs } from './processes.mjs';

/** What of the source is needed here. */
export const modules = [
  'ca-server/serve-with-signer',
  'src/pki/circle',
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

if (process.env.BENCH_ROLE === 'server') await serve();

async function serve() {
  const all = await load(process.env.BENCH_BUNDLE);
  const home = { folder: process.env.BENCH_HOME };
  const deps = { clock: () => new Date(), random: randomBytes };
  const key = await all.generateKey('p256');
  const root = await all.issueRoot(all.buildRootPlan({ name: 'Bench', key, validityDays: 3650 }, deps), key);
  await all.saveCa(home, { keyPem: all.privateKeyToPem(key), root }, { force: false });
  await makeHost(all, home, all.createIssuer(key, [root]), deps);
  const unlimited = 1_000_000;
  let enrolled = 0;
  let early;
  let most = 0;
  const served = await all.serveWithSigner(home, {
    deps,
    host: '127.0.0.1',
    port: 0,
    tlsPort: 0,
    programs: process.env.BENCH_BUNDLE,
    password: { again: true, read: async () => undefined },
    homeWithLedger: async () => home,
    onCrash: (reason) => process.send({ error: reason }),
    limits: { hellosPerSecond: unlimited, helloBurst: unlimited, connections: 4096, connectionsPerAddress: 4096 },
    log: (event) => {
      if (event.event === 'failed' || event.event === 'refused') process.send({ error: event.reason });
      if (event.event === 'enrolled') enrolled += 1;
      if (event.event === 'enrolled' && enrolled % 100 === 0) most = Math.max(most, process.memoryUsage.rss());
      if (enrolled === 1000) early ??= memoryInUse();
    },
  });
  let before;
  process.on('message', (message) => {
    if (message === 'go') before = process.cpuUsage();
    else process.send({ early, now: memoryInUse(), most, cpuMs: cpuMs(before) });
  });
  process.send({ port: served.port, tlsPort: served.members.port });
}

/** Resident memory without what is only not collected yet, which rises and falls by some 50 MiB. */
function memoryInUse() {
  globalThis.gc();
  return process.memoryUsage.rss();
}

async function makeHost(all, home, issuer, deps) {
  const privateKey = await all.generateKey('p256');
  const request = { member: 'host', names: [], publicKey: createPublicKey(privateKey), validityDays: 30 };
  const plan = all.buildCertificatePlan(request, await all.loadProfile(), issuer, deps);
  const chain = [new X509Certificate(await all.issueDer(plan, issuer))];
  const [trustAnchor] = issuer.chain;
  const identity = { member: 'host', circleId: all.circleIdOf(trustAnchor), privateKey, chain, trustAnchor };
  await all.saveIdentity(home, { ...identity, keyOrigin: 'local' }, { replace: false });
  await all.speakAs(home, 'host');
}
