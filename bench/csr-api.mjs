// Certificates for CSRs through the API, beside `cfssl serve` (Debian: golang-cfssl) in the same run, eight at a time,
// both on this machine with one process that asks. cfssl's `authsign` is plain HTTP on eight lasting connections, its
// requests authenticated by a shared key, and it records nothing. Ours is EST (RFC 7030): TLS 1.3, a user name and
// one-time password for each device, its certificate recorded in the ledger and on the disk before it is sent, and
// the invite spent when the device closes; so each comes on a connection of its own, as devices do. With --lasting
// the eight connections serve 20 devices each, the most that the server allows.
//
// On a 2-core machine of 2026 ours makes 0.07 of cfssl's certificates, with --lasting 0.11, and takes 4.2 and 3.0 ms of
// CPU time for each, its signer's left out. That goes into three durable transactions of two dozen statements, the CSR
// (read by a general library), a new key's way through OpenSSL, and HTTP; without --lasting into a TLS handshake as well.
// Eight who wait for each other's commits also wait for the disk, which cfssl never does.
//
//   node bench/csr-api.mjs [certificates] [--lasting]        default 2000
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAutoCa, load } from './helpers/bundle.mjs';
import { freePort } from './helpers/free-port.mjs';
import { endAll, next, start } from './helpers/processes.mjs';
import { quantile } from './helpers/quantile.mjs';
import { modules as serverModules } from './helpers/serve-auto-ca.mjs';
import { storeInvites } from './helpers/store-invites.mjs';

const [total = 2000] = process.argv.slice(2).map(Number).filter(Number.isFinite);
const isLasting = process.argv.includes('--lasting');
const atOnce = 8;
// As many as ca-server/listen-members.ts allows.
const requestsPerConnection = 20;
const modules = [
  ...serverModules,
  'src/enroll/est',
  'src/ledger/invites',
  'src/ledger/open',
  'src/pki/csr',
  'src/pki/pem-block',
];

const home = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
const bundle = await bundleAutoCa(modules);
const processes = [];
try {
  const all = await load(bundle);
  const environment = { BENCH_HOME: home, BENCH_BUNDLE: bundle, BENCH_ROLE: 'server' };
  const server = start(fileURLToPath(new URL('helpers/serve-auto-ca.mjs', import.meta.url)), environment, processes);
  const { tlsPort } = await next(server);
  const devices = await invite(all, total);
  const cfssl = await askCfssl(all, devices);
  server.send('go');
  const ours = await askEst(all, devices, tlsPort);
  server.send('count');
  const { cpuMs } = await next(server);
  print('cfssl authsign', cfssl);
  print('EST simpleenroll', ours);
  console.log(`CPU time of ours      ${(cpuMs / total).toFixed(2)} ms each, without the signer`);
  console.log(`ours ÷ cfssl          ${(ours.rate / cfssl.rate).toFixed(3)}`);
} finally {
  await endAll(processes);
  for (const folder of [home, bundle]) await rm(folder, { recursive: true, force: true });
}

function print(name, { rate, times }) {
  const at = (part) => `${quantile(times, part).toFixed(1)} ms`;
  console.log(`${name.padEnd(21)} ${rate.toFixed(0)}/s, median ${at(0.5)}, p99 ${at(0.99)}`);
}

async function invite(all, count) {
  const makeDevice = async (_, index) => {
    const [id, password, member] = [
      randomBytes(8).toString('hex'),
      all.drawEstPassword(randomBytes),
      `device-${index}`,
    ];
    return { id, password, member, csr: await all.createCsr(await all.generateKey('p256'), member) };
  };
  const devices = await Promise.all(Array.from({ length: count }, makeDevice));
  const invites = devices.map(({ id, password, member }) => ({
    id,
    kind: 'est',
    psk: all.estKey({ id, password }),
    member,
  }));
  await storeInvites(all, home, invites);
  return devices;
}

async function askCfssl(all, devices) {
  const port = await freePort();
  const key = randomBytes(16).toString('hex');
  const profile = { expiry: '720h', usages: ['digital signature', 'server auth', 'client auth'], auth_key: 'bench' };
  const config = { signing: { default: profile }, auth_keys: { bench: { type: 'standard', key } } };
  await writeFile(join(home, 'cfssl.json'), JSON.stringify(config));
  const files = [
    '-ca',
    join(home, 'ca/root.pem'),
    '-ca-key',
    join(home, 'ca/ca.key'),
    '-config',
    join(home, 'cfssl.json'),
  ];
  const child = spawn('cfssl', ['serve', '-loglevel', '5', '-address', '127.0.0.1', '-port', String(port), ...files], {
    stdio: 'ignore',
  });
  processes.push(child);
  await Promise.race([listening(port), once(child, 'error').then(([error]) => Promise.reject(error))]);
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const ask = async ({ csr, member }) => {
    const request = JSON.stringify({
      certificate_request: all.encodePem('CERTIFICATE REQUEST', csr),
      hostname: member,
    });
    const token = createHmac('sha256', Buffer.from(key, 'hex')).update(request).digest('base64');
    const body = JSON.stringify({ token, request: Buffer.from(request).toString('base64') });
    const options = { port, host: '127.0.0.1', path: '/api/v1/cfssl/authsign', method: 'POST', agent };
    const answer = await post(httpRequest, options, 'application/json', body);
    if (!answer.includes('BEGIN CERTIFICATE')) throw new Error(`cfssl: ${answer}`);
  };
  return measure(devices, () => ask);
}

async function askEst(all, devices, port) {
  const ca = await readFile(join(home, 'ca/root.pem'));
  return measure(devices, () => {
    let agent;
    let asked = 0;
    return async ({ csr, id, password }) => {
      if (asked % (isLasting ? requestsPerConnection : 1) === 0)
        agent = new TlsAgent({ keepAlive: isLasting, maxSockets: 1, ca });
      asked += 1;
      const auth = `${id}:${password}`;
      const options = { port, host: '127.0.0.1', path: all.estPaths.simpleenroll, method: 'POST', auth, agent };
      const answer = await post(tlsRequest, options, 'application/pkcs10', csr.toString('base64'));
      if (Buffer.from(answer, 'base64')[0] !== 0x30) throw new Error(`EST: ${answer}`);
      if (isLasting && asked % requestsPerConnection === 0) agent.destroy();
    };
  });
}

async function measure(devices, makeAsker) {
  const left = [...devices];
  const times = [];
  const started = performance.now();
  const work = async () => {
    const ask = makeAsker();
    for (let device = left.pop(); device !== undefined; device = left.pop()) {
      const before = performance.now();
      await ask(device);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { times, rate: (1000 * devices.length) / (performance.now() - started) };
}

async function post(request, options, type, body) {
  const asking = request({ ...options, headers: { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) } });
  asking.end(body);
  const [response] = await once(asking, 'response');
  const chunks = await response.toArray();
  return Buffer.concat(chunks).toString('utf8');
}

async function listening(port) {
  for (;;) {
    const asking = httpRequest({ port, host: '127.0.0.1', path: '/' });
    asking.end();
    const answered = await Promise.race([once(asking, 'response'), once(asking, 'error')]).catch(() => [undefined]);
    if (answered[0]?.statusCode !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
