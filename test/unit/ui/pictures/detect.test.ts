import { describe, expect, it } from '@jest/globals';
import {
  choosePictures,
  learn,
  pictureQuery,
  type TerminalFacts,
} from '../../../../src/ui/terminal/pictures/detect.js';

const xterm = { TERM: 'xterm-256color' };
/** What is known after some replies. */
const knowing = (...replies: string[]): TerminalFacts => replies.reduce(learn, {} as TerminalFacts);

const cell = '\x1b[6;18;9t';
const noSixel = '\x1b[?62;22c';
const sixel = '\x1b[?62;4;22c';
const kittyGraphics = '\x1b_Gi=31;OK\x1b\\';
const named = (name: string): string => `\x1bP>|${name}\x1b\\`;

describe('what a terminal replies', () => {
  it.each<[string, string, TerminalFacts]>([
    ['that it knows the graphics of kitty', kittyGraphics, { hasKittyGraphics: true }],
    ['that it does not', '\x1b_Gi=31;EINVAL:no\x1b\\', {}],
    ['the same about something else', '\x1b_Gi=32;OK\x1b\\', {}],
    ['how large a cell is', cell, { cell: { width: 9, height: 18 } }],
    ['a cell of no size', '\x1b[6;0;0t', {}],
    ['a cell larger than screens', '\x1b[6;900;900t', {}],
    ['its name', named('kitty(0.35.2)'), { name: 'kitty(0.35.2)' }],
    ['its background', '\x1b]11;rgb:1e1e/2020/ffff\x1b\\', { background: '#1e20ff' }],
    ['its background, shorter', '\x1b]11;rgb:1e/20/ff\x07', { background: '#1e20ff' }],
    ['that it has sixel', sixel, { hasSixel: true, isAnswered: true }],
    ['that it has none', noSixel, { hasSixel: false, isAnswered: true }],
    ['that it has 14 and 41, which are something else', '\x1b[?14;41c', { hasSixel: false, isAnswered: true }],
    ['that it is a VT102', '\x1b[?6c', { hasSixel: false, isAnswered: true }],
    ['where its cursor is', '\x1b[12;40R', {}],
    ['nothing', '', {}],
  ])('%s', (_, reply, facts) => {
    expect(learn({}, reply)).toEqual(facts);
  });
});

