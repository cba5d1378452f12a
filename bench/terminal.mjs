// What the chat on a screen costs, on a terminal of 80 × 24: the time until it stands there, as a ratio to an empty Node process
// on the same terminal; CPU time while 200 texts a second arrive, all of it durable; memory after 100,000 texts; and how long a key
// takes to be seen while a file arrives at full speed.
//
//   node bench/terminal.mjs [texts] [seconds] [file MiB]        default 100000, 20, 4096
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundle, load } from './helpers/bundle.mjs';
import { freePort } from './helpers/free-port.mjs';
import { converse, makeMembers, modules } from './helpers/members.mjs';
import { endAll, next, start } from './helpers/processes.mjs';
import { onTerminal, usageOf } from './helpers/pseudo-terminal.mjs';
import { quantile } from './helpers/quantile.mjs';

const [texts = 100_000, seconds = 20, fileMiB = 4096] = process.argv.slice(2).map(Number);
const { BENCH_ROLE: role, BENCH_FOLDER: folder, BENCH_BUNDLE: bundled, BENCH_PORT: port } = process.env;
const own = fileURLToPath(import.meta.url);
const program = join(dirname(dirname(own)), 'bin/run.js');
const rate = 200;
const starts = 15;
const keys = 400;

if (role === undefined) await main();
else await talk().catch((error) => process.send({ error: String(error?.stack) }));

async function main() {
  const temporary = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
  const built = await bundle(modules);
  const processes = [];
  try {
    await makeMembers(built, temporary, ['alice', 'bob']);
    await firstPaint(temporary);
    const listening = await freePort();
    const peer = start(
      own,
      { BENCH_ROLE: 'peer', BENCH_FOLDER: temporary, BENCH_BUNDLE: built, BENCH_PORT: listening },
      processes,
    );
    const screen = { drawn: '', clears: 0, onDraw: () => {} };
    const chat = onTerminal(chatOf(temporary, listening), {
      onOutput: (text) => {
        screen.clears += text.split('\u001b[2J').length - 1;
        screen.drawn = `${screen.drawn}${text}`.slice(-65_536);
        screen.onDraw();
      },
    });
    await next(peer);
    await processorTime(chat, peer, screen);
    await memory(chat, peer);
    await keysBesideFile(chat, peer, screen, temporary);
    chat.type('\u0003\u0003');
    await chat.ended;
  } finally {
    await endAll(processes);
    for (const one of [temporary, built]) await rm(one, { recursive: true, force: true });
  }
}

function chatOf(temporary, listening) {
  const home = join(temporary, 'alice');
  return [process.execPath, program, 'chat', '--peer', 'bob', '--listen', `127.0.0.1:${listening}`, '--home', home];
}

/** Medians of interleaved runs. */
async function firstPaint(temporary) {
  const listening = await freePort();
  const times = { node: [], chat: [] };
  for (let run = 0; run < starts; run += 1) {
    times.node.push(await timed([process.execPath, '-e', '0']));
    times.chat.push(await timed(chatOf(temporary, listening), ' qtchat '));
  }
  const [node, chat] = [times.node, times.chat].map((all) => quantile(all, 0.5));
  console.log(
    `first paint               ${(chat / node).toFixed(1)} × node -e 0 (${chat.toFixed(0)} and ${node.toFixed(0)} ms)`,
  );
}

/** Until something is drawn, or until the program has ended. */
async function timed(argv, awaited) {
  const begun = performance.now();
  let seenAt;
  let drawn = '';
  const terminal = onTerminal(argv, {
    onOutput: (text) => {
      drawn += text;
      if (awaited !== undefined && seenAt === undefined && drawn.includes(awaited)) {
        seenAt = performance.now();
        terminal.type('\u0003\u0003');
      }
    },
  });
  await terminal.ended;
  if (awaited !== undefined && seenAt === undefined) throw new Error(`nothing was drawn: ${drawn}`);
  return (seenAt ?? performance.now()) - begun;
}

