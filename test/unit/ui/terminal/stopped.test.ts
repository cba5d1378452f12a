/** A chat on a screen whose peer cannot be dialled any more: it ends only where there is nothing to stay for. */
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Conversation } from '../../../../src/conversation/conversation.js';
import type { ConversationEvent } from '../../../../src/conversation/events.js';
import { QTChatError } from '../../../../src/errors.js';
import { TerminalChat } from '../../../../src/ui/terminal/terminal-chat.js';
import { noSound } from '../../../helpers/face-sound.js';
import { defaultSettings } from '../../../helpers/settings.js';

const error = new QTChatError('ERR_PEER_NOT_TRUSTED', '"bob" shows another key', { hint: 'Ask them' });
const stopped: ConversationEvent = { type: 'stopped', error };
const connected: ConversationEvent = {
  type: 'connected',
  peer: {
    member: 'bob',
    circleId: 'faekjvf6qljfri5otxuh4vbpxe',
    address: { host: '127.0.0.1', port: 17_590 },
    security: 'TLSv1.3',
    keyAgreement: { group: 'X25519', postQuantum: false },
    keyOrigin: 'local',
    spkiSha256: 'ab'.repeat(32),
  },
};
const conversation = {
  self: 'alice',
  contacts: { list: async () => [] },
  messages: { recent: async () => [], markSeen: async () => {} },
  roundTripMs: () => undefined,
  calls: { current: undefined, devices: {} },
} as unknown as Conversation;

let chat: TerminalChat;
let screen: string;
let end: AbortController;

beforeEach(() => {
  const output = new PassThrough();
  screen = '';
  output.on('data', (chunk: Buffer) => {
    screen += chunk.toString('utf8');
  });
  end = new AbortController();
  const streams = { input: new PassThrough(), output, status: new PassThrough() };
  const rest = { env: { TERM: 'xterm' }, clock: () => new Date(), settings: defaultSettings(), sound: noSound };
  chat = new TerminalChat({ ...streams, ...rest, signal: end.signal });
});

afterEach(() => chat.close());

it('ends, and says why, where nobody has been here', async () => {
  const running = chat.run(conversation);
  chat.onEvent(stopped);
  await expect(running).rejects.toBe(error);
});

it.each([
  ['somebody is here', [connected]],
  ['somebody has been here', [connected, { type: 'disconnected', member: 'bob', reason: 'left' }]],
] as [string, ConversationEvent[]][])('stays, and says why, where %s', async (_, events) => {
  const running = chat.run(conversation);
  for (const event of [...events, stopped]) chat.onEvent(event);
  const ended = running.then(() => true);
  while (!stripVTControlCharacters(screen).includes('another key. Ask them')) {
    if (await Promise.race([ended, new Promise<false>((resolve) => setImmediate(resolve, false))])) break;
  }
  expect(stripVTControlCharacters(screen)).toContain('another key. Ask them');
  end.abort();
  await running;
});
