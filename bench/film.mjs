// How soon a film plays while it arrives: two real programs, each with its window in a Chromium of its own, and between them a line in
// user space. From the first octets of the film to its first frames, how much of it has come by then; from a jump to 80 % of it to
// the frames there; and both again where nothing is played before all is there, in order, which takes as long as the line needs. Films
// of some 12 MB and 90 s: MP4 with its index in front and at the end, WebM. Exits with 1 where it takes more than 2 s, or 15 % of the
// film, until one plays, or more than 2 s after a jump. The program must have been built; needs chromium and ffmpeg.
//
//   node bench/film.mjs [kB/s [front|end|webm…]]        default 500 and all
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { chromium } from 'playwright-core';
import { bundle, load } from './helpers/bundle.mjs';
import { ended, line, makeMembers, startOpen } from './helpers/file-peers.mjs';

const [speed = '500', ...chosen] = process.argv.slice(2);
const kinds = chosen.length > 0 ? chosen : ['front', 'end', 'webm'];
const bytesPerSecond = Number(speed) * 1000;
const [mostStartMs, mostStartShare, mostJumpMs] = [2_000, 0.15, 2_000];
const jumpTo = 0.8;
const polling = 20;

const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
const bundled = await bundle(['test/helpers/real-films', 'test/helpers/slow-relay']);
try {
  const { filmOf, SlowRelay } = await load(bundled);
  const { alice, bob } = await makeMembers(folder);
  const ends = [];
  let relay;
  try {
    const near = await open(alice, ends);
    relay = await SlowRelay.start(near.port, bytesPerSecond);
    const connected = line(near.chat, ({ event }) => event === 'connected');
    const far = await open(bob, ends, relay.port);
    await connected;
    await Promise.all([show(near.page, 'bob'), show(far.page, 'alice')]);
    console.log(`at ${speed} kB/s   plays after   received   jumps within   all is there after`);
    for (const kind of kinds) await measure(near, far, filmOf(kind));
  } finally {
    for (const { browser, chat } of ends) {
      await browser.close();
      chat.kill('SIGTERM');
      await ended(chat);
    }
    await relay?.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
  await rm(bundled, { recursive: true, force: true });
}

/** Starts the chat of a home, and looks at its window. */
async function open(home, ends, peer) {
  const dials = peer === undefined ? [] : ['--peer', `127.0.0.1:${peer}`];
  const chat = startOpen(home, 'chat', '--json', '--web', '--no-open', '--listen', '127.0.0.1:0', ...dials);
  const [{ url }, { port }] = await Promise.all([
    line(chat, ({ event }) => event === 'window'),
    line(chat, ({ event }) => event === 'listening'),
  ]);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', chromiumSandbox: false });
  ends.push({ browser, chat });
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  return { chat, port, browser, page };
}

async function show(page, member) {
  await page.getByRole('link', { name: member }).click();
  await page.getByRole('textbox', { name: `Message to ${member}` }).waitFor();
}

async function measure(near, far, path) {
  const { size } = await stat(path);
  const name = basename(path);
  const started = line(near.chat, (event) => event.event === 'fileStarted' && event.name === name);
  const done = line(near.chat, (event) => event.event === 'fileDone' && event.name === name);
  await far.page.getByLabel('Files', { exact: true }).setInputFiles(path);
  const begin = Date.parse((await started).at);
  const film = near.page.locator(`video[aria-label="${name}"]`);
  await film.evaluate((video) => {
    video.muted = true;
    void video.play();
  });
  const startMs = (await playsAt(near.page, film, 0)) - begin;
  const bar = near.page.getByRole('progressbar', { name: `How much of ${name} is there` });
  const share = Number(await bar.getAttribute('value')) / size;
  const jumped = Date.now();
  await film.evaluate((video, to) => {
    video.currentTime = video.duration * to;
  }, jumpTo);
  const jumpMs = (await playsAt(near.page, film, jumpTo)) - jumped;
  const wholeMs = Date.parse((await done).at) - begin;
  const columns = [
    name.padEnd(13),
    `${startMs} ms`.padEnd(14),
    `${(share * 100).toFixed(1)} %`.padEnd(11),
    `${jumpMs} ms`.padEnd(15),
    `${wholeMs} ms (first frames ${(wholeMs / startMs).toFixed(0)} times sooner)`,
  ];
  console.log(columns.join(''));
  if (startMs > mostStartMs || share > mostStartShare || jumpMs > mostJumpMs) process.exitCode = 1;
}

/** When it runs behind that share of it, by the clock that both sides have. */
async function playsAt(page, film, share) {
  const element = await film.elementHandle();
  const runs = await page.waitForFunction(
    ([video, from]) => video.currentTime > video.duration * from + 0.05 && Date.now(),
    [element, share],
    { polling, timeout: 120_000 },
  );
  return await runs.jsonValue();
}
