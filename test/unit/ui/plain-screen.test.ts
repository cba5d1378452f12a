/** What stands on the screen of a terminal that is narrow, and of whom the user is told. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../src/conversation/conversation.js';
import type { ConversationEvent } from '../../../src/conversation/events.js';
import { PlainChat } from '../../../src/ui/plain/plain-chat.js';
import { describeEvent } from '../../../src/ui/text/describe-event.js';
import { noSound } from '../../helpers/face-sound.js';
import { defaultSettings } from '../../helpers/settings.js';

const columns = 20;
const peer = {
  member: 'bob',
  circleId: 'c',
  spkiSha256: 'ab',
  address: { host: '::1', port: 1 },
  security: 'TLSv1.3',
  keyAgreement: { group: 'X25519', postQuantum: false },
  keyOrigin: 'local',
} as const;
const message = { type: 'message', member: 'bob', id: 'x', sentAt: new Date(0), text: 'hello' } as const;

/** Draws what was written, as far as the chat and readline use a terminal: rows, wrapping, moving, erasing. */
function draw(written: string): string[] {
  const rows: string[][] = [[]];
  let [x, y] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what moves a cursor begins with one
  for (const [token, move, count] of written.matchAll(/\u001b\[(\d*)([A-Z])|./gsu)) {
    const by = Number(move || 1);
    if (token === '\r') x = 0;
    else if (token === '\n') y += 1;
    else if (count === 'A') y -= by;
    else if (count === 'B') y += by;
    else if (count === 'C') x += by;
    else if (count === 'D') x -= by;
    else if (count === 'G') x = by - 1;
    else if (count === 'J' || count === 'K') {
      rows[y]?.splice(x);
      if (count === 'J') rows.splice(y + 1);
    } else {
      if (x === columns) [x, y] = [0, y + 1];
      while (rows.length <= y) rows.push([]);
      const row = rows[y] ?? [];
      while (row.length < x) row.push(' ');
      row[x] = token;
      x += 1;
    }
    while (rows.length <= y) rows.push([]);
  }
  return rows.map((row) => row.join('').trimEnd()).filter((row) => row !== '');
}

describe('the screen of the plain chat', () => {
  let chat: PlainChat;
  let input: PassThrough;
  let written: string;
  let running: Promise<void>;
  let offered: string[];

  beforeEach(() => {
    input = new PassThrough();
    written = '';
    offered = [];
    const output = Object.assign(new PassThrough(), { columns });
    output.on('data', (chunk: Buffer) => {
      written += chunk.toString('utf8').replaceAll('\n', '\r\n');
    });
    const streams = { input, output, status: output };
    const { signal } = new AbortController();
    chat = new PlainChat({
      ...streams,
      isTerminal: true,
      json: false,
      clock: () => new Date(0),
      signal,
      settings: defaultSettings(),
      sound: noSound,
    });
    const conversation = {
      messages: { send: async () => 'id', markSeen: async () => {} },
      files: { send: async (_: string, path: string) => void offered.push(path) },
    };
    running = chat.run(conversation as unknown as Conversation);
    chat.onEvent({ type: 'target', member: 'bob' });
  });

  afterEach(async () => {
    input.end();
    await running;
    chat.close();
  });

  async function type(text: string): Promise<void> {
    input.write(text);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  it('shows a message once and the typed line once when the line fills several rows', async () => {
    await type('a line that fills more than two of these rows');
    chat.onEvent(message);
    expect(draw(written).join('|')).toBe('bob: hello|to bob> a line that|fills more than two|of these rows');
  });

  it('erases no message while a line of several rows is being edited in its middle', async () => {
    // Ctrl-B goes back; what is typed there makes readline draw the line anew.
    await type(`a line that fills more than two of these rows${'\u0002'.repeat(5)}x`);
    chat.onEvent(message);
    chat.onEvent({ ...message, text: 'again' });
    expect(draw(written).filter((row) => row.startsWith('bob:'))).toEqual(['bob: hello', 'bob: again']);
  });

  it('takes the prompt away when the chat ends, and says of nobody that they left', async () => {
    input.end();
    await running;
    chat.onEvent({ type: 'disconnected', member: 'bob', reason: 'left' });
    chat.close();
    expect(draw(written)).toEqual([]);
  });

  it('says once that what is typed waits for somebody who is not here', async () => {
    await type('one\ntwo\n');
    expect(written.match(/bob is not here: what you type waits/g)).toHaveLength(1);
    chat.onEvent({ type: 'connected', peer });
    chat.onEvent({ type: 'disconnected', member: 'bob', reason: 'left' });
    await type('three\n');
    expect(written.match(/bob is not here: what you type waits/g)).toHaveLength(2);
  });

  it('says that a file is offered, and reads its path as shells do', async () => {
    chat.onEvent({ type: 'connected', peer });
    await type('/send ~/a b.png\n/send "c d.png"\n');
    expect(offered).toEqual([join(homedir(), 'a b.png'), 'c d.png']);
    expect(written).toContain('offered a b.png to bob\r\n');
  });
});

describe('lines of the plain chat', () => {
  it.each([
    ['👨‍👩‍👧 👩🏽‍🚀 ❤️‍🔥', '👨‍👩‍👧 👩🏽‍🚀 ❤️‍🔥'],
    ['a\u200db', 'a\\u{200d}b'],
    ['👩\u200d', '👩\\u{200d}'],
    ['👩\u200d\u202e👩', '👩\\u{200d}\\u{202e}👩'],
  ])('join emoji, and nothing else, with a zero-width joiner: %s', (text, shown) => {
    expect(describeEvent({ ...message, text })?.text).toBe(`bob: ${shown}`);
  });

  it('do not give "declined" as the reason for declining', () => {
    const file = { id: 'ab', direction: 'in', name: 'a.txt', sizeBytes: 1 } as const;
    const declined = { type: 'fileDeclined', member: 'bob', file, reason: 'declined' } satisfies ConversationEvent;
    expect(describeEvent(declined)?.text).toBe('declined a.txt from bob');
    expect(describeEvent({ ...declined, reason: 'no-room' })?.text).toBe(
      'declined a.txt from bob (there is no room for it on the disk)',
    );
  });
});
