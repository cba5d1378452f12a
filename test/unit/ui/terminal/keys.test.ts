/** What a terminal sends, as keys: nothing but keys is ever typed, and no key is lost. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { KeyEvent, TerminalEvent } from '../../../../src/ui/terminal/input/key-events.js';
import { KeyParser } from '../../../../src/ui/terminal/input/key-parser.js';
import { readKeys } from '../../../../src/ui/terminal/input/keys.js';

/** A key in short: "ctrl-alt-shift-name", and what it types. */
function short(event: TerminalEvent): string {
  if (event.type !== 'key') return JSON.stringify(event);
  const { ctrl, meta, shift, name, text } = event;
  const held = `${ctrl ? 'ctrl-' : ''}${meta ? 'alt-' : ''}${shift ? 'shift-' : ''}`;
  return `${held}${name}${text === undefined ? '' : ` types ${text}`}`;
}

/** What a terminal says, and nothing more comes. */
function parse(...chunks: string[]): TerminalEvent[] {
  const parser = new KeyParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
}

describe('keys', () => {
  it.each([
    ['a', 'a types a'],
    ['A', 'shift-a types A'],
    ['/', '/ types /'],
    [' ', 'space types  '],
    ['é', 'é types é'],
    ['漢', '漢 types 漢'],
    ['👨‍👩‍👧', '👨‍👩‍👧 types 👨‍👩‍👧'],
    ['abc', 'text types abc'],
    ['\r', 'enter'],
    ['\n', 'ctrl-j'],
    ['\t', 'tab'],
    ['\x7f', 'backspace'],
    ['\b', 'backspace'],
    ['\x1b', 'escape'],
    ['\x03', 'ctrl-c'],
    ['\x1f', 'ctrl-_'],
    ['\x00', 'ctrl-space'],
    ['\x1bx', 'alt-x'],
    ['\x1bX', 'alt-shift-x'],
    ['\x1b1', 'alt-1'],
    ['\x1b9', 'alt-9'],
    ['\x1b\r', 'alt-enter'],
    ['\x1b\x7f', 'alt-backspace'],
    ['\x1b[', 'alt-['],
    ['\x1bO', 'alt-shift-o'],
    ['\x1bP', 'alt-shift-p'],
    ['\x1b_', 'alt-_'],
    ['\x1b[A', 'up'],
    ['\x1bOA', 'up'],
    ['\x1b[1;5C', 'ctrl-right'],
    ['\x1b[1;3D', 'alt-left'],
    ['\x1b\x1b[D', 'alt-left'],
    ['\x1b[1;6A', 'ctrl-shift-up'],
    ['\x1b[Z', 'shift-tab'],
    ['\x1b[5~', 'pageup'],
    ['\x1b[6~', 'pagedown'],
    ['\x1b[5;2~', 'shift-pageup'],
    ['\x1b[H', 'home'],
    ['\x1b[1~', 'home'],
    ['\x1b[7~', 'home'],
    ['\x1bOF', 'end'],
    ['\x1b[3~', 'delete'],
    ['\x1b[3;5~', 'ctrl-delete'],
    ['\x1b[3$', 'shift-delete'],
    ['\x1b[3^', 'ctrl-delete'],
    ['\x1b[a', 'shift-up'],
    ['\x1bOd', 'ctrl-left'],
    ['\x1bOM', 'enter'],
    ['\x1bOq', '1 types 1'],
    ['\x1bOP', 'f1'],
    ['\x1b[[A', 'f1'],
    ['\x1b[24~', 'f12'],
    // kitty's protocol and modifyOtherKeys
    ['\x1b[27u', 'escape'],
    ['\x1b[13;3u', 'alt-enter'],
    ['\x1b[13;2u', 'shift-enter'],
    ['\x1b[27;2;13~', 'shift-enter'],
    ['\x1b[97;5u', 'ctrl-a'],
    ['\x1b[27;5;105~', 'ctrl-i'],
    ['\x1b[97:65;2u', 'shift-a types A'],
    ['\x1b[57414u', 'enter'],
    ['\x1b[127;5u', 'ctrl-backspace'],
  ])('takes %j', (sent, expected) => {
    expect(parse(sent).map(short)).toEqual([expected]);
  });

  it('tells two Escapes, and Escape before a key that it is not part of', () => {
    expect(parse('\x1b\x1b').map(short)).toEqual(['escape', 'escape']);
    expect(parse('\x1b\x1bx').map(short)).toEqual(['escape', 'alt-x']);
  });

  it('types nothing where a key with a modifier is let go', () => {
    expect(parse('\x1b[97;5:1u', '\x1b[97;5:3u').map(short)).toEqual(['ctrl-a']);
  });

  it.each(['\x1b[110000000u', '\x1b[55296u', '\x1b[128u', '\x1b[57399;5u', '\x1b[99~'])(
    'types nothing for %j, which names no key',
    (sent) => {
      expect(parse(sent)).toEqual([{ type: 'reply', text: sent }]);
    },
  );

  it('takes text and keys that come at once one after the other', () => {
    expect(parse('hi\r\x1b[A\x1bbyo').map(short)).toEqual(['text types hi', 'enter', 'up', 'alt-b', 'text types yo']);
  });

  it('drops C1 controls, which no key sends', () => {
    expect(parse('a\x9b31mb').map(short)).toEqual(['a types a', 'text types 31mb']);
  });
});

