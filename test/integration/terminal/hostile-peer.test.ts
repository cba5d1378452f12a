/** A member that writes whatever could steer a terminal: the screen stays whole, and nothing of it steers. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Settings } from '../../../src/ui/commands/settings.js';
import { pictureQuery } from '../../../src/ui/terminal/pictures/detect.js';
import { TerminalChat } from '../../../src/ui/terminal/terminal-chat.js';
import { makeCircle, type TestCircle } from '../../helpers/certificates.js';
import { Meeting, type TestConversation } from '../../helpers/conversations.js';
import { noSound } from '../../helpers/face-sound.js';
import { HeadlessScreen } from '../../helpers/headless-screen.js';
import { makeIdentity } from '../../helpers/identity.js';
import { dialBare } from '../../helpers/rogue.js';
import { makeOffer, RogueMember } from '../../helpers/rogue-files.js';

jest.setTimeout(120_000);

const env = { TERM: 'xterm-256color' };
const quiet = {
  autoAcceptBytes: 0,
  notify: 'off',
  bell: false,
  pictures: false,
  ring: false,
  pushToTalk: false,
  noiseSuppression: false,
} as const;

/** What could steer a terminal, and how it is shown: each in a row of its own. */
const steering: readonly (readonly [string, string])[] = [
  ['\u001b[2J\u001b[Hcleared', '\\u{1b}[2J\\u{1b}[Hcleared'],
  ['\u001b[38;5;196mred\u001b[5m', '\\u{1b}[38;5;196mred\\u{1b}[5m'],
  ['\u001b]52;c;cm0gLXJmIC8=\u0007clip', '\\u{1b}]52;c;cm0gLXJmIC8=\\u{7}clip'],
  ['\u001b]8;;http://evil\u001b\\link', '\\u{1b}]8;;http://evil\\u{1b}\\link'],
  ['\u001bPq#0;2;0;0;0~\u001b\\dcs', '\\u{1b}Pq#0;2;0;0;0~\\u{1b}\\dcs'],
  ['\u001b_Ga=T,f=24;AAAA\u001b\\apc', '\\u{1b}_Ga=T,f=24;AAAA\\u{1b}\\apc'],
  ['\u001bcreset\u001b7\u001b8', '\\u{1b}creset\\u{1b}7\\u{1b}8'],
  ['\u009b31m8 bit\u009d0;t\u009c', '\\u{9b}31m8 bit\\u{9d}0;t\\u{9c}'],
  ['\u202egnp.exe\u2066\u200f', '\\u{202e}gnp.exe\\u{2066}\\u{200f}'],
  ['nul\u0000bell\u0007back\b\b\bcr\rso\u000e', 'nul\\u{0}bell\\u{7}back\\u{8}\\u{8}\\u{8}cr\\u{d}so\\u{e}'],
  ['\ttab\u000bvt\u000cff\u0085nel', '  tab\\u{b}vt\\u{c}ff\\u{85}nel'],
  ['line\u2028paragraph\u2029', 'line\\u{2028}paragraph\\u{2029}'],
  ['zero\u200bwidth\ufeff\u{e0041}', 'zero\\u{200b}width\\u{feff}\\u{e0041}'],
];

/** What could fill, climb over or stop a screen. */
const heaps: readonly string[] = [
  'x'.repeat(65_000),
  `z${'\u0301'.repeat(30_000)}`,
  '\n'.repeat(2_000),
  '界'.repeat(21_000),
  '\u1100'.repeat(21_000),
  `👨${'\u200d👨'.repeat(9_000)}`,
  '\u001b'.repeat(60_000),
  ' '.repeat(60_000),
  '\u0e33'.repeat(20_000),
  '\ufdfd'.repeat(20_000),
];

