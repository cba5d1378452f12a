/** Calls between two conversations with their real sound, from files into nothing: each is heard, over breaks too. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { OpenMedia } from '../../src/calls/media.js';
import { mediaOpener } from '../../src/calls/media-process/open-media.js';
import { writeWav } from '../helpers/calls.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { itWith } from '../helpers/require-program.js';
import { speech } from '../helpers/speech.js';
import { Switchboard } from '../helpers/switchboard.js';

const timeoutMs = 60_000;
// Of what both say alike, each would be taken for the echo of the other.
const said = { a: speech(5), b: speech(5, 'de') };
const meeting = new Meeting();
let folder: string;
let board: Switchboard;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-call-'));
  board = await Switchboard.start();
});

afterEach(async () => {
  await meeting.end();
  await board.stop();
  await rm(folder, { recursive: true, force: true });
});

async function soundOf(name: 'a' | 'b'): Promise<OpenMedia> {
  const microphone = join(folder, `${name}.wav`);
  await writeWav(microphone, said[name]);
  return mediaOpener({ env: process.env, sound: { kind: 'recorded', microphone, speaker: undefined } });
}

async function meet(): Promise<{ a: TestConversation; b: TestConversation }> {
  const circle = await makeCircle();
  const alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  const a = await (await meeting.at('a')).open(alice, { openMedia: await soundOf('a') });
  board.leadTo(a.door.listeningPort ?? 0);
  const who = `127.0.0.1:${board.port}`;
  const bob = await makeIdentity(circle, { member: 'bob' });
  const b = await (await meeting.at('b')).open(bob, { openMedia: await soundOf('b'), who });
  await Promise.all([a.event('connected'), b.event('connected')]);
  return { a, b };
}

/** Each hears the other from now on. */
async function heard(...all: TestConversation[]): Promise<void> {
  for (const { events } of all) events.splice(0);
  await Promise.all(all.map((one) => one.event('callLevel', ({ remote }) => remote > 0.3)));
}

const withWrtc = itWith('@roamhq/wrtc');

withWrtc(
  'both hear each other, after a connection that broke as well',
  async () => {
    const { a, b } = await meet();
    await b.door.calls.call('alice');
    await a.event('callRinging');
    a.door.calls.answer();
    await Promise.all([a.event('callConnected'), b.event('callConnected')]);
    await heard(a, b);
    board.cut();
    await Promise.all([a, b].map((one) => one.event('callConnected', ({ resumed }) => resumed)));
    await heard(a, b);
    b.door.calls.hangUp();
    expect(await a.event('callEnded')).toMatchObject({ reason: 'hung-up', by: 'peer' });
  },
  timeoutMs,
);

withWrtc(
  'where both call at once, both hear each other',
  async () => {
    const { a, b } = await meet();
    await Promise.all([a.door.calls.call('bob'), b.door.calls.call('alice')]);
    await Promise.all([a.event('callConnected'), b.event('callConnected')]);
    expect(a.door.calls.current?.id).toBe(b.door.calls.current?.id);
    await heard(a, b);
  },
  timeoutMs,
);
