// How long a text of 200 octets takes there, and its acknowledgement back: half and nine tenths and 99 hundredths of all
// take less. One after the other, two processes on loopback.
//
// - in memory: sessions as a conversation holds them, over mutual TLS, with frames, schemas, hello and all, but with a store that
//   forgets. Beside it a bare TLS echo of 200 octets: what there is to lose.
// - durable: whole conversations. From the call until the sender knows, and has on its disk, that the receiver has it on its own:
//   three flushes to the disk. Beside it bare TLS where either side appends to a file and flushes it, three times in all.
//
// The sides take turns, three rounds, so that what else the machine does concerns all of them.
//
//   node bench/message-latency.mjs [texts of a round] [durable texts of a round]        default 4000, 400
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dialBare, listenBare } from './helpers/bare-tls.mjs';
import { bundle, load } from './helpers/bundle.mjs';
import { converse, makeMembers, modules } from './helpers/members.mjs';
import { endAll, next, start } from './helpers/processes.mjs';
import { quantile } from './helpers/quantile.mjs';
import { dialMember, runSession, sessionModules } from './helpers/sessions.mjs';

const [total = 4000, durableTotal = 400] = process.argv.slice(2).map(Number);
const rounds = 3;
const text = 'x'.repeat(200);
const sides = {
  echo: { listen: () => listenEcho(false), dial: () => dialEcho(false) },
  session: { listen: listenSession, dial: dialSession },
  'flushed echo': { listen: () => listenEcho(true), dial: () => dialEcho(true) },
  conversation: { listen: listenConversation, dial: dialConversation },
};
const { BENCH_ROLE: role, BENCH_KIND: kind, BENCH_PORT: port, BENCH_FOLDER: folder } = process.env;

if (role === undefined) {
  await main();
} else {
  try {
    const result = await sides[kind][role]();
    process.send(role === 'listen' ? { port: result } : { times: await timesOf(result) });
  } catch (error) {
    process.send({ error: String(error?.stack) });
  }
}

async function main() {
  const temporary = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  const bundled = await bundle([...modules, ...sessionModules]);
  const processes = [];
  const program = fileURLToPath(import.meta.url);
  const measure = async (one) => {
    const environment = { BENCH_FOLDER: temporary, BENCH_BUNDLE: bundled, BENCH_KIND: one };
    const { port } = await next(start(program, { ...environment, BENCH_ROLE: 'listen' }, processes));
    const child = start(program, { ...environment, BENCH_ROLE: 'dial', BENCH_PORT: port }, processes);
    const { times } = await next(child);
    await endAll(processes.splice(0));
    return times;
  };
  try {
    await makeMembers(bundled, temporary, ['alice', 'bob']);
    const times = Object.fromEntries(Object.keys(sides).map((one) => [one, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const one of Object.keys(sides)) times[one].push(...(await measure(one)));
    }
    print('in memory', times.session, 'bare echo', times.echo);
    print('durable', times.conversation, 'flushed echo', times['flushed echo']);
  } finally {
    await endAll(processes);
    for (const one of [temporary, bundled]) await rm(one, { recursive: true, force: true });
  }
}

function print(name, times, floorName, floor) {
  const at = (part) => `${Math.round(1000 * quantile(times, part))} µs`;
  const middle = (values) => quantile(values, 0.5);
  const all = `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}`;
  const ratio = (middle(times) / middle(floor)).toFixed(2);
  console.log(`${name.padEnd(9)} ${all} = ${ratio} × ${floorName} (p50 ${Math.round(1000 * middle(floor))} µs)`);
}

async function timesOf(roundTrip) {
  const times = [];
  const count = kind === 'echo' || kind === 'session' ? total : durableTotal;
  const warmUp = count / 2;
  for (let index = 0; index < warmUp + count; index += 1) {
    const started = performance.now();
    await roundTrip();
    if (index >= warmUp) times.push(performance.now() - started);
  }
  return times;
}

async function listenEcho(flushed) {
  const [all, home] = await world('alice');
  const file = flushed ? await open(join(folder, 'received'), 'w') : undefined;
  return listenBare(all, home, (socket) => {
    socket.on('data', async (chunk) => {
      await file?.write(chunk);
      await file?.datasync();
      socket.write(chunk);
    });
  });
}

async function dialEcho(flushed) {
  const [all, home] = await world('bob');
  const socket = await dialBare(all, home, port);
  const file = flushed ? await open(join(folder, 'sent'), 'w') : undefined;
  const flush = async () => {
    await file?.write(text);
    await file?.datasync();
  };
  return async () => {
    if (flushed) await flush();
    socket.write(text);
    await once(socket, 'data');
    if (flushed) await flush();
  };
}

async function listenConversation() {
  const [all, home] = await world('alice');
  const conversation = await converse(all, home, { listen: { host: '127.0.0.1', ports: [0] }, onEvent: () => {} });
  return conversation.listeningPort;
}

async function dialConversation() {
  const [all, home] = await world('bob');
  const heard = listener();
  const who = `127.0.0.1:${port}`;
  const conversation = await converse(all, home, { who, onEvent: heard.onEvent });
  await heard.next('connected');
  return async () => {
    const delivered = heard.next('delivered');
    await conversation.messages.send('alice', text);
    await delivered;
  };
}

async function listenSession() {
  const [all, home] = await world('alice');
  const listener = await all.listenForPeers({
    identity: await all.loadIdentity(home),
    host: '127.0.0.1',
    ports: [0],
    clock: () => new Date(),
    onPeer: (connection) => runSession(all, connection, () => {}),
  });
  return listener.address.port;
}

async function dialSession() {
  const [all, home] = await world('bob');
  const heard = listener();
  const ready = heard.next('ready');
  const { session, store } = runSession(all, await dialMember(all, home, port), heard.onEvent);
  await ready;
  // Its outbox is opened just after hello.
  await new Promise((resolve) => setImmediate(resolve));
  return async () => {
    const delivered = heard.next('delivered');
    await store.queue([{ id: randomUUID(), sentAt: new Date(), kind: 'text', text }]);
    await session.flush();
    await delivered;
  };
}

async function world(name) {
  return [await load(process.env.BENCH_BUNDLE), { folder: join(folder, name) }];
}

/** Waits for events of one kind, one at a time. */
function listener() {
  const waiting = new Map();
  return {
    onEvent: ({ type }) => waiting.get(type)?.(),
    next: (type) => new Promise((resolve) => waiting.set(type, resolve)),
  };
}
