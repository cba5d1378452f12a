/** What becomes of messages, as lines of the plain chat: everything of the peer's is escaped and bounded. */
import { expect, it } from '@jest/globals';
import type { ConversationEvent } from '../../../src/conversation/events.js';
import { describeEvent } from '../../../src/ui/text/describe-event.js';

const evil = 'a\u001b[2J\n\u202e';
const shown = 'a\\u{1b}[2J\\u{a}\\u{202e}';
const known = { member: 'bob', id: 'x', sentAt: new Date(0) };

it.each<[ConversationEvent, string | undefined]>([
  [{ type: 'message', ...known, text: evil, replyTo: 'y', quoted: evil }, `bob: (to "${shown}") ${shown}`],
  [{ type: 'message', ...known, text: 'hi', replyTo: 'y' }, 'bob: (to a message that is not here) hi'],
  [{ type: 'edited', ...known, text: evil }, `bob (edited): ${shown}`],
  [{ type: 'deleted', ...known }, 'bob deleted a message'],
  [{ type: 'reaction', ...known, emoji: '\u202e', quoted: evil }, `bob reacts \\u{202e} to "${shown}"`],
  [{ type: 'reaction', ...known, emoji: '👨‍👩‍👧' }, 'bob reacts 👨‍👩‍👧 to a message'],
  [{ type: 'reaction', ...known, emoji: '', quoted: 'hi' }, 'bob took back a reaction to "hi"'],
  [
    { type: 'changeRefused', member: 'bob', id: 'x', kind: 'edit', reason: 'not-author', count: 1 },
    'refused to change a message for bob: it is not theirs',
  ],
  [
    { type: 'changeRefused', member: 'bob', id: 'x', kind: 'delete', reason: 'not-author', count: 900 },
    'refused to delete a message for bob, 900 times: it is not theirs',
  ],
  [{ type: 'typing', member: 'bob' }, undefined],
  [{ type: 'sent', member: 'bob', id: 'x' }, undefined],
  [{ type: 'read', member: 'bob', id: 'x' }, undefined],
])('%j', (event, line) => {
  expect(describeEvent(event)?.text).toBe(line);
});

it('of an answered message the beginning is shown, never half a character', () => {
  const quoted = '👍🏽'.repeat(30_000);
  const text = describeEvent({ type: 'message', ...known, text: 'hi', replyTo: 'y', quoted })?.text ?? '';
  expect(text).toBe(`bob: (to "${'👍🏽'.repeat(20)}…") hi`);
});
