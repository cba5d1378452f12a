/** Whom a notification reaches, how many there are, and what cannot be in them. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SettingValues } from '../../../../src/store/settings.js';
import type { Environment } from '../../../../src/ui/desktop/desktop.js';
import { Notifier } from '../../../../src/ui/desktop/notify.js';
import { chooseMeans, type NotifyMeans, sequenceOf, wordsOf } from '../../../../src/ui/desktop/notify-means.js';
import { ManualTimers } from '../../../helpers/manual-timers.js';

const desktop = { DISPLAY: ':0' };

describe('how a notification is shown', () => {
  it.each<[NotifyMeans, Environment, NodeJS.Platform?]>([
    ['osc9', { TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, 'darwin'],
    ['osc9', { TERM_PROGRAM: 'WezTerm', ...desktop }],
    ['osc9', { TERM: 'xterm-ghostty', SSH_CONNECTION: 'x' }],
    ['osc9', { WT_SESSION: 'x' }, 'win32'],
    ['osc99', { TERM: 'xterm-kitty', ...desktop }],
    ['osc99', { TERM: 'xterm-kitty', SSH_CONNECTION: 'x' }],
    ['osc777', { TERM: 'foot', WAYLAND_DISPLAY: 'wayland-0' }],
    ['osc777', { TERM: 'rxvt-unicode-256color', ...desktop }],
    ['notify-send', { TERM: 'xterm-256color', ...desktop }],
    ['notify-send', { TERM: 'xterm-256color', WAYLAND_DISPLAY: 'wayland-0' }],
    // What a multiplexer would keep for itself.
    ['notify-send', { TERM: 'tmux-256color', TMUX: 'x', KITTY_WINDOW_ID: '1', ...desktop }],
    ['none', { TERM: 'screen', STY: 'x', TERM_PROGRAM: 'WezTerm' }],
    // The desktop of another computer.
    ['none', { TERM: 'xterm-256color', SSH_CONNECTION: 'x', ...desktop }],
    ['none', { TERM: 'linux' }],
    ['none', { TERM: 'xterm-256color', DISPLAY: '' }],
    ['none', { TERM_PROGRAM: 'Apple_Terminal' }, 'darwin'],
    ['none', {}, 'win32'],
  ])('%s: %j', (means, env, platform = 'linux') => {
    expect(chooseMeans({ env, platform })).toBe(means);
  });

  it('is a sequence in which no name is taken for an order', () => {
    const notice = { title: '4;1;50', body: 'hi; you' };
    expect(sequenceOf('osc9', notice)).toBe('\x1b]9;4,1,50: hi; you\x1b\\');
    expect(sequenceOf('osc777', notice)).toBe('\x1b]777;notify;4,1,50;hi; you\x1b\\');
    expect(sequenceOf('osc99', notice)).toBe(
      '\x1b]99;i=qtchat:d=0:a=focus;4;1;50\x1b\\\x1b]99;i=qtchat:d=1:p=body;hi; you\x1b\\',
    );
    expect(sequenceOf('none', notice)).toBeUndefined();
  });

  it('is a program with words in which nothing is an option, markup or an escape', () => {
    expect(wordsOf({ title: '--help', body: '<b>a</b> & \\074b\\076' })).toEqual([
      '--app-name=qtchat',
      '--category=im.received',
      '--',
      '--help',
      '&lt;b&gt;a&lt;/b&gt; &amp; \\\\074b\\\\076',
    ]);
  });
});

describe('a user who looks elsewhere', () => {
  let timers: ManualTimers;
  let written: string[];
  let run: string[][];
  let notifier: Notifier;
  let settings: Pick<SettingValues, 'notify' | 'bell'>;

  beforeEach(() => {
    timers = new ManualTimers();
    [written, run] = [[], []];
    settings = { notify: 'on', bell: true };
  });

  function start(env: Environment): void {
    notifier = new Notifier({
      desktop: { env, platform: 'linux' },
      write: (text) => written.push(text),
      timers,
      run: (program, words) => run.push([program, ...words]),
      settings: () => settings,
    });
    notifier.isFocused = false;
  }

  it('hears the bell, and sees who said what', () => {
    start({ TERM: 'foot' });
    notifier.note('bob', 'bob', 'hello');
    expect(written).toEqual(['\x07\x1b]777;notify;bob;hello\x1b\\']);
  });

  it('hears the bell where nothing can be shown', () => {
    start({ TERM: 'linux' });
    notifier.note('bob', 'bob', 'hello');
    expect([written, run]).toEqual([['\x07'], []]);
  });

  it('is shown it by a program where the terminal cannot', () => {
    start(desktop);
    notifier.note('bob', 'bob', 'hello');
    expect([written, run]).toEqual([
      ['\x07'],
      [['notify-send', '--app-name=qtchat', '--category=im.received', '--', 'bob', 'hello']],
    ]);
  });

  it('is told once in three seconds of each conversation, then how many there were', () => {
    start({ TERM: 'foot' });
    for (let count = 0; count < 5; count += 1) notifier.note('bob', 'bob', `text ${count}`);
    notifier.note('carol', 'carol', 'hi');
    expect(written.map((text) => text.slice(1))).toEqual([
      '\x1b]777;notify;bob;text 0\x1b\\',
      '\x1b]777;notify;carol;hi\x1b\\',
    ]);
    timers.pass(3_000);
    expect(written.slice(2)).toEqual(['\x07\x1b]777;notify;bob;4 new messages\x1b\\']);
    notifier.note('bob', 'bob', 'one more');
    timers.pass(2_999);
    expect(written).toHaveLength(3);
    timers.pass(1);
    expect(written.slice(3)).toEqual(['\x07\x1b]777;notify;bob;a new message\x1b\\']);
    timers.pass(60_000);
    expect(written).toHaveLength(4);
    notifier.note('bob', 'bob', 'later');
    expect(written.slice(4)).toEqual(['\x07\x1b]777;notify;bob;later\x1b\\']);
  });

  it('is told nothing while looking, nor of what came before looking', () => {
    start({ TERM: 'foot' });
    for (const text of ['one', 'two']) notifier.note('bob', 'bob', text);
    notifier.isFocused = true;
    timers.pass(3_000);
    notifier.note('bob', 'bob', 'three');
    expect(written).toHaveLength(1);
    notifier.isFocused = false;
    notifier.note('bob', 'bob', 'four');
    expect(written.slice(1)).toEqual(['\x07\x1b]777;notify;bob;four\x1b\\']);
  });

  it('may be told who alone, or nothing', () => {
    settings = { notify: 'names', bell: true };
    start({ TERM: 'foot' });
    for (const text of ['secret', 'secret', 'secret']) notifier.note('bob', 'bob', text);
    timers.pass(3_000);
    expect(written).toEqual([
      '\x07\x1b]777;notify;bob;a new message\x1b\\',
      '\x07\x1b]777;notify;bob;2 new messages\x1b\\',
    ]);
    settings = { notify: 'off', bell: true };
    timers.pass(60_000);
    notifier.note('bob', 'bob', 'secret');
    expect(written.slice(2)).toEqual(['\x07']);
  });

  it('may leave the bell alone', () => {
    settings = { notify: 'on', bell: false };
    start({ TERM: 'foot' });
    notifier.note('bob', 'bob', 'hello');
    expect(written).toEqual(['\x1b]777;notify;bob;hello\x1b\\']);
  });

  it.each([
    [
      'escapes',
      '\x1b]0;owned\x07\x1b\\\x9c\x9d1;x\u{202e}',
      '\\u{1b}]0;owned\\u{7}\\u{1b}\\\\u{9c}\\u{9d}1;x\\u{202e}',
    ],
    ['lines', ' a\r\nb\t\u{2028}c  ', 'a b c'],
    ['nothing', '\n', ''],
    ['half a character', 'a\ud800b', 'a\\u{d800}b'],
  ])('sees %s of a peer as text', (_, text, shown) => {
    start({ TERM: 'foot' });
    notifier.note('bob', 'b\x07o;b', text);
    expect(written).toEqual([`\x07\x1b]777;notify;b\\u{7}o,b;${shown}\x1b\\`]);
  });

  it.each([
    ['letters', 'x'.repeat(100_000), `${'x'.repeat(119)}…`],
    ['just enough letters', 'x'.repeat(120), 'x'.repeat(120)],
    ['one letter too many', 'x'.repeat(121), `${'x'.repeat(119)}…`],
    ['emoji', '👨‍👩‍👧‍👦'.repeat(100), `${'👨‍👩‍👧‍👦'.repeat(46)}…`],
    ['accents on every letter', `a${'\u{301}'.repeat(7)}`.repeat(100), `${`a${'\u{301}'.repeat(7)}`.repeat(64)}…`],
  ])('sees the beginning of long texts: %s', (_, text, shown) => {
    start({ TERM: 'foot' });
    notifier.note('bob', 'bob', text);
    expect(written).toEqual([`\x07\x1b]777;notify;bob;${shown}\x1b\\`]);
  });
});