describe('answers of the terminal', () => {
  const answers = [
    '\x1b[?62;4;22c',
    '\x1b[?0u',
    '\x1b[6;18;9t',
    '\x1b[12;40R',
    '\x1b[?2026;2$y',
    '\x1b_Gi=31;OK\x1b\\',
    '\x1bP>|XTerm(390)\x1b\\',
    '\x1bP1+r524742=38\x1b\\',
    '\x1b]11;rgb:1c1c/1c1c/1c1c\x1b\\',
    '\x1b]11;rgb:1c1c/1c1c/1c1c\x07',
    '\x1b[<0;10;10M',
  ];

  it.each(answers)('reports %j and types none of it', (answer) => {
    expect(parse(`a${answer}b`).map(short)).toEqual([
      'a types a',
      JSON.stringify({ type: 'reply', text: answer }),
      'b types b',
    ]);
  });

  it.each(answers)('reports %j however it is split', (answer) => {
    for (let at = 1; at < answer.length; at += 1) {
      expect(parse(answer.slice(0, at), answer.slice(at))).toEqual([{ type: 'reply', text: answer }]);
    }
    expect(parse(...answer)).toEqual([{ type: 'reply', text: answer }]);
  });

  it('reports the focus', () => {
    expect(parse('\x1b[O', '\x1b', '[', 'I')).toEqual([
      { type: 'focus', isFocused: false },
      { type: 'focus', isFocused: true },
    ]);
  });

  it('drops an answer whose end never comes, and takes the next key', () => {
    const parser = new KeyParser();
    expect([...parser.push('\x1bP>|XTe'), ...parser.end(), ...parser.push('x')].map(short)).toEqual(['x types x']);
    expect([...parser.push('\x1b[6;1'), ...parser.end(), ...parser.push('x')].map(short)).toEqual(['x types x']);
  });

  it('drops an answer without bounds', () => {
    const parser = new KeyParser();
    const events = [parser.push('\x1b_G'), ...Array.from({ length: 100 }, () => parser.push('x'.repeat(4096)))].flat();
    expect([...events, ...parser.push('\x1b\\y')].map(short)).toEqual(['y types y']);
  });

  it('types nothing of a sequence without bounds', () => {
    const parser = new KeyParser();
    const events = Array.from({ length: 1000 }, () =>
      parser.push('\x1b[1;'.slice(parser.awaited === 'nothing' ? 0 : 2)),
    );
    expect(events.flat()).toEqual([]);
    expect([...parser.push('1m'), ...parser.push('y')].map(short)).toEqual([
      expect.stringContaining('reply'),
      'y types y',
    ]);
  });

  it('lets an answer be broken off by a key', () => {
    expect(parse('\x1bP>|XTe\x1b[Ax').map(short)).toEqual(['up', 'x types x']);
    expect(parse('\x1b[6;1\x1b[Ax').map(short)).toEqual(['up', 'x types x']);
  });
});

describe('pastes', () => {
  const paste = (text: string): string => `\x1b[200~${text}\x1b[201~`;

  it('reports a paste as one, with all that is in it', () => {
    const text = 'one\r\ntwo\t\x1b[31m漢👨‍👩‍👧\x03';
    const parser = new KeyParser();
    const events = [...parser.push(`a${paste(text)}`), ...parser.end(), ...parser.push('b')];
    expect(events).toEqual([
      expect.objectContaining({ text: 'a' }),
      { type: 'paste', text, isCut: false },
      expect.objectContaining({ text: 'b' }),
    ]);
  });

  it.each([
    ['at once', (text: string) => [text]],
    ['octet by octet', (text: string) => [...text]],
  ])('takes what a paste holds behind a false end for a part of it, which comes %s', (_, split) => {
    const parser = new KeyParser();
    const sent = split(`${paste('an address\x1b[201~\r/send ~/.ssh/id_rsa\r')}${paste('\x03more\r')}`);
    const events = sent.flatMap((piece) => parser.push(piece));
    expect(events).toEqual([]);
    expect(parser.awaited).toBe('key');
    const text = 'an address\n/send ~/.ssh/id_rsa\n\x03more\r';
    expect(parser.end()).toEqual([{ type: 'paste', text, isCut: false }]);
    expect(parser.push('\r').map(short)).toEqual(['enter']);
  });

  it('reports a paste however it is split', () => {
    const sent = paste('a\x1b[201b\x1b');
    for (let at = 1; at < sent.length; at += 1) {
      expect(parse(sent.slice(0, at), sent.slice(at))).toEqual([
        { type: 'paste', text: 'a\x1b[201b\x1b', isCut: false },
      ]);
    }
    expect(parse(...sent)).toEqual([{ type: 'paste', text: 'a\x1b[201b\x1b', isCut: false }]);
  });

  it('cuts a paste at 1 MiB, between characters, and types nothing of the rest', () => {
    const parser = new KeyParser();
    parser.push('\x1b[200~');
    for (let part = 0; part < 40; part += 1) expect(parser.push('漢\r'.repeat(10_000))).toEqual([]);
    expect(parser.push('\x1b[201~x')).toEqual([]);
    const [event, ...others] = parser.end();
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: 'paste', isCut: true });
    const text = event?.type === 'paste' ? event.text : '';
    expect(Buffer.byteLength(text)).toBeGreaterThan(1024 * 1024 - 4);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024);
    expect(text).toMatch(/^(?:漢\r)+漢?$/);
  });

  it('gives the keyboard back after a paste whose end never comes', () => {
    const parser = new KeyParser();
    parser.push('\x1b[200~abc\x1b[2');
    expect(parser.end()).toEqual([{ type: 'paste', text: 'abc\x1b[2', isCut: true }]);
    expect(parser.push('\x1b[201~x').map(short)).toEqual(['x types x']);
  });
});

