/** Frames on a terminal: only what changed is sent, and only the newest where the terminal is slow. */
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Frame } from '../../../../../src/ui/terminal/screen/frame.js';
import { Screen } from '../../../../../src/ui/terminal/screen/screen.js';
import { HeadlessScreen } from '../../../../helpers/headless-screen.js';

function frame(rows: readonly string[], row = 0, column = 0): Frame {
  return { rows, cursor: { row, column }, listHeight: rows.length, isTop: false };
}

/** A terminal that takes everything at once. */
class FastTerminal extends Writable {
  written = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written += chunk.toString();
    done();
  }
}

/** A terminal that takes nothing until it is told to. */
class SlowTerminal extends Writable {
  readonly written: string[] = [];
  #go: (() => void)[] = [];

  constructor() {
    super({ decodeStrings: false, highWaterMark: 1 });
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(chunk);
    this.#go.push(done);
  }

  /** Takes what is there. */
  async take(): Promise<void> {
    for (const done of this.#go.splice(0)) done();
    await new Promise(setImmediate);
  }
}

describe('the screen', () => {
  it('shows each frame as it is, whatever was there before', async () => {
    const output = new HeadlessScreen(10, 3);
    const screen = new Screen(output);
    for (const rows of [
      ['0123456789', 'a', 'b'],
      ['short', 'a', '漢字漢字漢'],
      ['', 'a', ''],
      ['0123456789', '0123456789', '0123456789'],
    ]) {
      screen.draw(frame(rows));
      await new Promise((resolve) => output.write('', resolve));
      expect(output.shown).toEqual(rows);
    }
  });

  it('sends rows that changed, and nothing where nothing did', () => {
    const output = new FastTerminal();
    const screen = new Screen(output);
    screen.draw(frame(['a', 'b', 'c']));
    const first = output.written.length;
    screen.draw(frame(['a', 'B', 'c']));
    const second = output.written.slice(first);
    expect(second).toContain('\u001b[2;1H\u001b[0m\u001b[KB');
    expect(second).not.toMatch(/[ac]/);
    const all = output.written;
    screen.draw(frame(['a', 'B', 'c']));
    expect(output.written).toBe(all);
    screen.draw(frame(['a', 'B', 'c'], 2, 1));
    expect(output.written.slice(all.length)).toMatch(/\[3;2H/);
  });

  it('sends everything anew once it was cleared', () => {
    const output = new FastTerminal();
    const screen = new Screen(output);
    screen.draw(frame(['a', 'b']));
    screen.clear();
    const { length } = output.written;
    screen.draw(frame(['a', 'b']));
    expect(output.written.slice(length)).toMatch(/Ka.*Kb/);
  });

  it('sends a terminal that is slow the newest frame alone', async () => {
    const output = new SlowTerminal();
    const screen = new Screen(output);
    for (let number = 1; number <= 1_000; number += 1) screen.draw(frame([`frame ${number}`]));
    expect(output.written).toHaveLength(1);
    await output.take();
    expect(output.written).toHaveLength(2);
    expect(output.written[1]).toContain('frame 1000');
  });

  it('sends nothing once it is closed, though something waited', async () => {
    const output = new SlowTerminal();
    const screen = new Screen(output);
    screen.draw(frame(['one']));
    screen.draw(frame(['two']));
    screen.close();
    await output.take();
    expect(output.written).toHaveLength(1);
  });
});
