/** Files by their numbers. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { QTChatError } from '../../../../src/errors.js';
import { type BookedFile, FileBook } from '../../../../src/ui/commands/file-book.js';
import { fileNamed } from '../../../helpers/peer-events.js';

const isOffered = ({ state }: BookedFile): boolean => state === 'offered';

describe('the files of a conversation', () => {
  let book: FileBook;
  beforeEach(() => {
    book = new FileBook();
  });
  const offer = (name: string, id: string, member = 'bob'): BookedFile =>
    book.note({ type: 'fileOffered', member, file: fileNamed(name, { id: id.repeat(32) }) });
  const find = (typed: string): BookedFile => book.find(typed, isOffered, 'is offered now');

  it('are found by number, with and without #, by name, and by nothing where there is one', () => {
    const file = offer('a.png', '1');
    for (const typed of ['', '1', '#1', 'a.png']) expect(find(typed)).toBe(file);
  });

  it('are forgotten, the oldest that wait first, where a peer comes and goes without an end', () => {
    const error = new QTChatError('ERR_FILE_INTERRUPTED', 'the line broke');
    const offered = offer('offered.png', 'f');
    for (let number = 0; number < 1_500; number += 1) {
      const file = fileNamed(`${number}.png`, { id: `${number}` });
      book.note({ type: 'fileInterrupted', member: 'bob', file, error });
    }
    expect(book.all).toHaveLength(1_000);
    expect(book.all[0]).toBe(offered);
    expect(book.all.at(-1)).toMatchObject({ name: '1499.png' });
  });

  it('are not found where there is none, or none that comes into question', () => {
    expect(() => find('')).toThrow('no file is offered now');
    offer('a.png', '1');
    book.note({ type: 'fileDone', member: 'bob', file: fileNamed('a.png', { id: '1'.repeat(32) }) });
    for (const [typed, said] of [
      ['', 'no file is offered now'],
      ['1', 'no file "1" is offered now'],
      ['a.png', 'no file "a.png" is offered now'],
      ['2\u202e', 'no file "2\\u{202e}" is offered now'],
    ] as const) {
      expect(() => find(typed)).toThrow(said);
    }
  });

  it('are asked for where a name, or nothing, means more than one', () => {
    offer('a.png', '1');
    offer('a.png', '2', 'carol');
    offer('2', '3');
    expect(() => find('a.png')).toThrow('more than one file is offered now: 1, 2');
    expect(() => find('')).toThrow('more than one file is offered now: 1, 2, 3');
    // One is called as another one is numbered.
    expect(() => find('2')).toThrow('more than one file is offered now: 2, 3');
    expect(find('3').name).toBe('2');
  });

  it('are forgotten when they are over and many others came, and never while they are not', () => {
    const kept = offer('kept', 'f');
    for (let number = 1; number <= 1_500; number += 1) {
      const file = fileNamed(`${number}`, { id: number.toString(16).padStart(32, '0') });
      book.note({ type: 'fileOffered', member: 'bob', file });
      book.note({ type: 'fileDone', member: 'bob', file });
    }
    expect(book.all).toHaveLength(1_000);
    expect(book.all[0]).toBe(kept);
    expect(book.open).toEqual([kept]);
    expect(book.all.at(-1)).toMatchObject({ number: 1_501, state: 'done' });
  });

  it('are cancelled, not failed, where somebody wanted that', () => {
    offer('a.png', '1');
    const about = { type: 'fileFailed', member: 'bob', file: fileNamed('a.png', { id: '1'.repeat(32) }) } as const;
    const cancelled = book.note({ ...about, error: new QTChatError('ERR_CANCELLED', 'it was cancelled') });
    expect(cancelled).toMatchObject({ state: 'cancelled', reason: undefined });
    expect(book.open).toEqual([]);
    expect(book.note({ ...about, error: new QTChatError('ERR_FILE_DIGEST', 'false') })).toMatchObject({
      state: 'failed',
      reason: 'false',
    });
  });

  it('that were taken off the book leave their number to nobody', () => {
    book.remove(book.addOwn('bob', '/home/alice/a.png').number);
    expect(book.addOwn('bob', '/home/alice/b.png')).toMatchObject({ number: 2, name: 'b.png' });
  });
});
