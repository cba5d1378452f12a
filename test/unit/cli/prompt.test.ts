import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { askConfirm, askText, canPrompt } from '../../../src/cli/prompt.js';
import { type Answer, fakeTerminal } from '../../helpers/fake-terminal.js';

function terminal(...answers: Answer[]) {
  const keyboard = fakeTerminal(...answers);
  let screen = '';
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  stderr.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    keyboard.onScreen(screen);
  });
  return { stdin: keyboard.stdin, stderr, signal: new AbortController().signal };
}

describe('questions at the terminal', () => {
  it('shows what is typed, and gives it back', async () => {
    expect(await askText('Name?', terminal({ when: 'Name?', type: 'bob\r' }))).toBe('bob');
  });

  it.each([
    ['y', true],
    ['n', false],
    ['\r', false],
  ])('understands %p as %p', async (type, answer) => {
    expect(await askConfirm('Sure?', terminal({ when: 'Sure?', type }))).toBe(answer);
  });

  it('is cancelled by Ctrl-C instead of answering', async () => {
    const attempt = askConfirm('Sure?', terminal({ when: 'Sure?', type: '\x03' }));
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_CANCELLED', exitCode: 130 });
  });

  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('can be asked with input a terminal %p and screen a terminal %p: %p', (input, screen, possible) => {
    const deps = terminal();
    deps.stdin.isTTY = input;
    deps.stderr.isTTY = screen;
    expect(canPrompt(deps)).toBe(possible);
  });
});