describe('a screen on which a hostile member writes', () => {
  const meeting = new Meeting();
  let circle: TestCircle;
  let screen: HeadlessScreen;
  let alice: TestConversation;
  let rogue: RogueMember;
  let end: () => Promise<void>;
  let sequence = 0;

  beforeAll(async () => {
    circle = await makeCircle();
  });

  beforeEach(async () => {
    screen = new HeadlessScreen();
    const leaving = new AbortController();
    const face = new TerminalChat({
      ...{ input: screen.keyboard, output: screen, status: new HeadlessScreen(), env, signal: leaving.signal },
      ...{ clock: () => new Date(), settings: new Settings(quiet, async () => {}), sound: noSound },
    });
    alice = await meeting.at('alice');
    await alice.open(await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] }), {
      decideOffer: () => 'ask',
      onEvent: (event) => {
        alice.note(event);
        face.onEvent(event);
      },
    });
    const running = face.run(alice.door);
    end = async () => {
      leaving.abort();
      await running;
      face.close();
    };
    sequence = 0;
    rogue = new RogueMember(alice.door.listeningPort ?? 0, await makeIdentity(circle, { member: 'mallory' }));
    await screen.sees(/^ mallory ● /);
  });

  afterEach(async () => {
    rogue.end();
    await end();
    await meeting.end();
  });

  function writes(text: string, more: { replyTo?: string; sentAt?: number } = {}): string {
    const id = randomUUID();
    sequence += 1;
    rogue.say({ type: 'text', id, sequence, sentAt: Date.now(), text, ...more });
    return id;
  }

  it('shows as text what was to steer the terminal', async () => {
    for (const [text] of steering) writes(text);
    writes('and that is all');
    const rows = await screen.sees(/that is all$/);
    const first = rows.findIndex((row) => row.includes('cleared'));
    expect(rows.slice(first).map((row) => row.replace(/^\d\d:\d\d {4}/, '')) as unknown).toEqual([
      ...steering.map(([, shown]) => `mallory: ${shown}`),
      'mallory: and that is all',
      expect.stringMatching(/\/help$/),
      '>',
    ]);
    expect(rows).toHaveLength(24);
    expectOurs(screen.written);
  });

  it('does so wherever it is shown again: in answers, changes, reactions, searches, lists and questions', async () => {
    const [[evil]] = steering as [[string, string]];
    const id = writes(evil);
    writes(`answer ${evil}`, { replyTo: id });
    sequence += 1;
    rogue.say({ type: 'edit', id: randomUUID(), sequence, sentAt: 0, target: id, text: `edited ${evil}` });
    sequence += 1;
    const reaction = '\u202e\u200b👍';
    rogue.say({ type: 'reaction', id: randomUUID(), sequence, sentAt: 0, target: id, emoji: reaction });
    await screen.sees(/\\u\{202e\}\\u\{200b\}👍 mallory/u);
    await screen.sees(/edited .*cleared \(edited\)$/);
    screen.press('/search cleared\r');
    await screen.sees(/2 messages with "cleared"$/);
    screen.press('/reply indeed\r');
    await screen.sees(/alice: indeed$/);
    screen.press(`/react ${id.slice(0, 8)} 👍\r/history\r/files\r/whois\r`);
    await screen.sees(/ key {8}[0-9a-f ]+$/);
    screen.press('/delete \t\t');
    await screen.sees(/\\u\{1b\}\[2J/);
    expectOurs(screen.written);
  });

  it('shows names of files as text, which are declined, and those of members whose certificate is a trick', async () => {
    for (const name of ['a\u001b[2J\nb.png', '\u202egpj.exe', '../x', 'CON']) {
      rogue.say((await makeOffer(name, Buffer.from('x'))).offer);
    }
    await screen.sees(/mallory: a\\u\{1b\}\[2J\\u\{a\}b\.png \(1 B\)$/);
    await screen.sees(/mallory: \\u\{202e\}gpj\.exe \(1 B\)$/);
    await screen.sees(/^ {9}declined: not every system takes such a name$/);
    const uris = [`qtchat://${circle.circleId}/m\u001b[31m`];
    const trick = await makeIdentity(circle, { member: 'm', commonName: 'm\u001b[2J\u202e', uris });
    dialBare(alice.door.listeningPort ?? 0, trick);
    await alice.event('refused');
    await screen.sees(/refused a connection/);
    expectOurs(screen.written);
  });

  it('stays whole whatever is heaped upon it, to the first row of all', async () => {
    writes('the beginning', { sentAt: 0 });
    for (const text of heaps) writes(text, { sentAt: 8.64e15 });
    writes('the end');
    await screen.sees(/mallory: the end$/);
    expectWhole(screen);
    for (let page = 0; !screen.shown.some((row) => row.includes('the beginning')); page += 1) {
      expect(page).toBeLessThan(200);
      screen.press('\u001b[5~');
      await screen.sees(/▼/);
      await new Promise(setImmediate);
      expectWhole(screen);
    }
    screen.press('\u001b[6;5~typed');
    await screen.sees(/^> typed$/);
    await screen.sees(/mallory: the end$/);
    expectOurs(screen.written);
  });
});

/** Title, status and input are where they belong. */
function expectWhole({ shown }: HeadlessScreen): void {
  expect(shown).toHaveLength(24);
  expect(shown[0]).toMatch(/^ mallory ● /);
  expect(shown[22]).toMatch(/\/help$/);
  expect(shown[23]).toBe('>');
}

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what is looked for
const beginning = '\u001b[?1049h\u001b[?7l\u001b[?2004h\u001b[?1004h\u001b[H\u001b[2J';
/** Rows at their places, in which there are printable characters and the styles of our own; then the cursor. */
const frame = new RegExp(
  [
    '\u001b\\[\\?2026h\u001b\\[\\?25l',
    '(?:\u001b\\[\\d+;1H\u001b\\[0m\u001b\\[K(?:\u001b\\[(?:[1-37]|2[2-47]|3[1-79])m|[^\\p{C}\\p{Zl}\\p{Zp}]|\u200d)*)*',
    '\u001b\\[\\d+;\\d+H\u001b\\[\\?25h\u001b\\[\\?2026l',
  ].join(''),
  'uy',
);
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: they are what is looked for

/** Everything that was written to the terminal is of our own making: frames, one after the other. */
function expectOurs(written: string): void {
  expect(written.startsWith(beginning)).toBe(true);
  const frames = written.slice(beginning.length).replace(pictureQuery(env), '');
  frame.lastIndex = 0;
  let end = 0;
  while (frame.exec(frames) !== null) end = frame.lastIndex;
  expect(frames.slice(end)).toBe('');
}
