/** What keys bring about, as a terminal sends them. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Editor } from '../../../../src/ui/terminal/input/editor.js';
import { KeyParser } from '../../../../src/ui/terminal/input/key-parser.js';
import { Keyboard } from '../../../../src/ui/terminal/keyboard.js';
import { Questions } from '../../../../src/ui/terminal/questions.js';
import { ChatState } from '../../../../src/ui/terminal/state/chat-state.js';

const escapeKey = '\u001b';
const [ctrlC, ctrlD, ctrlF, ctrlL, ctrlY, ctrlZ] = ['\u0003', '\u0004', '\u0006', '\u000c', '\u0019', '\u001a'];
const [pageUp, pageDown, ctrlPageDown] = [`${escapeKey}[5~`, `${escapeKey}[6~`, `${escapeKey}[6;5~`];

describe('the keyboard of a chat', () => {
  let nowMs: number;
  let done: unknown[];
  let state: ChatState;
  let editor: Editor;
  let keyboard: Keyboard;
  beforeEach(() => {
    nowMs = 0;
    done = [];
    state = new ChatState(() => new Date(nowMs));
    editor = new Editor();
    const note =
      (what: string) =>
      (...words: unknown[]): void => {
        done.push([what, ...words].filter((word) => word !== undefined).join(' '));
      };
    keyboard = new Keyboard(state, editor, {
      ...{ submit: note('submit'), complete: note('complete'), scroll: note('scroll'), show: note('show') },
      ...{ scrollToEnd: note('end'), search: note('search'), repaint: note('repaint'), suspend: note('suspend') },
      ...{ leave: note('leave'), typed: note('typed'), focus: note('focus'), reply: note('reply') },
      ...{ paste: note('paste'), say: note('say'), talk: note('talk'), clock: () => new Date(nowMs) },
    });
  });

  /** Presses keys one after the other; Escape as a key of its own where it is one. */
  function press(...keys: readonly string[]): void {
    for (const bytes of keys) {
      const parser = new KeyParser();
      for (const event of [...parser.push(bytes), ...parser.end()]) keyboard.take(event);
    }
  }
  const did = (): unknown[] => done.splice(0).filter((what) => what !== 'typed');

  it('sends what was typed, and nothing where there is nothing', () => {
    press('\r', ' ', '\r');
    expect(did()).toEqual([]);
    press('ahoj\r');
    expect(did()).toEqual(['submit  ahoj']);
    expect(editor.text).toBe('');
  });

  it('lets one talk by F8 and by Ctrl-Space, whatever is typed or asked', () => {
    press('ahoj', `${escapeKey}[19~`, '\0');
    state.question = { text: 'y?', answer: () => {} };
    press('\0');
    expect(did()).toEqual(['talk', 'talk', 'talk']);
    expect(editor.text).toBe('ahoj');
  });

  it('runs no command that a paste holds behind a false end', () => {
    press(`${escapeKey}[200~an address${escapeKey}[201~\r/send ~/.ssh/id_rsa\r${escapeKey}[201~`);
    expect(did()).toEqual(['paste an address\n/send ~/.ssh/id_rsa\n false']);
  });

  it.each([
    [pageUp, 'scroll 1'],
    [pageDown, 'scroll -1'],
    [ctrlPageDown, 'end'],
    [escapeKey, 'end'],
    [`${escapeKey}1`, 'show 0'],
    [`${escapeKey}9`, 'show 8'],
    ['\t', 'complete 1'],
    [`${escapeKey}[Z`, 'complete -1'],
    [ctrlL, 'repaint'],
    [ctrlZ, 'suspend'],
    [`${escapeKey}[I`, 'focus true'],
    [`${escapeKey}[O`, 'focus false'],
    [`${escapeKey}[200~a\rb${escapeKey}[201~`, 'paste a\rb false'],
  ])('takes %j for "%s"', (keys, what) => {
    press('typed', keys);
    expect(did()).toEqual([what]);
    expect(editor.text).toBe('typed');
  });

  it('leaves by Ctrl-C only when it is pressed again soon, and drops what was typed before', () => {
    press('half a thought', ctrlC);
    expect(editor.text).toBe('');
    nowMs += 3_000;
    press(ctrlC);
    expect(did()).toEqual(['say Ctrl-C again leaves', 'say Ctrl-C again leaves']);
    nowMs += 1_000;
    press(ctrlC);
    expect(did()).toEqual(['leave']);
  });

  it('leaves by Ctrl-D where nothing is typed, and deletes elsewhere', () => {
    press('ab', '\u0001', ctrlD);
    expect(editor.text).toBe('b');
    expect(did()).toEqual([]);
    press(ctrlD, ctrlD);
    expect(did()).toEqual(['leave']);
  });

  it('says that a message cannot be longer than it can', () => {
    editor.setText('x'.repeat(64 * 1024));
    press('y');
    expect(did()).toEqual(['say a message cannot be longer than 64 KiB; /send sends files']);
  });

  it('has what Tab offered forgotten with the next other key', () => {
    state.offered = { labels: ['a', 'b'], chosen: undefined };
    press('\t');
    expect(state.offered).toBeDefined();
    press('x');
    expect(state.offered).toBeUndefined();
  });

  describe('in a search', () => {
    beforeEach(() => {
      press('half a thought', ctrlF, 'needle');
      done = [];
    });

    it('looks for what was typed, again and again, and sends nothing', () => {
      expect(keyboard.prompt).toBe('search: ');
      press('\r', ctrlF, '\t', '\r');
      expect(did()).toEqual(['search needle', 'search needle', 'search needle']);
      expect(done).not.toContain('typed');
    });

    it('looks for nothing where nothing was typed', () => {
      press('\u0015', '\r');
      expect(did()).toEqual([]);
    });

    it.each([
      ['Escape', escapeKey, ['end']],
      ['Ctrl-C', ctrlC, ['end', 'say Ctrl-C again leaves']],
    ])('ends by %s with what had been typed before', (_, key, what) => {
      press(key);
      expect(did()).toEqual(what);
      expect(keyboard.prompt).toBe('> ');
      expect(editor.text).toBe('half a thought');
    });

    it('scrolls on from there', () => {
      press(pageUp);
      expect(did()).toEqual(['scroll 1']);
      expect(keyboard.prompt).toBe('search: ');
    });
  });

  describe('while a question is asked', () => {
    let answers: unknown[];
    let leaving: AbortController;
    let questions: Questions;
    let nowMs: number;
    beforeEach(async () => {
      answers = [];
      leaving = new AbortController();
      nowMs = 0;
      questions = new Questions({
        state,
        clock: () => new Date(nowMs),
        isTyping: () => editor.text !== '',
        onChange: () => {},
      });
      ask('Is it the one?');
      await settled();
    });

    function ask(text: string): void {
      questions.confirm(text, leaving.signal).then(
        (answer) => answers.push(answer),
        (error: unknown) => answers.push(error),
      );
    }
    const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

    it.each([
      ['y', true],
      ['Y', true],
      ['n', false],
      ['N', false],
      ['\r', false],
      [escapeKey, false],
      [ctrlC, false],
    ])('%j answers it: %s', async (key, answer) => {
      expect(state.question?.text).toBe('Is it the one? [y/N]');
      press(key);
      await settled();
      expect(answers).toEqual([answer]);
      expect(state.question).toBeUndefined();
    });

    it('no other key does, nor is it typed', async () => {
      press('x', ctrlY, `${escapeKey}y`, '\t', pageUp, `${escapeKey}1`, ctrlD, `${escapeKey}[200~y${escapeKey}[201~`);
      await settled();
      expect(answers).toEqual([]);
      expect(did()).toEqual([]);
      expect(editor.text).toBe('');
    });

    it('is not answered by who is in the middle of a word as it comes up', async () => {
      press('n');
      await settled();
      editor.insert('hurra');
      ask('Is it that one?');
      await settled();
      press('y');
      nowMs = 999;
      press('y');
      await settled();
      expect(answers).toEqual([false]);
      nowMs = 1_000;
      press('y');
      await settled();
      expect(answers).toEqual([false, true]);
    });

    it('the next one waits for its turn', async () => {
      ask('And this one?');
      await settled();
      expect(state.question?.text).toMatch(/^Is it/);
      press('y');
      await settled();
      expect(state.question?.text).toMatch(/^And this/);
      press('n');
      await settled();
      expect(answers).toEqual([true, false]);
    });

    it('all are answered by no where the chat ends', async () => {
      ask('And this one?');
      leaving.abort();
      await settled();
      await settled();
      expect(answers).toEqual([false, false]);
      expect(state.question).toBeUndefined();
    });
  });
});
