// Captures the chat window for the documents, into docs/screens/window-*.png: both themes, on a telephone, a tablet and a desk. The
// page is the built one; what it shows comes from scripts/screens/window-world.mjs. Needs Chromium and ffmpeg.
//
//   node scripts/capture-window.mjs        the program must have been built
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import sharp from 'sharp';
import { world } from './screens/window-world.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const screens = process.env.QTCHAT_SCREENS ?? join(root, 'docs/screens');
const now = new Date('2026-11-29T17:55:00.000Z');
const sizes = [
  { width: 360, height: 740 },
  { width: 900, height: 760 },
  { width: 1400, height: 900 },
];

// Beside node_modules, where what is not bundled is found.
const folder = await mkdtemp(join(root, 'dist', 'screens-'));
try {
  const outfile = join(folder, 'window.mjs');
  const entryPoints = [join(root, 'test/helpers/window.ts')];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', packages: 'external' });
  const { openWindow, startChromium } = await import(pathToFileURL(outfile).href);
  const browser = await startChromium();
  const shown = await world();
  for (const theme of ['light', 'dark']) {
    for (const size of sizes) await capture(openWindow, browser, { theme, ...size, world: shown });
  }
  await browser.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function capture(openWindow, browser, options) {
  const { width, theme } = options;
  const { page, bridge, close } = await openWindow(browser, { ...options, hash: width < 720 ? '' : '#bob', now });
  if (width < 720) await keep(page, `list-${theme}-${width}`);
  if (width < 720) await page.getByRole('link', { name: /bob/ }).click();
  bridge.emit({ event: 'fileProgress', ...shown(options) });
  await page.getByText('11.2 MB/s').waitFor();
  await page.waitForFunction('[...document.images].every((one) => one.complete)');
  await page.waitForFunction("[...document.querySelectorAll('video')].every((one) => one.readyState >= 2)");
  await page.evaluate('document.activeElement.blur()');
  await keep(page, `${theme}-${width}`);
  if (width === 1400) {
    await page.getByRole('button', { name: 'Who is bob?' }).click();
    await page.getByText('Harbour circle').waitFor();
    bridge.emit({ event: 'callConnected', member: 'bob', id: 'c'.repeat(32), direction: 'out', resumed: false });
    await page.clock.setFixedTime(now.getTime() + 83_000);
    const stats = { lossPercent: 0.4, concealedPercent: 0.2, roundTripMs: 23, jitterMs: 3, kbps: 57 };
    bridge.emit({ event: 'callStats', member: 'bob', id: 'c'.repeat(32), direction: 'out', ...stats });
    bridge.emit({ event: 'callLevel', member: 'bob', id: 'c'.repeat(32), direction: 'out', local: 0.2, remote: 0.5 });
    await page.getByText('23 ms').waitFor();
    await keep(page, `who-${theme}-${width}`);
  }
  await close();
}

function shown({ world: { progress } }) {
  return progress;
}

async function keep(page, name) {
  const picture = await sharp(await page.screenshot())
    .png({ palette: true, quality: 90, effort: 9 })
    .toBuffer();
  await writeFile(join(screens, `window-${name}.png`), picture);
  console.log(`window-${name}.png ${(picture.length / 1000).toFixed(1)} kB`);
}
