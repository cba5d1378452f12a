/** Calls as they are: two programs, each with a sound card of its own, and speech that goes all the way between them. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { makeCircle } from '../helpers/certificates.js';
import { judgeHearing } from '../helpers/intelligibility.js';
import { describeWith, itWith } from '../helpers/require-program.js';
import { SpeakingProgram } from '../helpers/speaking-program.js';
import { speech } from '../helpers/speech.js';

const rate = 48_000;
const calls = Number(process.env.QTCHAT_VOICE_CALLS ?? 5);
/** What a chat may hold more after that many calls than after the first one; the heap of Node breathes. */
const mostGrownKiB = 16 * 1024;
const [aliceSays, bobSays] = [speech(5), speech(5, 'de')];
const withCard = itWith('naudiodon');

describeWith('pulseaudio', 'a call between two programs', () => {
  let folder: string;
  let started: SpeakingProgram[] = [];
  let alice: SpeakingProgram;
  let bob: SpeakingProgram;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-voice-'));
    const circle = await makeCircle();
    alice = await SpeakingProgram.start(circle, 'alice', folder);
    started = [alice];
    const { port } = await alice.event('listening');
    bob = await SpeakingProgram.start(circle, 'bob', folder, `127.0.0.1:${port}`);
    started = [alice, bob];
    await Promise.all([alice.event('connected'), bob.event('connected')]);
  });

  afterEach(async () => {
    await Promise.all(started.map((program) => program.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  async function call(): Promise<void> {
    bob.command('call', { member: 'alice' });
    await alice.event('callRinging');
    alice.command('answer');
    await Promise.all([alice.event('callConnected'), bob.event('callConnected')]);
  }

  async function hangUp(): Promise<void> {
    bob.command('hangup');
    await Promise.all([alice.event('callEnded'), bob.event('callEnded')]);
  }

  /** What comes out of a speaker in so many seconds of a call. */
  async function listen(listener: SpeakingProgram, seconds: number): Promise<Int16Array> {
    const recorder = listener.sound.record();
    for (let second = 0; second < seconds; second++) await listener.event('callStats');
    return recorder.stop();
  }

  withCard(
    'is heard in one direction and in the other, and not while it is muted; then the devices are free',
    async () => {
      await call();
      alice.sound.say(aliceSays);
      await bob.event('callStats');
      expectHeard(await listen(bob, 6), aliceSays, bobSays);

      alice.command('mute', { isOn: true });
      await alice.event('done', ({ command }) => command === 'mute');
      await bob.event('callStats');
      const muted = await listen(bob, 3);
      // What was on its way yet has been heard before.
      expect(loudest(muted.subarray(rate))).toBeLessThan(200);

      bob.sound.say(bobSays);
      await alice.event('callStats');
      expectHeard(await listen(alice, 6), bobSays, aliceSays);
      await hangUp();
      await Promise.all([noStreamsBut(alice, 1), noStreamsBut(bob, 1)]);
    },
    60_000,
  );

  withCard(
    'goes on where the sound card of one is gone, and the other one is on hold until it is back',
    async () => {
      await call();
      const hasBoth = (isSo: boolean) =>
        bob.event('callPeerDevices', ({ input, output }) => input === isSo && output === isSo);
      alice.sound.plug(false);
      // Each is missed after a second of silence.
      await hasBoth(false);
      alice.sound.plug(true);
      await hasBoth(true);
      await hangUp();
    },
    60_000,
  );

  withCard(
    'leaves nothing behind, call after call',
    async () => {
      const both = [alice, bob];
      const oneCall = async (): Promise<void> => {
        await call();
        await hangUp();
        await Promise.all(both.flatMap((one) => [noStreamsBut(one, 0), alone(one)]));
      };
      await oneCall();
      const [openBefore, heldBefore] = [both.map(descriptors), both.map(heldKiB)];
      for (let number = 0; number < calls; number++) await oneCall();
      expect(both.map(descriptors)).toEqual(openBefore);
      const grown = both.map((one, index) => heldKiB(one) - (heldBefore[index] ?? 0));
      expect(Math.max(...grown)).toBeLessThan(mostGrownKiB);
    },
    60_000 + calls * 6_000,
  );
});

function descriptors({ chat }: SpeakingProgram): number {
  return readdirSync(`/proc/${chat.child.pid}/fd`).length;
}

/** How much memory a chat has in use. */
function heldKiB({ chat }: SpeakingProgram): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${chat.child.pid}/status`, 'utf8'))?.[1]);
}

/** Resolves when a program has no process beside itself. */
async function alone({ chat: { child } }: SpeakingProgram): Promise<void> {
  const children = (): string => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
  while (children() !== '') await soon();
}

/** Resolves when a sound card has so many streams left: who talks in its room is one. */
async function noStreamsBut({ sound }: SpeakingProgram, count: number): Promise<void> {
  while (sound.streams() > count) await soon();
}

async function soon(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 10));
}

function loudest(samples: Int16Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

/** It can be told which of two was heard, on a machine that may be busy. */
function expectHeard(heard: Int16Array, said: Int16Array, other: Int16Array): void {
  const thrice = (samples: Int16Array): Int16Array =>
    Int16Array.from({ length: samples.length * 3 }, (_, index) => samples[index % samples.length] ?? 0);
  const [right, wrong] = [said, other].map((text) => judgeHearing(thrice(text), heard).intelligibility);
  expect(right).toBeGreaterThan(0.45);
  expect(right).toBeGreaterThan((wrong ?? 1) + 0.1);
}
