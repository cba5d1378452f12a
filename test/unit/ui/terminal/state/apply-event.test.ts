/** What events make of the state: in whatever order they come, nothing that is known goes back. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ConversationEvent } from '../../../../../src/conversation/events.js';
import { QTChatError } from '../../../../../src/errors.js';
import { applyEvent } from '../../../../../src/ui/terminal/state/apply-event.js';
import { ChatState } from '../../../../../src/ui/terminal/state/chat-state.js';
import type { FileItem, MessageItem } from '../../../../../src/ui/terminal/state/items.js';
import { fileNamed, messageEvent, peerNamed } from '../../../../helpers/peer-events.js';

const now = new Date(2026, 10, 29, 21, 5);
const interrupted = new QTChatError('ERR_FILE_INTERRUPTED', 'the line broke');

describe('events of a conversation', () => {
  let state: ChatState;
  beforeEach(() => {
    state = new ChatState(() => now);
    state.self = 'alice';
  });

  const tell = (...events: ConversationEvent[]): void => {
    for (const event of events) applyEvent(state, event, now);
  };
  const sent = (id: string, text: string): void => tell({ type: 'outgoing', member: 'bob', id, text, sentAt: now });
  const itemsOf = <Kind extends 'message' | 'file' | 'notice'>(member: string, kind: Kind) =>
    state.talkWith(member).items.all.filter((item) => item.kind === kind);
  const messages = (member = 'bob'): MessageItem[] => itemsOf(member, 'message') as MessageItem[];
  const files = (member = 'bob'): FileItem[] => itemsOf(member, 'file') as FileItem[];
  const fileEvent = (type: string, file: object, more: object = {}): ConversationEvent =>
    ({ type, member: 'bob', file, ...more }) as ConversationEvent;

  describe('of messages', () => {
    it.each([
      [['sent', 'delivered', 'read'], 'read'],
      [['read', 'delivered', 'sent'], 'read'],
      [['delivered', 'sent'], 'delivered'],
    ] as const)('tell how far one has come: %j is %s', (types, state_) => {
      sent('1', 'ahoj');
      for (const type of types) tell({ type, member: 'bob', id: '1' });
      expect(messages()).toMatchObject([{ id: '1', state: state_ }]);
    });

    it('may tell that one has come before it is shown', () => {
      tell({ type: 'sent', member: 'bob', id: '1' }, { type: 'delivered', member: 'bob', id: '1' });
      sent('1', 'ahoj');
      expect(messages()).toMatchObject([{ state: 'delivered' }]);
      tell({ type: 'sent', member: 'bob', id: '2' });
      tell({ type: 'read', member: 'bob', id: '2' }, { type: 'delivered', member: 'bob', id: '2' });
      sent('2', 'ahoj again');
      expect(messages()[1]).toMatchObject({ state: 'read' });
    });

    it('do not fill the memory while the user looks back', () => {
      state.talkWith('bob').scroll = { key: 0, hiddenRows: 0 };
      for (let number = 0; number < 30_000; number += 1) tell(messageEvent('bob', `${number}`, 'ahoj'));
      expect(messages().length).toBeLessThanOrEqual(22_000);
      expect(messages().at(-1)).toMatchObject({ id: '29999' });
    });

    it('do not fill the memory where what they tell of is never shown', () => {
      for (let number = 0; number < 5_000; number += 1) tell({ type: 'delivered', member: 'bob', id: `${number}` });
      sent('0', 'forgotten');
      sent('4999', 'known');
      expect(messages()).toMatchObject([{ state: 'queued' }, { state: 'delivered' }]);
    });

    it('change and delete what the peer wrote, and never what we wrote under the same id', () => {
      sent('1', 'mine');
      tell(messageEvent('bob', '1', 'his'));
      tell({ type: 'edited', member: 'bob', id: '1', sentAt: now, text: 'changed' });
      expect(messages()).toMatchObject([
        { text: 'mine', isEdited: false },
        { text: 'changed', isEdited: true },
      ]);
      tell({ type: 'deleted', member: 'bob', id: '1', sentAt: now });
      expect(messages()).toMatchObject([{ text: 'mine' }, { text: undefined }]);
    });

    it('of what is not here change nothing', () => {
      tell({ type: 'edited', member: 'bob', id: '1', sentAt: now, text: 'changed' });
      tell({ type: 'deleted', member: 'bob', id: '1', sentAt: now });
      tell({ type: 'reaction', member: 'bob', id: '1', sentAt: now, emoji: '👍' });
      expect(messages()).toEqual([]);
    });

    it('put reactions of both sides beside each other, and take them back', () => {
      tell(messageEvent('bob', '1', 'his'));
      tell({ type: 'outgoingChange', member: 'bob', id: '1', kind: 'reaction', emoji: '🎉' });
      tell({ type: 'reaction', member: 'bob', id: '1', sentAt: now, emoji: '👍' });
      expect(messages()).toMatchObject([{ reactions: { in: '👍', out: '🎉' } }]);
      tell({ type: 'reaction', member: 'bob', id: '1', sentAt: now, emoji: '' });
      expect(messages()).toMatchObject([{ reactions: { in: '', out: '🎉' } }]);
    });

    it('count as new where they are not seen, and the line stands above the first of them', () => {
      tell({ type: 'connected', peer: peerNamed('bob') }, { type: 'connected', peer: peerNamed('carol') });
      state.show(state.talkWith('bob'));
      tell(messageEvent('bob', '1', 'seen'), messageEvent('carol', '2', 'new'), messageEvent('carol', '3', 'too'));
      expect(state.talkWith('bob')).toMatchObject({ unread: 0, firstUnreadId: undefined });
      expect(state.talkWith('carol')).toMatchObject({ unread: 2, firstUnreadId: '2' });
      state.show(state.talkWith('carol'));
      expect(state.talkWith('carol')).toMatchObject({ unread: 0, firstUnreadId: '2' });
      state.show(state.talkWith('bob'));
      expect(state.talkWith('carol').firstUnreadId).toBeUndefined();
    });

    it('count as new while the user looks back or elsewhere', () => {
      state.show(state.talkWith('bob'));
      state.isFocused = false;
      tell(messageEvent('bob', '1', 'one'));
      state.isFocused = true;
      state.talkWith('bob').scroll = { key: 0, hiddenRows: 0 };
      tell(messageEvent('bob', '2', 'two'));
      expect(state.talkWith('bob')).toMatchObject({ unread: 2, firstUnreadId: '1' });
      // Who answers has seen them.
      sent('3', 'mine');
      expect(state.talkWith('bob')).toMatchObject({ unread: 0, firstUnreadId: undefined, scroll: undefined });
    });

    it('end that somebody is writing', () => {
      tell({ type: 'typing', member: 'bob' });
      expect(state.talkWith('bob').typingUntilMs).toBeGreaterThan(now.getTime());
      tell(messageEvent('bob', '1', 'done'));
      expect(state.talkWith('bob').typingUntilMs).toBe(0);
    });
  });

  describe('of members', () => {
    it('show whoever is looked for, and nobody else in its place', () => {
      tell({ type: 'target', member: 'bob' }, { type: 'target', member: 'carol' });
      expect(state.current.member).toBe('bob');
      tell({ type: 'connected', peer: peerNamed('carol') });
      expect(state.current.member).toBe('bob');
      expect(state.talkWith('carol').peer?.member).toBe('carol');
    });

    it('show whoever is looked for with what was told before', () => {
      state.say('the link to the window');
      tell({ type: 'target', member: 'bob' }, { type: 'target', member: 'carol' });
      expect(itemsOf('bob', 'notice')).toMatchObject([{ text: 'the link to the window' }]);
      expect(itemsOf('carol', 'notice')).toEqual([]);
    });

    it('tell why somebody left, and forget it when they are back', () => {
      tell({ type: 'connected', peer: peerNamed('bob') }, { type: 'disconnected', member: 'bob', reason: 'gone home' });
      expect(state.talkWith('bob')).toMatchObject({ peer: undefined, absence: 'gone home' });
      tell({ type: 'connected', peer: peerNamed('bob') });
      expect(state.talkWith('bob').absence).toBeUndefined();
    });
  });

  describe('of files', () => {
    const first = fileNamed('film.mp4', { id: '1'.repeat(32) });
    const second = fileNamed('film.mp4', { id: '2'.repeat(32) });

    it('keep one line for a file from the offer to the end', () => {
      tell(fileEvent('fileOffered', first), fileEvent('fileStarted', first, { doneBytes: 0 }));
      tell(fileEvent('fileProgress', first, { doneBytes: 500_000, bytesPerSecond: 100_000, leftMs: 5_000 }));
      expect(files()).toMatchObject([{ file: { number: 1, state: 'moving', doneBytes: 500_000, leftMs: 5_000 } }]);
      tell(fileEvent('fileDone', first, { path: '/downloads/film.mp4' }));
      expect(files()).toMatchObject([{ file: { state: 'done', doneBytes: 1_000_000, path: '/downloads/film.mp4' } }]);
      expect(files()[0]?.file).not.toHaveProperty('bytesPerSecond');
    });

    it('do not fill the memory, however many are offered and taken back', () => {
      for (let number = 0; number < 3_000; number += 1) {
        const file = fileNamed(`${number}`, { id: `${number}` });
        tell(fileEvent('fileOffered', file), fileEvent('fileFailed', file, { error: interrupted }));
      }
      expect(files().length).toBeLessThanOrEqual(2_200);
      expect(files().at(-1)).toMatchObject({ file: { number: 3_000, state: 'failed' } });
    });

    it('keep the number of a file that goes on after a break as another transfer', () => {
      tell(fileEvent('fileOffered', first), fileEvent('fileStarted', first, { doneBytes: 0 }));
      tell(fileEvent('fileInterrupted', first, { error: interrupted }));
      expect(files()).toMatchObject([{ file: { number: 1, state: 'interrupted', reason: 'the line broke' } }]);
      tell(fileEvent('fileOffered', second), fileEvent('fileStarted', second, { doneBytes: 500_000 }));
      expect(files()).toMatchObject([{ file: { number: 1, id: second.id, state: 'moving', doneBytes: 500_000 } }]);
    });

    it('take two files of one name for two', () => {
      tell(fileEvent('fileOffered', first), fileEvent('fileStarted', first, { doneBytes: 0 }));
      tell(fileEvent('fileOffered', second));
      expect(files()).toMatchObject([{ file: { number: 1 } }, { file: { number: 2 } }]);
      tell(fileEvent('fileDone', first), fileEvent('fileOffered', { ...first, id: '3'.repeat(32) }));
      expect(files().map(({ file }) => file.number)).toEqual([1, 2, 3]);
    });

    it('are not mixed up where the other side sends one of the same name', () => {
      const own = state.files.addOwn('bob', '/home/alice/film.mp4');
      tell(fileEvent('fileOffered', first));
      tell(fileEvent('fileStarted', { ...second, direction: 'out' }, { doneBytes: 0 }));
      expect(state.files.all).toMatchObject([
        { number: own.number, direction: 'out', state: 'moving', path: '/home/alice/film.mp4' },
        { direction: 'in', state: 'offered' },
      ]);
      applyEvent(
        state,
        { ...fileEvent('fileOffered', { ...first, id: '4'.repeat(32) }), member: 'carol' } as never,
        now,
      );
      expect(state.files.all[2]).toMatchObject({ member: 'carol', number: 3 });
    });

    it('that were told before it was known that ours was offered are not lost', () => {
      const own = state.files.addOwn('bob', '/home/alice/film.mp4');
      tell({ type: 'outgoingFile', member: 'bob', name: 'film.mp4', path: '/home/alice/film.mp4' });
      const out = { ...first, direction: 'out' };
      tell(fileEvent('fileStarted', out, { doneBytes: 0 }), fileEvent('fileDone', out));
      expect(files()).toMatchObject([{ file: { number: own.number, state: 'done' } }]);
    });
  });
});
