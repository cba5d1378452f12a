/** What `--exec` takes for a program and its arguments, and what it refuses since only a shell could do it. */
import { describe, expect, it } from '@jest/globals';
import { splitCommand } from '../../../src/ui/exec/split-command.js';

describe('--exec', () => {
  it.each<[string, string[]]>([
    ['lpr', ['lpr']],
    ['  lpr  -P\tdeck ', ['lpr', '-P', 'deck']],
    [`'/opt/my tools/print' --to "the deck"`, ['/opt/my tools/print', '--to', 'the deck']],
    [`lpr -o sides='two-sided long edge'`, ['lpr', '-o', 'sides=two-sided long edge']],
    [`tool '' "" x`, ['tool', '', '', 'x']],
    [`tool '$QTCHAT_FILE' '*' 'a\\b' 'say "x"' "it's"`, ['tool', '$QTCHAT_FILE', '*', 'a\\b', 'say "x"', "it's"]],
    ['tool übung --größe=9', ['tool', 'übung', '--größe=9']],
  ])('takes %s as it stands', (text, words) => {
    const { program, words: rest } = splitCommand(text);
    expect([program, ...rest]).toEqual(words);
  });

  it.each([
    'cat $QTCHAT_FILE',
    'cat "$QTCHAT_FILE"',
    'cat `name`',
    'cat "`name`"',
    'gzip < in',
    'tool > log',
    'a | b',
    'a; b',
    'a && b',
    'a &',
    '(a)',
    'rm *',
    'rm ?',
    'rm [ab]',
    'mv {} /tmp',
    '~/bin/tool',
    'tool # comment',
    '! tool',
    'a\\ b',
    '"a\\"b"',
    'LANG=C tool',
  ])('refuses %s, which a shell would read differently', (text) => {
    expect(() => splitCommand(text)).toThrow(/without a shell/);
  });

  it.each([
    ['', /no program/],
    ['   ', /no program/],
    ["''", /no program/],
    ["tool 'open", /not closed/],
    ['tool "open', /not closed/],
  ])('refuses %s', (text, message) => {
    expect(() => splitCommand(text)).toThrow(message);
  });
});
