// Texts a second from one member to another, durable at both ends: each is on the sender's disk before it is sent, and
// on the receiver's before it is acknowledged; counted from the first to the last acknowledgement. Two processes on
// loopback, each with the conversation that every face opens. The sender has some hundred texts on their way at a time, as a
// program has that writes lines.
//
// The floor does the same without a messenger: bare TLS between two Node processes, where either side appends what it has
// to a file and flushes it before it goes on.
//
//   node bench/message-rate.mjs [texts] [octets]        default 20000, 200
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dialBare, listenBare } from './helpers/bare-tls.mjs';
import { bundle, load } from './helpers/bundle.mjs';
import { converse, makeMembers, modules } from './helpers/members.mjs';
import { cpuMs, endAll, next, start } from './helpers/processes.mjs';

const [total = 20_000, octets = 200] = process.argv.slice(2).map(Number);
const ahead = 1024;

const roles = { receiver: receive, sender: send, 'floor-receiver': receiveBare, 'floor-sender': sendBare };
await (roles[process.env.BENCH_ROLE] ?? main)();

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  const bundled = await bundle(modules);
  const processes = [];
  const measure = async (one, other) => {
    const environment = { BENCH_FOLDER: folder, BENCH_BUNDLE: bundled };
    const receiver = start(fileURLToPath(import.meta.url), { ...environment, BENCH_ROLE: one }, processes);
    const { port } = await next(receiver);
    const sender = start(
      fileURLToPath(import.meta.url),
      { ...environment, BENCH_ROLE: other, BENCH_PORT: port },
      processes,
    );
    const result = await next(sender);
    receiver.send('count');
    return { ...result, receiver: await next(receiver) };
  };
  try {
    await makeMembers(bundled, folder, ['alice', 'bob']);
    const floor = await measure('floor-receiver', 'floor-sender');
    const ours = await measure('receiver', 'sender');
    const each = (ms) => `${((1000 * ms) / total).toFixed(0)} µs`;
    const rate = ({ seconds }) => total / seconds;
    console.log(`texts/s, durable at both ends  ${rate(ours).toFixed(0)} (${total} of ${octets} octets)`);
    console.log(
      `÷ bare TLS and a flushed file  ${(rate(ours) / rate(floor)).toFixed(2)} (${rate(floor).toFixed(0)}/s)`,
    );
    console.log(`CPU time of each               sender ${each(ours.cpuMs)}, receiver ${each(ours.receiver.cpuMs)}`);
  } finally {
    await endAll(processes);
    for (const one of [folder, bundled]) await rm(one, { recursive: true, force: true });
  }
}

async function receive() {
  const all = await load(process.env.BENCH_BUNDLE);
  let expected = 0;
  const conversation = await converse(
    all,
    { folder: join(process.env.BENCH_FOLDER, 'alice') },
    {
      listen: { host: '127.0.0.1', ports: [0] },
      onEvent: (event) => {
        if (event.type !== 'message') return;
        if (!event.text.startsWith(`${expected} `)) process.send({ error: `text ${expected} is not next` });
        expected += 1;
      },
    },
  );
  const before = process.cpuUsage();
  process.on('message', () => process.send({ cpuMs: cpuMs(before), count: expected }));
  process.send({ port: conversation.listeningPort });
}

async function send() {
  const all = await load(process.env.BENCH_BUNDLE);
  let told = () => {};
  let delivered = 0;
  const connected = new Promise((resolve) => {
    told = resolve;
  });
  let wake = () => {};
  const conversation = await converse(
    all,
    { folder: join(process.env.BENCH_FOLDER, 'bob') },
    {
      who: `127.0.0.1:${process.env.BENCH_PORT}`,
      onEvent: ({ type }) => {
        if (type === 'connected') told();
        if (type !== 'delivered') return;
        delivered += 1;
        wake();
      },
    },
  );
  await connected;
  const before = process.cpuUsage();
  const started = performance.now();
  for (let index = 0; index < total; index += 1) {
    conversation.messages.send('alice', textOf(index)).catch((error) => process.send({ error: String(error) }));
    while (index - delivered >= ahead) await awakened();
  }
  while (delivered < total) await awakened();
  process.send({ seconds: (performance.now() - started) / 1000, cpuMs: cpuMs(before) });

  function awakened() {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }
}

function textOf(index) {
  return `${index} `.padEnd(octets, 'x');
}

async function receiveBare() {
  const all = await load(process.env.BENCH_BUNDLE);
  const file = await open(join(process.env.BENCH_FOLDER, 'received'), 'w');
  const port = await listenBare(all, { folder: join(process.env.BENCH_FOLDER, 'alice') }, async (socket) => {
    let received = 0;
    for await (const chunk of socket) {
      await file.write(chunk);
      await file.datasync();
      received += chunk.length;
      const acknowledgement = Buffer.alloc(8);
      acknowledgement.writeBigUInt64BE(BigInt(received));
      socket.write(acknowledgement);
    }
  });
  process.on('message', () => process.send({ cpuMs: 0 }));
  process.send({ port });
}

async function sendBare() {
  const all = await load(process.env.BENCH_BUNDLE);
  const file = await open(join(process.env.BENCH_FOLDER, 'sent'), 'w');
  const socket = await dialBare(all, { folder: join(process.env.BENCH_FOLDER, 'bob') }, Number(process.env.BENCH_PORT));
  let delivered = 0;
  let wake = () => {};
  socket.on('data', (chunk) => {
    delivered = Number(chunk.readBigUInt64BE(chunk.length - 8)) / octets;
    wake();
  });
  const started = performance.now();
  for (let index = 0; index < total; ) {
    const texts = [];
    for (; index < total && index - delivered < ahead; index += 1) texts.push(Buffer.from(textOf(index)));
    await file.write(Buffer.concat(texts));
    await file.datasync();
    socket.write(Buffer.concat(texts));
    while (index - delivered >= ahead || (index === total && delivered < total)) {
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  }
  process.send({ seconds: (performance.now() - started) / 1000 });
  await file.close();
}
