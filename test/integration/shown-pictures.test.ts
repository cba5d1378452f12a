/** Pictures in the rows of a conversation, as the screen changes around them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import stringWidth from 'string-width';
import { Screen } from '../../src/ui/terminal/screen/screen.js';
import { ShownPictures } from '../../src/ui/terminal/shown-pictures.js';
import { applyEvent } from '../../src/ui/terminal/state/apply-event.js';
import { ChatState } from '../../src/ui/terminal/state/chat-state.js';
import { TerminalChat } from '../../src/ui/terminal/terminal-chat.js';
import { noSound } from '../helpers/face-sound.js';
import { makeFilm } from '../helpers/films.js';
import { defaultSettings } from '../helpers/settings.js';

jest.setTimeout(120_000);
const now = new Date('2026-01-02T03:04:05Z');

let folder: string;
let state: ChatState;
let size: { columns: number; rows: number };
let shown: ShownPictures;
let changes: number;
let onChange: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qtchat-shown-'));
  state = new ChatState(() => now);
  size = { columns: 80, rows: 24 };
  changes = 0;
  onChange = () => {};
  shown = new ShownPictures({
    ...{ state, env: { TERM: 'xterm-256color' }, screen: new Screen(new PassThrough()) },
    ...{ size: () => size, write: () => {}, isWanted: () => true },
    onChange: () => {
      changes += 1;
      onChange();
    },
  });
});

afterEach(async () => {
  await shown.close();
  rmSync(folder, { recursive: true });
});

/** Resolves when something was to be drawn so many times. */
async function drawn(times: number): Promise<void> {
  while (changes < times) {
    await new Promise<void>((resolve) => {
      onChange = resolve;
    });
  }
  changes = 0;
}

function arrive(name: string, content: Buffer | string, id = '0'.repeat(32)): void {
  const path = join(folder, name);
  writeFileSync(path, content);
  const file = { id, direction: 'in', name, sizeBytes: content.length } as const;
  const event = { type: 'fileDone', member: 'bob', file, path } as const;
  applyEvent(state, event, now);
  shown.note(state.files.note(event));
}

/** Width and height in cells of each picture that is shown. */
function pictures(): [number, number][] {
  return state
    .talkWith('bob')
    .items.all.flatMap((item): [number, number][] =>
      item.kind === 'file' && item.picture !== undefined
        ? [[stringWidth(item.picture[0] ?? ''), item.picture.length]]
        : [],
    );
}

function said(): string[] {
  return state.talkWith('bob').items.all.flatMap((item) => (item.kind === 'notice' ? [item.text] : []));
}

const picture = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#336699' } })
    .png()
    .toBuffer();

describe('a picture that has arrived', () => {
  it('is shown behind the margin, and made anew when the screen has another width', async () => {
    arrive('wide.png', await picture(1000, 100));
    await drawn(1);
    expect(pictures()).toEqual([[71, 4]]);
    size = { columns: 50, rows: 24 };
    shown.fit();
    await drawn(1);
    expect(pictures()).toEqual([[41, 2]]);
    shown.fit();
    expect(changes).toBe(0);
  });

  it('leaves room for the other conversations, once there are any', async () => {
    size = { columns: 100, rows: 24 };
    shown.fit();
    arrive('wide.png', await picture(1000, 100));
    await drawn(1);
    expect(pictures()).toEqual([[91, 5]]);
    state.talkWith('carol');
    shown.fit();
    await drawn(1);
    expect(pictures()).toEqual([[71, 4]]);
  });

  it('ends in the last size of many', async () => {
    arrive('one.png', await picture(1000, 100), '1'.repeat(32));
    arrive('two.png', await picture(1000, 100), '2'.repeat(32));
    await drawn(2);
    for (const columns of [70, 60, 50, 40, 80]) {
      size = { columns, rows: 24 };
      shown.fit();
    }
    await drawn(2);
    expect(pictures()).toEqual([
      [71, 4],
      [71, 4],
    ]);
    expect(said()).toEqual([]);
  });

  it('has half of a small screen at most', async () => {
    size = { columns: 40, rows: 10 };
    shown.fit();
    arrive('tall.png', await picture(100, 1000));
    await drawn(1);
    expect(pictures()).toEqual([[1, 5]]);
  });

  it('stays a line where it is damaged, with the reason', async () => {
    arrive('false.png', (await picture(100, 100)).subarray(0, 60));
    await drawn(1);
    expect(pictures()).toEqual([]);
    expect(said()).toEqual([expect.stringContaining('"false.png" cannot be shown: it is damaged')]);
  });
});

describe('films that have arrived', () => {
  /** A program for stills that says when it begins and ends, and makes none. */
  function fakeProgram(): { env: Record<string, string>; steps: () => string[] } {
    const log = join(folder, 'steps');
    const program = `#!/bin/sh\necho begin >> '${log}'\nread line < /proc/uptime\necho end >> '${log}'\nexit 1\n`;
    writeFileSync(join(folder, 'ffmpeg'), program, { mode: 0o700 });
    writeFileSync(log, '');
    return { env: { PATH: folder }, steps: () => readFileSync(log, 'utf8').trim().split('\n') };
  }

  it('are looked at one after the other, and not for each size while a window is dragged', async () => {
    const { env, steps } = fakeProgram();
    await shown.close();
    shown = new ShownPictures({
      ...{ state, env, screen: new Screen(new PassThrough()), size: () => size, write: () => {} },
      ...{ isWanted: () => true, onChange: () => onChange() },
    });
    for (let number = 0; number < 8; number += 1) arrive(`${number}.mp4`, makeFilm(1_000), `${number}`.repeat(32));
    for (const columns of [70, 60, 50]) {
      size = { columns, rows: 24 };
      shown.fit();
    }
    let drawings = 0;
    await new Promise<void>((resolve) => {
      onChange = () => {
        drawings += 1;
        if (drawings === 8) resolve();
      };
    });
    // Each is tried twice, from its second second and from its beginning; the first one may have begun in the first size.
    const seen = steps();
    expect(seen.every((step, index) => step === (index % 2 === 0 ? 'begin' : 'end'))).toBe(true);
    expect(seen.length).toBeLessThanOrEqual(2 * 2 * 9);
  });
});

describe('a chat on a screen', () => {
  it('does not begin where QTCHAT_PICTURES is none of its values, and leaves the terminal as it is', () => {
    const output = new PassThrough();
    const parts = {
      input: new PassThrough(),
      output,
      status: new PassThrough(),
      clock: () => now,
      settings: defaultSettings(),
      sound: noSound,
    };
    const env = { TERM: 'xterm-256color', QTCHAT_PICTURES: 'everywhere' };
    const begin = () => new TerminalChat({ ...parts, env, signal: new AbortController().signal });
    expect(begin).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
    expect(output.read()).toBeNull();
  });
});