describe('pictures are shown', () => {
  it.each<[string, string, NodeJS.ProcessEnv, TerminalFacts]>([
    ['blocks', 'without replies', xterm, {}],
    ['blocks', 'where there is nothing else', xterm, knowing(cell, noSixel)],
    ['kitty', 'in kitty', { TERM: 'xterm-kitty' }, knowing(kittyGraphics, cell, named('kitty(0.35.2)'), noSixel)],
    ['kitty', 'in Ghostty across ssh', xterm, knowing(kittyGraphics, named('ghostty 1.1.0'), noSixel)],
    ['kitty', 'in kitty that is named by TERM only', { TERM: 'xterm-kitty' }, knowing(kittyGraphics, noSixel)],
    ['blocks', 'in kitty that does not answer', { TERM: 'xterm-kitty' }, {}],
    ['blocks', 'in one that knows no placeholders', xterm, knowing(kittyGraphics, named('Konsole 24.02'), noSixel)],
    ['iterm2', 'in WezTerm', xterm, knowing(kittyGraphics, cell, named('WezTerm 20240203'), sixel)],
    ['iterm2', 'in iTerm2', { ...xterm, TERM_PROGRAM: 'iTerm.app' }, {}],
    ['iterm2', 'in iTerm2 across ssh', { ...xterm, LC_TERMINAL: 'iTerm2' }, {}],
    ['sixel', 'in foot', { TERM: 'foot' }, knowing(cell, named('foot(1.16.2)'), sixel)],
    ['sixel', 'in Visual Studio Code', { ...xterm, TERM_PROGRAM: 'vscode' }, knowing(cell, sixel)],
    ['blocks', 'where sixel could not be measured', xterm, knowing(sixel)],
    ['blocks', 'in tmux', { TERM: 'tmux-256color', TMUX: '/tmp/tmux,1,0' }, knowing(cell, sixel)],
    ['blocks', 'in tmux that inherited the variables of iTerm2', { TERM: 'screen', TERM_PROGRAM: 'iTerm.app' }, {}],
    ['blocks', 'in tmux across ssh', xterm, knowing(cell, named('tmux 3.4'), sixel)],
    ['blocks', 'in screen', { TERM: 'xterm', STY: '1.pts-0', TERM_PROGRAM: 'WezTerm' }, {}],
    ['none', 'without colours', { ...xterm, NO_COLOR: '1' }, knowing(cell, sixel)],
    ['none', 'on a dumb terminal', { TERM: 'dumb' }, {}],
    ['blocks', 'where NO_COLOR is empty', { ...xterm, NO_COLOR: '' }, {}],
    ['sixel', 'as QTCHAT_PICTURES says', { TERM: 'dumb', NO_COLOR: '1', QTCHAT_PICTURES: 'sixel' }, {}],
    ['none', 'as QTCHAT_PICTURES says', { TERM: 'xterm-kitty', QTCHAT_PICTURES: 'none' }, knowing(kittyGraphics)],
    ['blocks', 'where QTCHAT_PICTURES is empty', { ...xterm, QTCHAT_PICTURES: '' }, {}],
  ])('by %s %s', (protocol, _, environment, facts) => {
    expect(choosePictures(environment, facts).protocol).toBe(protocol);
  });

  it.each<[string, NodeJS.ProcessEnv, TerminalFacts]>([
    ['truecolor', { ...xterm, COLORTERM: 'truecolor' }, {}],
    ['truecolor', { ...xterm, COLORTERM: '24bit' }, {}],
    ['truecolor', { TERM: 'xterm-direct' }, {}],
    ['truecolor', { ...xterm, WT_SESSION: 'id' }, {}],
    ['truecolor', xterm, knowing(named('foot(1.16.2)'))],
    ['256', xterm, {}],
    ['256', { ...xterm, TERM_PROGRAM: 'Apple_Terminal' }, {}],
    ['256', { ...xterm, COLORTERM: 'yes' }, {}],
  ])('in %s with %j', (colors, environment, facts) => {
    expect(choosePictures(environment, facts).colors).toBe(colors);
  });

  it('with what is known of cells and background', () => {
    const facts = knowing(cell, '\x1b]11;rgb:ffff/ffff/ffff\x1b\\');
    expect(choosePictures(xterm, facts)).toMatchObject({ cell: { width: 9, height: 18 }, background: '#ffffff' });
  });

  it.each(['sixels', 'Kitty', 'none '])('not at all where QTCHAT_PICTURES is %j', (setting) => {
    const refusal = expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(`"${setting}"`) });
    const environment = { ...xterm, QTCHAT_PICTURES: setting };
    expect(() => choosePictures(environment)).toThrow(refusal);
    expect(() => pictureQuery(environment)).toThrow(refusal);
  });
});

describe('the question to a terminal', () => {
  it('ends with one that every terminal answers', () => {
    expect(pictureQuery(xterm)).toMatch(/\[c$/);
    expect(pictureQuery({ ...xterm, QTCHAT_PICTURES: 'kitty' })).not.toBe('');
  });

  it.each<[string, NodeJS.ProcessEnv]>([
    ['where it would be seen', { TERM: 'linux' }],
    ['where it would be seen', { ...xterm, TERM_PROGRAM: 'Apple_Terminal' }],
    ['where nobody knows what there is', {}],
    ['in tmux', { TERM: 'tmux-256color', TMUX: '/tmp/tmux,1,0' }],
    ['without colours', { ...xterm, NO_COLOR: '1' }],
    ['where no pictures are wanted', { ...xterm, QTCHAT_PICTURES: 'none' }],
  ])('is not asked %s', (_, environment) => {
    expect(pictureQuery(environment)).toBe('');
  });
});
