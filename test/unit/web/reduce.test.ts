/** What events make of what the window knows. */
import { describe, expect, it } from '@jest/globals';
import { type AppState, initialState } from '../../../web/state/app-state.js';
import type { FileEntry, MessageEntry } from '../../../web/state/entries.js';
import { type Deed, reduceDeed, reduceEvent } from '../../../web/state/reduce.js';
import type { WireEvent } from '../../../web/wire.js';
import { alice, contact, message, now } from '../../helpers/fake-bridge.js';

type Told = WireEvent extends infer Event ? (Event extends WireEvent ? Omit<Event, 'at'> : never) : never;

const hello: Told = {
  event: 'hello',
  run: 'run',
  self: alice,
  contacts: [contact('bob')],
  files: [],
  call: null,
};
const loaded: Deed = { deed: 'historyCame', member: 'bob', messages: [], limit: 60 };
const file = { member: 'bob', id: 'f1', direction: 'in', name: 'film.mp4', sizeBytes: 1_000 } as const;

/** What events and deeds make of it, one after the other. */
function stateAfter(...steps: (Told | Deed)[]): AppState {
  return watching(undefined, ...steps);
}

function watching(watched: string | undefined, ...steps: (Told | Deed)[]): AppState {
  return steps.reduce<AppState>(
    (state, step) =>
      'deed' in step
        ? reduceDeed(state, step)
        : reduceEvent(state, { at: now, ...step } as WireEvent, { nowMs: Date.parse(now), watched }),
    initialState,
  );
}

function text(id: string, text = id): Told {
  return { event: 'message', member: 'bob', id, text, sentAt: now };
}

function outgoing(id: string): Told {
  return { event: 'outgoing', member: 'bob', id, text: id, sentAt: now };
}

function entriesOf(state: AppState) {
  return state.conversations.bob?.entries ?? [];
}

function messageOf(state: AppState, id: string): MessageEntry | undefined {
  const entry = entriesOf(state).find((one) => one.id === id);
  return entry?.type === 'message' ? entry : undefined;
}

function fileOf(state: AppState): FileEntry | undefined {
  const entry = entriesOf(state).find((one) => one.type === 'file');
  return entry?.type === 'file' ? entry : undefined;
}

describe('a member who went', () => {
  it('was here last then, not when they came', () => {
    const [came, went] = ['2026-11-29T20:00:00.000Z', '2026-11-29T21:00:00.000Z'];
    const gone = { event: 'disconnected', member: 'bob', reason: 'left', at: went } as Told;
    const state = stateAfter(hello, gone, { event: 'contact', ...contact('bob'), isHere: false, lastSeenAt: came });
    expect(state.contacts.bob?.lastSeenAt).toBe(went);
  });
});

describe('a member who is called as something that every object has', () => {
  it('is a member like any other', () => {
    const name = 'constructor';
    const state = stateAfter(hello, { event: 'message', member: name, id: '1', text: 'hello', sentAt: now });
    expect(state.contacts[name]).toMatchObject({ member: name, unread: 1, lastText: 'hello' });
    expect(state.conversations[name]?.entries).toMatchObject([{ id: '1', text: 'hello' }]);
    expect(initialState.contacts[name]).toBeUndefined();
  });
});

