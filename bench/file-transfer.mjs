// How fast a file goes from `qtchat send` to `qtchat listen`, against a bare TLS pipe between two Node processes
// and against scp, all on loopback, in turns, on the disk of one temporary folder; and how much memory qtchat takes.
// The built program is measured with everything on: mutual TLS, SHA-256 at both ends, progress, and a flush before
// the confirmation, which the others do not do. Every span begins when the connection stands and content is on
// its way, and ends when the last octet is written: of scp from the appearance of its file to its exit. What does not
// belong to a run is not measured, but a flush of all there is lies between any two.
//
//   node bench/file-transfer.mjs [MiB [rounds]]      default 1024 and 3
import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { ended, line, MiB, makeMembers, transfer, writeRandom } from './helpers/file-peers.mjs';
import { quantile } from './helpers/quantile.mjs';
import { missing, startSshServer } from './helpers/ssh-server.mjs';

const [role, ...rest] = process.argv.slice(2);
if (role === 'pipe-server') runPipeServer(...rest);
else if (role === 'pipe-client') runPipeClient(...rest);
else await main(Number(role ?? 1024), Number(rest[0] ?? 3));

async function main(sizeMiB, rounds) {
  const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  const without = missing('scp', 'ssh-keygen');
  const ssh = without === undefined ? await startSshServer(folder) : undefined;
  try {
    const members = await makeMembers(folder);
    const file = join(folder, 'film.bin');
    await writeRandom(file, sizeMiB * MiB);
    const target = join(folder, 'stored.bin');
    const identity = join(members.alice, 'identities/alice');
    const peers = {
      pipe: () => pipe(identity, file, target),
      ...(ssh && { scp: () => scp(ssh, [], file, target) }),
      ...(ssh && { 'scp aes256-gcm': () => scp(ssh, ['-c', 'aes256-gcm@openssh.com'], file, target) }),
      qtchat: () => transfer(members, join(folder, 'inbox'), file),
    };
    const found = Object.fromEntries(Object.keys(peers).map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, run] of Object.entries(peers)) {
        spawnSync('sync');
        found[name].push(await run());
        for (const path of [target, join(folder, 'inbox')]) await rm(path, { recursive: true, force: true });
      }
    }
    report(sizeMiB, found, without);
  } finally {
    await ssh?.end();
    await rm(folder, { recursive: true, force: true });
  }
}

function report(sizeMiB, found, without) {
  const speed = (seconds) => Math.round((sizeMiB * MiB) / 1e6 / seconds);
  const middle = (name) =>
    quantile(
      found[name].map(({ seconds }) => seconds),
      0.5,
    );
  const { qtchat } = found;
  console.log(`${sizeMiB} MiB, MB/s in the order of the runs:`);
  for (const [name, runs] of Object.entries(found)) {
    console.log(`  ${name.padEnd(15)} ${runs.map(({ seconds }) => speed(seconds)).join(' ')}`);
  }
  if (without !== undefined) console.log(`  scp             ${without}`);
  for (const name of Object.keys(found).filter((one) => one !== 'qtchat')) {
    const ratio = (middle(name) / middle('qtchat')).toFixed(2);
    console.log(
      `qtchat ÷ ${name.padEnd(15)} ${ratio} (medians ${speed(middle('qtchat'))} and ${speed(middle(name))} MB/s)`,
    );
  }
  const whole = quantile(
    qtchat.map(({ wholeSeconds }) => wholeSeconds),
    0.5,
  );
  const [send, listen] = [0, 1].map((side) => Math.max(...qtchat.map(({ peaksMB }) => peaksMB[side])));
  console.log(`whole command       ${whole.toFixed(2)} s from the start of qtchat send to its exit`);
  console.log(`peak memory         send ${send} MB, listen ${listen} MB`);
}

async function scp({ port, options }, cipher, file, target) {
  const child = spawn('scp', [...cipher, ...options, '-P', String(port), file, `127.0.0.1:${target}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let begin;
  const timer = setInterval(() => {
    if (!existsSync(target)) return;
    begin = performance.now();
    clearInterval(timer);
  }, 1);
  const code = await ended(child);
  clearInterval(timer);
  if (code !== 0) throw new Error('scp failed');
  return { seconds: (performance.now() - begin) / 1000 };
}

async function pipe(identity, file, target) {
  const self = fileURLToPath(import.meta.url);
  const stdio = ['ignore', 'pipe', 'inherit'];
  const server = spawn(process.execPath, [self, 'pipe-server', identity, target], { stdio });
  const { port } = await line(server, (event) => event.port);
  const finished = line(server, (event) => event.seconds);
  const client = spawn(process.execPath, [self, 'pipe-client', identity, file, String(port)], { stdio });
  const { seconds } = await finished;
  await ended(server);
  await ended(client);
  return { seconds };
}

function tlsOptions(identity) {
  const read = (name) => readFileSync(join(identity, name));
  return { key: read('key.pem'), cert: read('cert.pem'), ca: read('root.pem'), minVersion: 'TLSv1.3' };
}

function runPipeServer(identity, target) {
  const server = createServer({ ...tlsOptions(identity), requestCert: true }, (socket) => {
    const start = performance.now();
    socket.pipe(createWriteStream(target, { highWaterMark: MiB })).on('close', () => {
      console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
      server.close();
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
}

function runPipeClient(identity, file, port) {
  const options = { ...tlsOptions(identity), port, host: '127.0.0.1', checkServerIdentity: () => undefined };
  const socket = connect(options, () => createReadStream(file, { highWaterMark: MiB }).pipe(socket));
}
