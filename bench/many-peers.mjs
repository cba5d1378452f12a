// What 200 members cost that are connected to one process and say nothing: memory of each, and CPU time. The process holds a
// conversation that listens, as `chat` and `listen` do; two others hold the members' sessions, which answer pings and send their own.
// Beside it a bare TLS server of Node with as many connections.
//
//   node bench/many-peers.mjs [peers] [seconds]        default 200, 20
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { credentialOf, listenBare } from './helpers/bare-tls.mjs';
import { bundle, load } from './helpers/bundle.mjs';
import { converse, makeMembers, modules } from './helpers/members.mjs';
import { cpuMs, endAll, next, start } from './helpers/processes.mjs';
import { dialMember, runSession, sessionModules } from './helpers/sessions.mjs';

const [peers = 200, seconds = 20] = process.argv.slice(2).map(Number);
const { BENCH_ROLE: role, BENCH_FOLDER: folder, BENCH_BUNDLE: bundled, BENCH_PORT: port } = process.env;
const roles = {
  conversation: () => host(listenConversation),
  bare: () => host(listenWithoutAnything),
  'conversation guests': () => visit(dialSession),
  'bare guests': () => visit(dialWithoutAnything),
};

if (role === undefined) await main();
else await roles[role]().catch((error) => process.send({ error: String(error?.stack) }));

async function main() {
  const temporary = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  const built = await bundle([...modules, ...sessionModules]);
  const processes = [];
  const program = fileURLToPath(import.meta.url);
  const measure = async (kind) => {
    const environment = { BENCH_FOLDER: temporary, BENCH_BUNDLE: built };
    const server = start(program, { ...environment, BENCH_ROLE: kind }, processes);
    const { port } = await next(server);
    const guests = [0, 1].map((half) =>
      start(
        program,
        { ...environment, BENCH_ROLE: `${kind} guests`, BENCH_PORT: port, BENCH_FIRST: (half * peers) / 2 },
        processes,
      ),
    );
    await Promise.all(guests.map(next));
    server.send('count');
    const result = await next(server);
    await endAll(processes.splice(0));
    return result;
  };
  try {
    await makeMembers(built, temporary, ['host', ...Array.from({ length: peers }, (_, index) => `peer${index}`)]);
    const [ours, bare] = [await measure('conversation'), await measure('bare')];
    if (ours.count !== peers) throw new Error(`only ${ours.count} are connected`);
    const each = ({ grown }) => `${(grown / peers / 1024).toFixed(0)} KiB`;
    const cpu = ({ cpuMs }) => `${((100 * cpuMs) / (1000 * seconds)).toFixed(2)} %`;
    console.log(
      `memory of each of ${peers} peers  ${each(ours)} = ${(ours.grown / bare.grown).toFixed(2)} × bare TLS (${each(bare)})`,
    );
    console.log(`CPU of one core, idle        ${cpu(ours)} (bare TLS ${cpu(bare)}); ${mib(ours.rss)} MiB in all`);
  } finally {
    await endAll(processes);
    for (const one of [temporary, built]) await rm(one, { recursive: true, force: true });
  }
}

function mib(octets) {
  return (octets / 2 ** 20).toFixed(0);
}

async function host(listen) {
  const all = await load(bundled);
  const server = await listen(all, { folder: join(folder, 'host') });
  const before = memoryInUse();
  process.send({ port: server.port });
  await once(process, 'message');
  // What connecting has cost is not what staying costs.
  await setTimeout(2_000);
  const grown = memoryInUse() - before;
  const cpuBefore = process.cpuUsage();
  await setTimeout(seconds * 1000);
  process.send({ cpuMs: cpuMs(cpuBefore), grown, rss: process.memoryUsage.rss(), count: server.count() });
}

/** Resident memory without what is only not collected yet. */
function memoryInUse() {
  for (let times = 0; times < 3; times += 1) globalThis.gc();
  return process.memoryUsage.rss();
}

async function listenConversation(all, home) {
  let here = 0;
  const conversation = await converse(all, home, {
    listen: { host: '127.0.0.1', ports: [0] },
    onEvent: ({ type }) => {
      if (type === 'connected') here += 1;
      if (type === 'disconnected') here -= 1;
    },
  });
  return { port: conversation.listeningPort, count: () => here };
}

async function listenWithoutAnything(all, home) {
  let count = 0;
  const port = await listenBare(all, home, (socket) => {
    count += 1;
    socket.resume();
  });
  return { port, count: () => count };
}

async function visit(dial) {
  const all = await load(bundled);
  const first = Number(process.env.BENCH_FIRST);
  for (let index = first; index < first + peers / 2; index += 1) {
    // No more come from one address than may.
    const localAddress = `127.0.1.${1 + Math.floor(index / 20)}`;
    await dial(all, { folder: join(folder, `peer${index}`) }, localAddress);
  }
  process.send('all are connected');
}

async function dialSession(all, home, localAddress) {
  const dialler = {
    dial: async () => {
      const socket = connect({ host: '127.0.0.1', port, localAddress });
      await once(socket, 'connect');
      return socket;
    },
  };
  const connection = await dialMember(all, home, port, { dialler });
  await new Promise((resolve) => runSession(all, connection, ({ type }) => type === 'ready' && resolve()));
}

async function dialWithoutAnything(all, home, localAddress) {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  await once(socket, 'connect');
  const secured = connectTls({ ...(await credentialOf(all, home)), socket, checkServerIdentity: () => undefined });
  await once(secured, 'secureConnect');
  secured.resume();
}
