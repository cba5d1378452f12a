/**
 * Memory of a running Auto CA under a flood, from many addresses of this machine (127.0.0.0/8): hellos that are
 * noise, requests for nothing, octets that are no HTTP, and connections that say nothing. Prints resident memory
 * every second; the last third of the flood should need no more than the middle one.
 *
 * On a 2-core machine of 2026, busy with other work: from 82 to 167 MiB in 10 s, then 167 until the end (63,774 connections).
 *
 *     node scripts/build.mjs && node bench/flood.mjs [seconds]
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const seconds = Math.max(3, Number(process.argv[2] ?? 30));
const atOnce = 64;
const program = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../bin/run.js');
const home = mkdtempSync(join(tmpdir(), 'qtchat-flood-'));

const attacks = [
  () => Buffer.concat([Buffer.from(head('POST', '/enroll/hello', 58)), randomBytes(58)]),
  () => head('GET', `/${randomBytes(8).toString('hex')}`, 0),
  () => randomBytes(512),
  () => head('POST', '/enroll/request', 4096),
  () => `GET /crl HTTP/1.1\r\nX: ${'x'.repeat(8000)}\r\n\r\n`,
];

function head(method, path, length) {
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
}

async function attack(port, end, counts) {
  for (let turn = 0; Date.now() < end; turn += 1) {
    const [b, c, d] = randomBytes(3);
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.${b}.${c}.${(d % 254) + 1}` });
    socket.on('error', () => {});
    socket.setTimeout(500, () => socket.destroy());
    socket.on('connect', () => socket.write(attacks[turn % attacks.length]()));
    socket.resume();
    await once(socket, 'close');
    counts.connections += 1;
  }
}

async function memoryMb(port) {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]) / 1_048_576;
}

execFileSync(process.execPath, [program, 'ca', 'init', '--no-password', '--home', home]);
const argv = ['autoca', 'serve', '--json', '--home', home, '--host', '127.0.0.1', '--port', '0', '--metrics-port', '0'];
const server = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const lines = createInterface({ input: server.stdout });
  const listening = JSON.parse((await once(lines, 'line'))[0]);
  const counts = { connections: 0 };
  console.log(`before: ${(await memoryMb(listening.metricsPort)).toFixed(0)} MiB`);
  const end = Date.now() + seconds * 1000;
  const attackers = Array.from({ length: atOnce }, () => attack(listening.port, end, counts));
  const seen = [];
  while (Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    seen.push(await memoryMb(listening.metricsPort));
    console.log(`${seen.length} s: ${seen.at(-1).toFixed(0)} MiB after ${counts.connections} connections`);
  }
  await Promise.all(attackers);
  const third = Math.max(1, Math.floor(seen.length / 3));
  const middle = seen.slice(third, -third);
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  console.log(`last third / middle third: ${(mean(seen.slice(-third)) / mean(middle)).toFixed(2)}`);
  console.log(`healthy afterwards: ${(await fetch(`http://127.0.0.1:${listening.port}/healthz`)).status === 200}`);
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(home, { recursive: true, force: true });
}
