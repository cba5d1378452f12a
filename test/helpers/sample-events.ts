/** One event of a conversation of each kind, with all that it may hold. */
import type { ConversationEvent } from '../../src/conversation/events.js';
import { QTChatError } from '../../src/errors.js';
import type { ExecEvent } from '../../src/ui/exec/program-runner.js';

const member = 'bob';
const sentAt = new Date(0);
const error = new QTChatError('ERR_PEER_REFUSED', 'no');
const file = { id: 'ab', direction: 'in', name: 'a.txt', sizeBytes: 5 } as const;
const address = { host: '::', port: 1 };
const keyAgreement = { group: undefined, postQuantum: undefined };
const peer = {
  member,
  circleId: 'c',
  address,
  security: 's',
  keyAgreement,
  keyOrigin: 'local',
  spkiSha256: 'ab',
} as const;

const call = { member, id: 'ab', direction: 'in' } as const;
const stats = { lossPercent: 0, concealedPercent: 0, roundTripMs: 1, jitterMs: 1, kbps: 40 };

type AnyEvent = ConversationEvent | ExecEvent;

/** By its kind. */
export const events: { readonly [Type in AnyEvent['type']]: Extract<AnyEvent, { type: Type }> } = {
  listening: { type: 'listening', address, wantedPort: 1 },
  waiting: { type: 'waiting', who: member, reason: error },
  target: { type: 'target', member },
  connected: { type: 'connected', peer },
  disconnected: { type: 'disconnected', member, reason: 'left' },
  refused: { type: 'refused', host: undefined, error, count: 1 },
  revocation: { type: 'revocation', freshness: 'fresh' },
  announced: { type: 'announced', onLan: true, inDirectory: false, error },
  renewed: { type: 'renewed', notAfter: sentAt },
  renewalFailed: { type: 'renewalFailed', notAfter: sentAt, error },
  stopped: { type: 'stopped', error },
  message: { type: 'message', member, id: 'x', sentAt, text: 'a', replyTo: 'y', quoted: 'b' },
  outgoing: { type: 'outgoing', member, id: 'x', sentAt, text: 'a', replyTo: 'y' },
  outgoingChange: { type: 'outgoingChange', member, id: 'x', kind: 'edit', text: 'a' },
  seen: { type: 'seen', member, id: 'x' },
  outgoingFile: { type: 'outgoingFile', member, name: 'a.txt', path: '/a.txt' },
  contactChanged: { type: 'contactChanged', member },
  outgoingFileOver: { type: 'outgoingFileOver', member, path: '/a.txt', hasArrived: true },
  edited: { type: 'edited', member, id: 'x', sentAt, text: 'a' },
  deleted: { type: 'deleted', member, id: 'x', sentAt },
  reaction: { type: 'reaction', member, id: 'x', sentAt, emoji: '👍', quoted: 'b' },
  changeRefused: { type: 'changeRefused', member, id: 'x', kind: 'edit', reason: 'unknown', count: 1 },
  typing: { type: 'typing', member },
  sent: { type: 'sent', member, id: 'x' },
  delivered: { type: 'delivered', member, id: 'x' },
  read: { type: 'read', member, id: 'x' },
  fileOffered: { type: 'fileOffered', member, file },
  fileStarted: { type: 'fileStarted', member, file, doneBytes: 0 },
  filePaused: { type: 'filePaused', member, file, by: 'peer' },
  fileResumed: { type: 'fileResumed', member, file, by: 'self' },
  fileInterrupted: { type: 'fileInterrupted', member, file, error },
  fileProgress: { type: 'fileProgress', member, file, doneBytes: 1 },
  fileDone: { type: 'fileDone', member, file, root: 'cd', sha256: 'ab', path: '/a' },
  fileDeclined: { type: 'fileDeclined', member, file, reason: 'busy' },
  fileFailed: { type: 'fileFailed', member, file, error },
  callRinging: { type: 'callRinging', ...call },
  callConnected: { type: 'callConnected', ...call, resumed: false },
  callReconnecting: { type: 'callReconnecting', ...call },
  callEnded: { type: 'callEnded', ...call, reason: 'failed', by: 'self', durationMs: 1, missed: false, error },
  callStats: { type: 'callStats', ...call, ...stats },
  callLevel: { type: 'callLevel', ...call, local: 0, remote: 1 },
  callDevices: { type: 'callDevices', ...call, input: undefined, output: 'speaker' },
  callPeerDevices: { type: 'callPeerDevices', ...call, input: false, output: true },
  exec: { type: 'exec', member, id: 'ab', name: 'a.txt', path: '/a', exitCode: null, signal: null, error },
};
