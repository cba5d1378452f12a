import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { withSpinner } from '../../../src/cli/spinner.js';

/** Work of a given length of time; what a terminal, or a pipe, showed of it. */
async function shownDuring(ms: number, isTTY: boolean, fails = false): Promise<string> {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const working = withSpinner('Encrypting', { stderr }, async () => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (fails) throw new Error('no luck');
  }).catch((error: Error) => error.message);
  await jest.advanceTimersByTimeAsync(ms);
  expect(await working).toBe(fails ? 'no luck' : undefined);
  return String(stderr.read() ?? '');
}

describe('withSpinner', () => {
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
    expect(shown.endsWith('\r\u001b[K')).toBe(true);
  });

  it('leaves nothing behind when the work fails, and hands on why', async () => {
    expect((await shownDuring(1000, true, true)).endsWith('\r\u001b[K')).toBe(true);
  });

  it('shows nothing where there is no terminal', async () => {
    expect(await shownDuring(5000, false)).toBe('');
  });
});