describe('whatever comes', () => {
  const pieces = [
    '\x1b',
    '[',
    'O',
    'P',
    '_',
    'G',
    ']',
    '1',
    ';',
    '~',
    '$',
    '?',
    'c',
    'A',
    '\\',
    '\x07',
    '\r',
    'é',
    '漢',
    '\x9c',
  ];
  const sent = fc.array(fc.constantFrom(...pieces, '\x1b[200~', '\x1b[201~', '\x1b[I', '\x1bP>|'), { maxLength: 30 });

  /** What was typed one after the other, together. */
  function together(events: readonly TerminalEvent[]): string[] {
    const shown: string[] = [];
    let typed = '';
    for (const event of events) {
      if (event.type === 'key' && event.text !== undefined) {
        typed += event.text;
        continue;
      }
      if (typed !== '') shown.push(typed);
      typed = '';
      shown.push(short(event));
    }
    return typed === '' ? shown : [...shown, typed];
  }

  it('is the same however it is split', () => {
    fc.assert(
      fc.property(sent, (parts) => expect(together(parse(...parts.join('')))).toEqual(together(parse(parts.join(''))))),
      { numRuns: 2000 },
    );
  });

  it('types no control characters, and leaves the keyboard free after a pause', () => {
    fc.assert(
      fc.property(sent, (parts) => {
        const parser = new KeyParser();
        const events = [...parts.flatMap((part) => parser.push(part)), ...parser.end()];
        for (const event of events) if (event.type === 'key') expect(event.text ?? '').not.toMatch(/\p{Cc}/u);
        expect(parser.awaited).toBe('nothing');
        expect(parser.push('x').map(short)).toEqual(['x types x']);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('reading a terminal', () => {
  let input: PassThrough;
  let events: TerminalEvent[];
  let stop: () => void;

  beforeEach(() => {
    jest.useFakeTimers();
    input = new PassThrough();
    events = [];
    stop = readKeys({ input, report: (event) => events.push(event) });
  });
  afterEach(() => {
    stop();
    jest.useRealTimers();
  });

  const names = (): string[] => events.map((event) => (event as KeyEvent).name);
  const send = (bytes: Buffer | string): void => {
    input.emit('data', Buffer.from(bytes));
  };

  it('tells Escape from the beginning of a key by a pause', () => {
    send('\x1b');
    jest.advanceTimersByTime(49);
    expect(events).toEqual([]);
    send('[A\x1b');
    jest.advanceTimersByTime(60);
    expect(names()).toEqual(['up', 'escape']);
  });

  it('waits longer for the rest of what can be no key', () => {
    send('\x1b[6;1');
    jest.advanceTimersByTime(1000);
    send('8;9t');
    expect(events).toEqual([{ type: 'reply', text: '\x1b[6;18;9t' }]);
  });

  it('waits for a paste as long as it goes on', () => {
    send('\x1b[200~a');
    for (let part = 0; part < 5; part += 1) {
      jest.advanceTimersByTime(1500);
      send('b');
    }
    expect(events).toEqual([]);
    jest.advanceTimersByTime(2100);
    expect(events).toEqual([{ type: 'paste', text: 'abbbbb', isCut: true }]);
  });

  it('takes a character that comes in two pieces', () => {
    const [first, ...rest] = Buffer.from('漢');
    send(Buffer.from([first ?? 0]));
    send(Buffer.from(rest));
    expect(names()).toEqual(['漢']);
  });

  it('reports what is left when the terminal is gone', () => {
    send('\x1b');
    input.emit('end');
    expect(names()).toEqual(['escape']);
  });

  it('reports nothing any more once it is stopped, also by what it reports', () => {
    stop();
    stop = readKeys({
      input,
      report: (event) => {
        events.push(event);
        stop();
      },
    });
    send('\x03a\x1b');
    jest.advanceTimersByTime(5000);
    expect(names()).toEqual(['c']);
    expect(jest.getTimerCount()).toBe(0);
  });
});
