/** The plain face at a terminal, and events as lines. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../src/conversation/conversation.js';
import type { ConversationEvent } from '../../../src/conversation/events.js';
import { QTChatError } from '../../../src/errors.js';
import { eventToJson } from '../../../src/ui/json-lines.js';
import { PlainChat } from '../../../src/ui/plain/plain-chat.js';
import { describeEvent } from '../../../src/ui/text/describe-event.js';
import { Progress } from '../../../src/ui/text/progress.js';
import { noSound } from '../../helpers/face-sound.js';
import { defaultSettings } from '../../helpers/settings.js';

const file = { id: 'ab', direction: 'in', name: 'a\u001b]0;x\u0007.txt', sizeBytes: 2_500_000 } as const;
const error = new QTChatError('ERR_PEER_REFUSED', 'the peer was refused: no', { hint: 'Ask' });

describe('events as lines', () => {
  it.each<[ConversationEvent, string]>([
    [
      { type: 'listening', address: { host: '::', port: 17_591 }, wantedPort: 17_590 },
      'port 17591, because 17590 is taken',
    ],
    [{ type: 'waiting', who: 'alice', reason: undefined }, 'waiting for alice'],
    [
      { type: 'refused', host: '10.0.0.9', error, count: 1 },
      'refused a connection from 10.0.0.9: the peer was refused: no. Ask',
    ],
    [{ type: 'refused', host: undefined, error, count: 900 }, 'refused 900 connections: the peer was refused: no. Ask'],
    [
      { type: 'message', member: 'bob', id: 'x', sentAt: new Date(0), text: 'a\nroot: b\u202e' },
      'a\\u{a}root: b\\u{202e}',
    ],
    [{ type: 'fileOffered', member: 'bob', file }, 'bob offers a\\u{1b}]0;x\\u{7}.txt (2.5 MB): /accept or /decline'],
    [{ type: 'fileFailed', member: 'bob', file, error }, 'the peer was refused: no. Ask'],
    [{ type: 'fileDeclined', member: 'bob', file: { ...file, direction: 'out' }, reason: 'busy' }, 'too many files'],
  ])('say what happened and let nothing through: %j', (event, text) => {
    const line = describeEvent(event)?.text ?? '';
    expect(line).toContain(text);
    expect(line).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });

  it('are silent about what only faces need', () => {
    expect(describeEvent({ type: 'target', member: 'bob' })).toBeUndefined();
    expect(eventToJson({ type: 'fileProgress', member: 'bob', file, doneBytes: 1 })).toBeUndefined();
  });

  it('have a JSON form with plain dates and errors', () => {
    const message = { type: 'message', member: 'bob', id: 'x', sentAt: new Date(0), text: 'a' } as const;
    expect(eventToJson(message)).toEqual({
      event: 'message',
      member: 'bob',
      id: 'x',
      text: 'a',
      sentAt: '1970-01-01T00:00:00.000Z',
    });
    expect(eventToJson({ type: 'refused', host: undefined, error, count: 3 })).toMatchObject({
      host: null,
      count: 3,
      reason: { code: 'ERR_PEER_REFUSED', hint: 'Ask' },
    });
  });

  it('draw progress at most ten times a second', () => {
    let now = 0;
    const progress = new Progress(() => {
      now += 30;
      return new Date(now);
    });
    const drawn = Array.from({ length: 100 }, () => progress.describe(file, { doneBytes: 1_250_000 })).filter(
      (text) => text !== undefined,
    );
    expect(drawn.length).toBeLessThanOrEqual(31);
    expect(drawn[0]).toMatch(/ 50 %$/);
  });

  it('draw how fast a file goes and how long the rest takes', () => {
    const draw = (leftMs: number): string | undefined =>
      new Progress(() => new Date()).describe(file, { doneBytes: 1_250_000, bytesPerSecond: 2_000_000, leftMs });
    expect(draw(37_400)).toMatch(/ 50 %, 2.0 MB\/s, 0:38 left$/);
    expect(draw(7_500_000)).toMatch(/, 2:05:00 left$/);
  });
});

describe('the plain chat at a terminal', () => {
  function terminal() {
    const input = new PassThrough();
    const output = new PassThrough();
    let screen = '';
    output.on('data', (chunk: Buffer) => {
      screen += chunk.toString('utf8');
    });
    const controller = new AbortController();
    const clock = (): Date => new Date(0);
    const streams = { input, output, status: output };
    const chat = new PlainChat({
      ...streams,
      isTerminal: true,
      json: false,
      clock,
      signal: controller.signal,
      settings: defaultSettings(),
      sound: noSound,
    });
    const sent: string[] = [];
    const conversation = {
      messages: { send: async (member: string, text: string) => sent.push(`${member}: ${text}`) },
      files: { answer: () => false },
    } as unknown as Conversation;
    return { chat, input, conversation, sent, controller, screen: () => screen };
  }

  it('asks whether the one found is the one meant; only yes means yes', async () => {
    for (const [typed, answer] of [
      ['y', true],
      ['', false],
      ['n', false],
      ['yes please', false],
    ] as const) {
      const { chat, input, conversation, screen } = terminal();
      const running = chat.run(conversation);
      const confirmed = chat.confirm('Is it bob?', new AbortController().signal);
      input.write(`${typed}\n`);
      expect(await confirmed).toBe(answer);
      expect(screen()).toContain('Is it bob? [y/N]');
      input.end();
      await running;
      chat.close();
    }
  });

  it('takes nothing for the answer to a question that is over', async () => {
    const { chat, input, conversation, sent } = terminal();
    const running = chat.run(conversation);
    chat.onEvent({ type: 'target', member: 'bob' });
    const ended = new AbortController();
    const confirmed = chat.confirm('Is it bob?', ended.signal);
    ended.abort();
    expect(await confirmed).toBe(false);
    expect(await chat.confirm('Is it bob now?', ended.signal)).toBe(false);
    input.write('yes, I am here\n');
    input.end();
    await running;
    expect(sent).toEqual(['bob: yes, I am here']);
    chat.close();
  });

  it('holds what is typed until it is known to whom, and leaves on the end of input', async () => {
    const { chat, input, conversation, sent, screen } = terminal();
    const running = chat.run(conversation);
    input.write('one\n/help\n');
    while (!screen().includes('/quit')) await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([]);
    chat.onEvent({ type: 'target', member: 'bob' });
    input.write('two\n');
    while (sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual(['bob: one', 'bob: two']);
    expect(screen()).toContain('to bob> ');
    input.end();
    await running;
    chat.close();
  });

  it('ends when its signal aborts, and fails when the conversation stops', async () => {
    const ended = terminal();
    const running = ended.chat.run(ended.conversation);
    ended.controller.abort();
    await running;
    ended.chat.close();
    const stopped = terminal();
    const failing = stopped.chat.run(stopped.conversation);
    stopped.chat.onEvent({ type: 'stopped', error });
    await expect(failing).rejects.toBe(error);
    stopped.chat.close();
  });
});