describe('messages', () => {
  it('say in the list what they say now, and nothing that was taken back', () => {
    const edited = stateAfter(hello, text('1', 'the key is under the mat'), {
      ...{ event: 'edited' as const, member: 'bob', id: '1', text: 'ahoj', sentAt: now },
    });
    expect(edited.contacts.bob).toMatchObject({ lastText: 'ahoj' });
    const deleted = stateAfter(hello, text('1', 'the key is under the mat'), {
      event: 'deleted',
      member: 'bob',
      id: '1',
      sentAt: now,
    });
    expect(deleted.contacts.bob).toMatchObject({ lastText: 'A deleted message' });
    const own = stateAfter(hello, outgoing('2'), { event: 'outgoingChange', member: 'bob', id: '2', kind: 'delete' });
    expect(own.contacts.bob).toMatchObject({ lastText: 'A deleted message' });
    const older = stateAfter(hello, text('1'), text('2'), { event: 'deleted', member: 'bob', id: '1', sentAt: now });
    expect(older.contacts.bob).toMatchObject({ lastText: '2' });
    // Both sides may use the same id; each takes back its own alone.
    const others = stateAfter(hello, outgoing('2'), { event: 'deleted', member: 'bob', id: '2', sentAt: now });
    expect(others.contacts.bob).toMatchObject({ lastText: '2' });
  });

  it('are counted until somebody has seen them, and the first of them is marked', () => {
    const state = stateAfter(hello, loaded, text('1'), text('2'));
    expect(state.contacts.bob).toMatchObject({ unread: 2, lastText: '2' });
    expect(state.conversations.bob?.firstUnread).toBe('1');
    const seen = reduceDeed(state, { deed: 'seen', member: 'bob' });
    expect(seen.contacts.bob?.unread).toBe(0);
    expect(seen.conversations.bob?.firstUnread).toBe('1');
    expect(reduceDeed(seen, { deed: 'left', member: 'bob' }).conversations.bob?.firstUnread).toBeNull();
  });

  it('are not marked as new where somebody looks', () => {
    expect(watching('bob', hello, loaded, text('1')).conversations.bob?.firstUnread).toBeNull();
  });

  it('that come twice are there once', () => {
    const state = stateAfter(hello, loaded, text('1'), text('1'));
    expect(entriesOf(state)).toHaveLength(1);
    expect(state.contacts.bob?.unread).toBe(1);
  });

  it('that come while the history is read stand once, below it', () => {
    const messages = [message('1', 'one'), message('2', 'two')];
    const state = stateAfter(hello, text('2'), text('3'), { deed: 'historyCame', member: 'bob', messages, limit: 60 });
    expect(entriesOf(state).map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(state.conversations.bob?.hasOlder).toBe(false);
  });

  it('of before the page are marked by how many nobody has seen', () => {
    const messages = ['1', '2', '3'].map((id) => message(id, id));
    const state = stateAfter(
      { ...hello, contacts: [contact('bob', { unread: 2 })] },
      { deed: 'historyCame', member: 'bob', messages, limit: 3 },
    );
    expect(state.conversations.bob).toMatchObject({ firstUnread: '2', hasOlder: true });
  });

  it('of ours go through their states, never back, and the first may come early', () => {
    const early = stateAfter(hello, loaded, { event: 'delivered', member: 'bob', id: '1' }, outgoing('1'));
    expect(messageOf(early, '1')?.progress).toBe('delivered');
    const state = stateAfter(
      ...[hello, loaded, outgoing('1')],
      { event: 'read', member: 'bob', id: '1' },
      { event: 'delivered', member: 'bob', id: '1' },
    );
    expect(messageOf(state, '1')?.progress).toBe('read');
  });

  it('are changed and deleted by their author alone', () => {
    const theirs = stateAfter(hello, loaded, text('1'), {
      event: 'edited',
      member: 'bob',
      id: '1',
      text: 'x',
      sentAt: now,
    });
    expect(messageOf(theirs, '1')).toMatchObject({ text: 'x', isEdited: true });
    const ours = stateAfter(hello, loaded, outgoing('1'), { event: 'deleted', member: 'bob', id: '1', sentAt: now });
    expect(messageOf(ours, '1')?.text).toBe('1');
    const byUs = stateAfter(hello, loaded, outgoing('1'), {
      ...{ event: 'outgoingChange', member: 'bob', id: '1', kind: 'delete' },
    });
    expect(messageOf(byUs, '1')?.text).toBeNull();
  });

  it('carry one reaction of each side', () => {
    const state = stateAfter(
      ...[hello, loaded, text('1')],
      { event: 'reaction', member: 'bob', id: '1', emoji: '👍', sentAt: now },
      { event: 'reaction', member: 'bob', id: '1', emoji: '🎉', sentAt: now },
      { event: 'outgoingChange', member: 'bob', id: '1', kind: 'reaction', emoji: '👍' },
    );
    expect(messageOf(state, '1')?.reactions).toEqual([
      { from: 'bob', emoji: '🎉' },
      { from: 'alice', emoji: '👍' },
    ]);
  });
});

describe('files', () => {
  it('go from offer to end', () => {
    const moving = stateAfter(
      ...[hello, loaded],
      { event: 'fileOffered', ...file },
      { event: 'fileStarted', ...file, doneBytes: 0 },
      { event: 'fileProgress', ...file, doneBytes: 400, bytesPerSecond: 100, etaSeconds: 6 },
    );
    expect(fileOf(moving)).toMatchObject({ state: 'moving', doneBytes: 400, etaSeconds: 6 });
    expect(moving.contacts.bob).toMatchObject({ unread: 1, lastText: 'File: film.mp4' });
    const paused = reduceEvent(
      moving,
      { event: 'filePaused', at: now, ...file, by: 'peer' },
      { nowMs: 0, watched: undefined },
    );
    expect(fileOf(paused)).toMatchObject({ state: 'paused', pausedBy: ['peer'], bytesPerSecond: null });
  });

  it('that break off keep their place when they go on under another id', () => {
    const reason = { code: 'ERR_NETWORK', message: 'the line is dead', hint: null };
    const state = stateAfter(
      ...[hello, loaded],
      { event: 'fileStarted', ...file, doneBytes: 0 },
      { event: 'fileInterrupted', ...file, reason },
      text('1'),
      { event: 'fileStarted', ...file, id: 'f2', doneBytes: 300 },
    );
    expect(entriesOf(state).map(({ key, id }) => [key, id])).toEqual([
      ['file-in-f1', 'f2'],
      ['1', '1'],
    ]);
    expect(fileOf(state)).toMatchObject({ state: 'moving', doneBytes: 300, reason: null });
  });

  it('of ours stand once, from the upload to the end', () => {
    const ours = { ...file, direction: 'out' } as const;
    const upload: Deed = {
      ...{ deed: 'uploadBegan', member: 'bob' },
      entry: {
        ...(fileOf(stateAfter(hello, { event: 'fileStarted', ...ours, doneBytes: 0 })) as FileEntry),
        key: 'upload-1',
        id: 'upload-1',
        state: 'uploading',
      },
    };
    const steps = [
      ...[hello, loaded, upload],
      { event: 'outgoingFile', member: 'bob', name: 'film.mp4' } as const,
      { event: 'fileStarted', ...ours, doneBytes: 0 } as const,
      { deed: 'uploadChanged', member: 'bob', key: 'upload-1', changes: { state: 'waiting' } } as const,
    ];
    expect(entriesOf(stateAfter(...steps))).toHaveLength(1);
    expect(fileOf(stateAfter(...steps))).toMatchObject({ key: 'upload-1', id: 'f1', state: 'moving' });
  });

  it('that are handed over in another tab are shown as waiting', () => {
    const state = stateAfter(hello, loaded, { event: 'outgoingFile', member: 'bob', name: 'film.mp4' });
    expect(fileOf(state)).toMatchObject({ state: 'waiting', direction: 'out' });
  });

  it('that have arrived come back with the history, at their place', () => {
    const record = { name: 'film.mp4', sizeBytes: 1_000, isFolder: false, path: '/home/a/film.mp4' };
    const messages = [message('1', 'one'), message('f1', null, { file: record }), message('2', 'two')];
    const state = stateAfter(hello, { deed: 'historyCame', member: 'bob', messages, limit: 60 });
    expect(entriesOf(state).map(({ type }) => type)).toEqual(['message', 'file', 'message']);
    expect(fileOf(state)).toMatchObject({ state: 'done', path: '/home/a/film.mp4' });
  });
});

describe('a call', () => {
  const call = { member: 'bob', id: 'c1', direction: 'in' } as const;
  const ended = { event: 'callEnded', by: 'peer', durationMs: 0, error: null } as const;

  it('rings, is taken, breaks off, goes on, and ends among the messages', () => {
    const taken = stateAfter(
      hello,
      { event: 'callRinging', ...call },
      { event: 'callConnected', ...call, resumed: false },
      { event: 'callReconnecting', ...call },
    );
    expect(taken.call).toMatchObject({ phase: 'reconnecting', connectedAtMs: Date.parse(now) });
    const over = reduceEvent(
      taken,
      { ...ended, ...call, at: now, reason: 'hung-up', durationMs: 5_000, missed: false },
      { nowMs: 0, watched: undefined },
    );
    expect(over.call?.phase).toBe('ended');
    expect(entriesOf(over)).toMatchObject([{ type: 'call', outcome: { durationMs: 5_000 } }]);
    expect(reduceDeed(over, { deed: 'callClosed' }).call).toBeNull();
  });

  it('of somebody else does not take the place of the one that there is', () => {
    const other = { member: 'carol', id: 'c2', direction: 'in' } as const;
    const state = stateAfter(
      hello,
      { event: 'callConnected', ...call, resumed: false },
      { event: 'callRinging', ...other },
      { ...ended, ...other, reason: 'busy', missed: true },
    );
    expect(state.call).toMatchObject({ id: 'c1', phase: 'connected' });
    expect(state.conversations.carol?.entries).toHaveLength(1);
  });
});

it('knows everything anew after a greeting, but for what this tab still uploads', () => {
  const entry = {
    ...(fileOf(stateAfter(hello, { event: 'fileStarted', ...file, doneBytes: 0 })) as FileEntry),
    key: 'u',
  };
  const state = stateAfter(
    ...[hello, loaded, text('1')],
    { deed: 'uploadBegan', member: 'bob', entry: { ...entry, state: 'uploading' } },
    hello,
  );
  expect(entriesOf(state).map(({ key }) => key)).toEqual(['u']);
  expect(state.conversations.bob?.history).toBe('none');
});

it('leaves alone what it does not know', () => {
  const state = stateAfter(hello);
  const event = { event: 'somethingNew', at: now } as unknown as WireEvent;
  expect(reduceEvent(state, event, { nowMs: 0, watched: undefined })).toBe(state);
});
