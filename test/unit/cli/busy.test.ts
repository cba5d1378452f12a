import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type BusyState, whileBusy, whileCalculating } from '../../../src/cli/busy.js';

const clearLine = '\r\u001b[K';

function screen(isTTY = true, columns = 80) {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns });
  return { stderr, shown: () => String(stderr.read() ?? '') };
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Work of a given length of time; what a terminal, or a pipe, showed of it. */
async function shownDuring(ms: number, isTTY: boolean, { fails = false, busyAfterMs = 500 } = {}): Promise<string> {
  const { stderr, shown } = screen(isTTY);
  const working = whileBusy('Encrypting', { stderr, busyAfterMs }, async () => {
    await later(ms);
    if (fails) throw new Error('no luck');
  }).catch((error: Error) => error.message);
  await jest.advanceTimersByTimeAsync(ms);
  expect(await working).toBe(fails ? 'no luck' : undefined);
  return shown();
}

/** What stands on the line at last, after work that gives no timer a chance. */
async function shownOf(columns: number, ...states: BusyState[]): Promise<string> {
  const { stderr, shown } = screen(true, columns);
  await whileBusy('Reading', { stderr, busyAfterMs: 0 }, async (busy) => {
    for (const state of states) busy.report(state);
  });
  return shown().split(clearLine).at(-2) ?? '';
}

describe('whileBusy', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('shows nothing of what takes less than half a second', async () => {
    expect(await shownDuring(499, true)).toBe('');
  });

  it('turns while it takes longer, and leaves nothing behind', async () => {
    const shown = await shownDuring(1000, true);
    expect(shown).toMatch(/⠋ Encrypting.*⠙ Encrypting/s);
    expect(shown.endsWith(clearLine)).toBe(true);
  });

  it('leaves nothing behind when the work fails, and hands on why', async () => {
    expect((await shownDuring(1000, true, { fails: true })).endsWith(clearLine)).toBe(true);
  });

  it.each([
    ['where there is no terminal', false, 500],
    ['where it is not wanted', true, Number.POSITIVE_INFINITY],
  ])('shows nothing %s', async (_title, isTTY, busyAfterMs) => {
    expect(await shownDuring(5000, isTTY, { busyAfterMs })).toBe('');
  });

  it.each([
    ['a bar where it is known how much there is', { done: 5, total: 20 }, '⠋ Reading ━━━━━─────────────── 5 of 20'],
    ['a full one at the end', { done: 20, total: 20 }, '⠋ Reading ━━━━━━━━━━━━━━━━━━━━ 20 of 20'],
    ['a full one where there is nothing', { done: 0, total: 0 }, '⠋ Reading ━━━━━━━━━━━━━━━━━━━━ 0 of 0'],
    ['no more than a full one', { done: 9, total: 3 }, '⠋ Reading ━━━━━━━━━━━━━━━━━━━━ 9 of 3'],
    ['a number where it is not', { done: 5 }, '⠋ Reading 5'],
    ['what is done now', { label: 'Writing' }, '⠋ Writing'],
  ])('shows %s', async (_title, state, line) => {
    expect(await shownOf(80, state)).toBe(line);
  });

  it.each([
    [30, '⠋ Reading 5 of 20'],
    [12, '⠋ Reading 5'],
    [5, '⠋ Re'],
  ])('keeps to a line of %i columns, which could not be erased if it wrapped', async (columns, line) => {
    expect(await shownOf(columns, { done: 5, total: 20 })).toBe(line);
  });

  it('shows how far work is that leaves timers no time, after the half second and not too often', async () => {
    const { stderr, shown } = screen();
    const elapsed = jest.spyOn(performance, 'now');
    await whileBusy('Reading', { stderr, busyAfterMs: 500 }, async (busy) => {
      const start = performance.now();
      for (const [index, ms] of [100, 499, 500, 510, 579, 580, 600].entries()) {
        elapsed.mockReturnValue(start + ms);
        busy.report({ done: index });
      }
    });
    elapsed.mockRestore();
    expect(shown()).toBe(`${clearLine}⠋ Reading 2${clearLine}⠙ Reading 5${clearLine}`);
  });

  it('gives the line free for something else, and takes the next', async () => {
    const { stderr, shown } = screen();
    await whileBusy('Reading', { stderr, busyAfterMs: 0 }, async (busy) => {
      busy.report({ done: 1 });
      busy.erase();
      busy.erase();
      stderr.write('found\n');
      busy.report({ label: 'Reading on' });
    });
    expect(shown()).toBe(`${clearLine}⠋ Reading 1${clearLine}found\n${clearLine}⠙ Reading on${clearLine}`);
  });

  it('shows nothing any more when the work is over', async () => {
    const { stderr, shown } = screen();
    const busy = await whileBusy('Reading', { stderr, busyAfterMs: 0 }, async (sign) => sign);
    busy.report({ done: 1 });
    await jest.advanceTimersByTimeAsync(1000);
    expect(shown()).toBe('');
  });
});

describe('whileCalculating', () => {
  const deps = (signal: AbortSignal) => ({ stderr: screen().stderr, busyAfterMs: 500, signal });

  it('hands on the result', async () => {
    expect(await whileCalculating('Adding', deps(new AbortController().signal), async () => 4)).toBe(4);
  });

  it('hands on what went wrong', async () => {
    const fails = () => Promise.reject(new Error('no luck'));
    await expect(whileCalculating('Adding', deps(new AbortController().signal), fails)).rejects.toThrow('no luck');
  });

  it('does not wait for the result when it is cancelled', async () => {
    const controller = new AbortController();
    const calculating = whileCalculating('Adding', deps(controller.signal), () => new Promise(() => {}));
    controller.abort();
    await expect(calculating).rejects.toMatchObject({ code: 'ERR_CANCELLED', exitCode: 130 });
  });

  it('does not begin when it was cancelled before', async () => {
    const work = jest.fn(async () => 4);
    await expect(whileCalculating('Adding', deps(AbortSignal.abort()), work)).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
    expect(work).not.toHaveBeenCalled();
  });
});