async function processorTime(chat, peer, screen) {
  const { pid } = chat;
  await setTimeout(2_000);
  const idle = usageOf(pid).cpuMs;
  await setTimeout(5_000);
  const idleShare = (usageOf(pid).cpuMs - idle) / 5_000;
  peer.send({ texts: rate * seconds, rate });
  await setTimeout(1_000);
  const [before, clears] = [usageOf(pid).cpuMs, screen.clears];
  const measured = (seconds - 2) * 1_000;
  await setTimeout(measured);
  const share = (usageOf(pid).cpuMs - before) / measured;
  const cleared = screen.clears - clears;
  await next(peer);
  console.log(
    `CPU at ${rate} texts/s        ${percent(share)} of a core, durable (idle ${percent(idleShare)}), ${cleared} full clears`,
  );
}

async function memory(chat, peer) {
  const early = usageOf(chat.pid).residentBytes;
  peer.send({ texts, rate: 0 });
  await next(peer);
  await setTimeout(1_000);
  const late = usageOf(chat.pid).residentBytes;
  console.log(`memory after ${texts} texts  ${mb(late)} MB (before: ${mb(early)} MB)`);
}

async function keysBesideFile(chat, peer, screen, temporary) {
  chat.type('/set auto-accept 1TB\r');
  const path = join(temporary, 'film.bin');
  const file = await open(path, 'w');
  await file.truncate(fileMiB * 1024 * 1024);
  await file.close();
  const still = await pressKeys(chat, screen, () => false);
  peer.send({ path });
  await setTimeout(500);
  let isDone = false;
  const arrived = next(peer).then(({ ms }) => {
    isDone = true;
    return ms;
  });
  const beside = await pressKeys(chat, screen, () => isDone);
  const ms = await arrived;
  const line = (all) => `p50 ${quantile(all, 0.5).toFixed(1)} ms, p99 ${quantile(all, 0.99).toFixed(1)} ms`;
  const speed = `${((fileMiB * 1.048576) / (ms / 1000)).toFixed(0)} MB/s`;
  console.log(
    `key to screen beside file ${line(beside)} of ${beside.length} keys, at ${speed} (nothing beside: ${line(still)})`,
  );
}

/** Presses a key, waits until it is seen, and so on. */
async function pressKeys(chat, screen, isOver) {
  const times = [];
  for (let count = 0; count < keys && !isOver(); count += 1) {
    const letter = String.fromCharCode(97 + (count % 26));
    const seen = new Promise((resolve) => {
      screen.onDraw = () => screen.drawn.includes(`> ${letter}`) && resolve(performance.now());
    });
    screen.drawn = '';
    const begun = performance.now();
    chat.type(letter);
    times.push((await seen) - begun);
    screen.onDraw = () => {};
    chat.type('\u0015');
    // As people type, and never in step with anything.
    await setTimeout(10 + 30 * Math.random());
  }
  return times;
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

function mb(octets) {
  return (octets / 1e6).toFixed(0);
}

/** The peer: writes texts and sends files when it is told to. */
async function talk() {
  const all = await load(bundled);
  let onDelivered = () => {};
  let onFile = () => {};
  const here = {};
  here.promise = new Promise((resolve) => {
    here.resolve = resolve;
  });
  const conversation = await converse(
    all,
    { folder: join(folder, 'bob') },
    {
      who: `127.0.0.1:${port}`,
      onEvent: (event) => {
        if (event.type === 'connected') here.resolve();
        if (event.type === 'delivered') onDelivered();
        if (event.type === 'fileDone') onFile();
      },
      confirmPeer: async () => true,
    },
  );
  await here.promise;
  process.send({ ready: true });
  for await (const [task] of messagesOf(process)) {
    const begun = performance.now();
    if (task.path !== undefined) {
      const arrived = new Promise((resolve) => {
        onFile = resolve;
      });
      await conversation.files.send('alice', task.path);
      await arrived;
    } else {
      let missing = task.texts;
      const delivered = new Promise((resolve) => {
        onDelivered = () => {
          missing -= 1;
          if (missing === 0) resolve();
        };
      });
      for (let count = 0; count < task.texts; count += 1) {
        const sent = conversation.messages.send(
          'alice',
          `text ${count}: ${'lorem ipsum dolor sit amet '.repeat(1 + (count % 4))}`,
        );
        if (task.rate > 0) await setTimeout(begun + (count * 1000) / task.rate - performance.now());
        else if (count % 500 === 499) await sent;
      }
      await delivered;
    }
    process.send({ ms: performance.now() - begun });
  }
}

async function* messagesOf(emitter) {
  for (;;) yield await once(emitter, 'message');
}
