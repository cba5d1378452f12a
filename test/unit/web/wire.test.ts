/** What the program writes is what the page expects: every event has the form that `web/wire.ts` says, and the compiler compares. */
import { expect, it } from '@jest/globals';
import { readCommand } from '../../../src/ui/read-command.js';
import { windowSchemas } from '../../../src/ui/web-bridge/window-commands.js';
import { windowEvent } from '../../../src/ui/web-bridge/window-events.js';
import type { CommandName, JsonEvent, OwnEvent, WindowEvent, WireCommands } from '../../../web/wire.js';
import { events } from '../../helpers/sample-events.js';

type Told = JsonEvent | OwnEvent | Extract<WindowEvent, { event: 'fileProgress' | 'callLevel' }>;
type Expected = { readonly [Name in Told['event']]: Omit<Extract<Told, { event: Name }>, 'event' | 'at'> };

const member = 'bob';
const sentAt = '1970-01-01T00:00:00.000Z';
const reason = { code: 'ERR_PEER_REFUSED', message: 'no', hint: null };
const file = { member, id: 'ab', direction: 'in', name: 'a.txt', sizeBytes: 5 } as const;
const call = { member, id: 'ab', direction: 'in' } as const;

const expected: Expected = {
  listening: { host: '::', port: 1, wantedPort: 1 },
  waiting: { who: member, reason },
  target: { member },
  connected: {
    ...{ member, circleId: 'c', address: { host: '::', port: 1 }, security: 's', keyOrigin: 'local', spkiSha256: 'ab' },
    keyAgreement: { group: null, postQuantum: null },
  },
  disconnected: { member, reason: 'left' },
  refused: { host: null, reason, count: 1 },
  revocation: { freshness: 'fresh', thisUpdate: null, nextUpdate: null },
  announced: { onLan: true, inDirectory: false, reason },
  renewed: { notAfter: sentAt },
  renewalFailed: { notAfter: sentAt, reason },
  message: { member, id: 'x', text: 'a', sentAt, replyTo: 'y' },
  outgoing: { member, id: 'x', text: 'a', sentAt, replyTo: 'y' },
  outgoingChange: { member, id: 'x', kind: 'edit', text: 'a' },
  outgoingFile: { member, name: 'a.txt' },
  edited: { member, id: 'x', text: 'a', sentAt },
  deleted: { member, id: 'x', sentAt },
  reaction: { member, id: 'x', emoji: '👍', sentAt },
  changeRefused: { member, id: 'x', kind: 'edit', reason: 'unknown', count: 1 },
  typing: { member },
  sent: { member, id: 'x' },
  delivered: { member, id: 'x' },
  read: { member, id: 'x' },
  fileOffered: file,
  fileStarted: { ...file, doneBytes: 0 },
  filePaused: { ...file, by: 'peer' },
  fileResumed: { ...file, by: 'self' },
  fileInterrupted: { ...file, reason },
  fileProgress: { ...file, doneBytes: 1, bytesPerSecond: null, etaSeconds: null },
  fileDone: { ...file, root: 'cd', sha256: 'ab', path: '/a' },
  fileDeclined: { ...file, reason: 'busy' },
  fileFailed: { ...file, reason },
  callRinging: call,
  callConnected: { ...call, resumed: false },
  callReconnecting: call,
  callEnded: { ...call, reason: 'failed', by: 'self', durationMs: 1, missed: false, error: reason },
  callStats: { ...call, lossPercent: 0, concealedPercent: 0, roundTripMs: 1, jitterMs: 1, kbps: 40 },
  callLevel: { ...call, local: 0, remote: 1 },
  callDevices: { ...call, input: null, output: 'speaker' },
  callPeerDevices: { ...call, input: false, output: true },
};
/** What is no event of the window: it is told how a contact stands, and runs no programs. */
const untold = ['stopped', 'outgoingFileOver', 'seen', 'contactChanged', 'exec'];

it.each(Object.keys(events).filter((type) => !untold.includes(type)))(
  'the event %s is what the page expects',
  (type) => {
    const told = windowEvent(events[type as keyof typeof events] as Parameters<typeof windowEvent>[0]);
    expect(JSON.parse(JSON.stringify(told?.value))).toEqual({ event: type, ...expected[type as keyof Expected] });
  },
);

const id = '6f1c2a3e-0b1d-4c2a-9d3e-4f5a6b7c8d9e';
const commands: { readonly [Name in CommandName]: WireCommands[Name][0] } = {
  send: { member, text: 'a', replyTo: id },
  edit: { member, id, text: 'a' },
  delete: { member, id },
  react: { member, id, emoji: '👍' },
  read: { member, id },
  typing: { member },
  accept: { id: 'ab' },
  decline: { id: 'ab' },
  pause: { member, name: 'ab' },
  resume: { member, name: 'ab' },
  cancel: { member, name: 'ab' },
  history: { member, limit: 200, before: id },
  search: { member, text: 'a', limit: 100 },
  contacts: {},
  dial: { member },
  whois: { member },
  rename: { member, name: '' },
  trust: { member, key: 'ab'.repeat(32) },
  block: { member },
  unblock: { member },
  forget: { member },
  call: { member },
  answer: {},
  reject: {},
  hangup: {},
  mute: { isOn: true },
  media: { member, id: 'ab' },
  join: { invite: 'qtchat1-x' },
  confirm: { id: 'q', isYes: true },
};

it.each(Object.entries(commands))('the command %s of the page is one of the program', (command, fields) => {
  expect(() => readCommand(JSON.stringify({ command, ref: '1', ...fields }), windowSchemas)).not.toThrow();
});
