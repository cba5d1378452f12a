/** What a typed line is. */
import { describe, expect, it } from '@jest/globals';
import { parseInput } from '../../../src/ui/commands/parse-input.js';

describe('a typed line', () => {
  it.each([
    ['hello', 'hello'],
    [' /quit', ' /quit'],
    ['//quit', '/quit'],
    ['///', '//'],
    ['1/2', '1/2'],
  ])('%j is the text %j', (line, text) => {
    expect(parseInput(line)).toEqual({ kind: 'text', text });
  });

  it.each([
    ['/quit', 'quit', ''],
    ['/send  a b.txt ', 'send', 'a b.txt'],
    ['/reply one\ntwo', 'reply', 'one\ntwo'],
    ['/', '', ''],
    ['/ x', '', 'x'],
    ['/home/me/a.txt', 'home/me/a.txt', ''],
  ])('%j is a command', (line, name, rest) => {
    expect(parseInput(line)).toEqual({ kind: 'command', name, rest });
  });
});
