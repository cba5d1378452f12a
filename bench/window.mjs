// What the chat window costs in a real Chromium: the time until it can be used, and the longest tasks (of 50 ms and more; shorter
// ones nobody feels) while somebody scrolls through a conversation of many messages, up to the first and back, and while messages
// pour in. Exits with 1 where it takes more than 1 s until it is ready, or a task lasts longer than 50 ms. What stands behind the page
// is no real program but test/helpers/fake-bridge.ts: the page is measured. The program must have been built.
//
//   node bench/window.mjs [messages]        default 10000
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { quantile } from './helpers/quantile.mjs';

const [messages = 10_000] = process.argv.slice(2).map(Number);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const openings = 9;
const mostReadyMs = 1_000;
const mostTaskMs = 50;

// Beside node_modules, where what is not bundled is found.
const folder = await mkdtemp(join(root, 'dist', 'bench-'));
try {
  const outfile = join(folder, 'window.mjs');
  const entryPoints = [join(root, 'test/helpers/window.ts')];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', packages: 'external' });
  const { openWindow, startChromium } = await import(pathToFileURL(outfile).href);
  const browser = await startChromium();
  const world = { history: { bob: Array.from({ length: messages }, (_, index) => messageOf(index)) } };
  try {
    await measureReady(() => openWindow(browser, { hash: '#bob', world }));
    await measureScrolling(() => openWindow(browser, { hash: '#bob', world }));
  } finally {
    await browser.close();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measureReady(open) {
  const times = [];
  for (let opening = 0; opening < openings; opening += 1) {
    const { page, close } = await open();
    await page.getByText(`message ${messages - 1}:`).waitFor();
    // From the request to the newest message on the screen, by the page's own clock; the way of the question is part of it.
    times.push(await page.evaluate('performance.now()'));
    await close();
  }
  const ready = quantile(times, 0.5);
  console.log(`ready: median ${ready.toFixed(0)} ms of ${openings}, the slowest ${Math.max(...times).toFixed(0)} ms`);
  judge(ready <= mostReadyMs, `more than ${mostReadyMs} ms until it is ready`);
}

async function measureScrolling(open) {
  const { page, bridge, close } = await open();
  await page.getByText(`message ${messages - 1}:`).waitFor();
  await page.evaluate(`
    window.tasks = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    window.frames = [];
    let last = performance.now();
    requestAnimationFrame(function frame(now) { frames.push(now - last); last = now; requestAnimationFrame(frame); });
  `);
  const scroller = await page.locator('.scroller').boundingBox();
  await page.mouse.move(scroller.x + 200, scroller.y + 200);
  for (const [way, step, isThere] of [
    [
      'up',
      -4_000,
      "document.querySelector('.scroller').scrollTop === 0 && document.querySelector('.beginning') !== null",
    ],
    ['down', 12_000, "document.querySelector('.to-end') === null"],
  ]) {
    const begun = performance.now();
    while (!(await page.evaluate(isThere))) {
      await page.mouse.wheel(0, step);
      await page.evaluate('new Promise(requestAnimationFrame)');
    }
    await report(page, `${messages} messages ${way}, in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  }
  for (let index = 0; index < 500; index += 1) {
    bridge.emit({
      event: 'message',
      member: 'bob',
      id: `new${index}`,
      text: `news ${index}`,
      sentAt: sentAt(messages + index),
    });
    if (index % 5 === 0) await page.evaluate('new Promise(requestAnimationFrame)');
  }
  await page.locator('.scroller').getByText('news 499').waitFor();
  await report(page, '500 messages that come');
  console.log(`elements in the page: ${await page.evaluate("document.querySelectorAll('*').length")}`);
  await close();
}

async function report(page, what) {
  const { tasks, frames } = await page.evaluate('({ tasks: tasks.splice(0), frames: frames.splice(0) })');
  const longest = Math.max(0, ...tasks);
  const told =
    tasks.length === 0
      ? 'no task of 50 ms'
      : `${tasks.length} tasks of 50 ms or more, the longest ${longest.toFixed(0)} ms`;
  console.log(`${what}: ${told}; frames p95 ${quantile(frames, 0.95).toFixed(1)} ms`);
  judge(longest <= mostTaskMs, `a task of more than ${mostTaskMs} ms`);
}

function judge(isGood, fault) {
  if (isGood) return;
  console.error(`FAILED: ${fault}`);
  process.exitCode = 1;
}

function messageOf(index) {
  const direction = index % 3 === 0 ? 'out' : 'in';
  const text = `message ${index}: ${'the tide is at nine, and the harbour is quiet. '.repeat(index % 5)}`;
  return {
    ...{ id: `m${index}`, from: direction === 'in' ? 'bob' : 'alice', direction, sentAt: sentAt(index), text },
    ...{
      state: direction === 'in' ? 'received' : 'read',
      replyTo: index % 7 === 0 ? `m${index - 2}` : null,
      editedAt: null,
    },
    ...{ call: null, file: null, reactions: index % 11 === 0 ? [{ from: 'bob', emoji: '👍' }] : [] },
  };
}

function sentAt(index) {
  return new Date(Date.UTC(2026, 0, 1) + index * 10 * 60_000).toISOString();
}
