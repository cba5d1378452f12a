import { PassThrough, Writable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { writeOut } from '../../../src/cli/write-out.js';

const deps = () => ({ signal: new AbortController().signal });

/** Pieces without end, and how many were asked for. */
function endless() {
  const asked = { count: 0 };
  async function* pieces(): AsyncGenerator<string> {
    for (;;) {
      asked.count += 1;
      yield 'x'.repeat(1_000);
    }
  }
  return { asked, pieces: pieces() };
}

it('asks for no more than the reader takes', async () => {
  const { asked, pieces } = endless();
  const controller = new AbortController();
  // Takes the first piece and nothing after it.
  const output = new Writable({ write: () => {}, highWaterMark: 10_000 });
  const writing = writeOut(output, pieces, { signal: controller.signal });
  while (!output.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(asked.count).toBe(10);
  controller.abort();
  await expect(writing).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
});

it('ends quietly when the reader leaves', async () => {
  const { pieces } = endless();
  const output = new Writable({ write: () => {}, highWaterMark: 10_000 });
  const writing = writeOut(output, pieces, deps());
  output.destroy();
  await writing;
});

it('writes everything, however slow the reader is', async () => {
  const output = new PassThrough({ highWaterMark: 10 });
  async function* pieces(): AsyncGenerator<string> {
    for (let one = 0; one < 100; one += 1) yield `${one}\n`;
  }
  const writing = writeOut(output, pieces(), deps()).then(() => output.end());
  let text = '';
  for await (const chunk of output) text += String(chunk);
  await writing;
  expect(text).toBe(Array.from({ length: 100 }, (_, one) => `${one}\n`).join(''));
});
