/**
 * Two real processes that talk and send files while their connection is cut and either of them is killed (-9), again and again:
 * nothing is lost, nothing comes twice, the order of what is said is kept, every file is what it was, and nothing unfinished is
 * left. QTCHAT_SOAK_MESSAGES, QTCHAT_SOAK_FILES and QTCHAT_SOAK_BLOWS say how many, QTCHAT_SOAK_SEED repeats the choice of blows, and
 * QTCHAT_SOAK_LOG names a file for all that the processes say.
 */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { speakAs } from '../../src/store/home.js';
import { saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Dice } from '../helpers/frame-mutator.js';
import { makeIdentity } from '../helpers/identity.js';
import { SoakSide } from '../helpers/soak-side.js';
import { Switchboard } from '../helpers/switchboard.js';

const messages = Number(process.env.QTCHAT_SOAK_MESSAGES ?? 120);
const files = Number(process.env.QTCHAT_SOAK_FILES ?? 6);
const blows = Number(process.env.QTCHAT_SOAK_BLOWS ?? 5);
const seed = Number(process.env.QTCHAT_SOAK_SEED ?? randomInt(2 ** 32));
/** The largest file has 2 to the power of so many octets. */
const largestPower = Number(process.env.QTCHAT_SOAK_POWER ?? 22);
const progressIntervalMs = 15_000;

/** Something that happened: every side's events come here. */
let onEvent: () => void = () => {};

/** Resolves when `isReached` says so, which is asked whenever something happens. */
function reached(isReached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    onEvent = () => {
      if (isReached()) resolve();
    };
    onEvent();
  });
}

let folder: string;
let alice: SoakSide;
let bob: SoakSide;
let progress: NodeJS.Timeout | undefined;
let blowsDone = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-soak-'));
  const circle = await makeCircle();
  for (const member of ['alice', 'bob']) {
    const home = { folder: join(folder, member) };
    await saveIdentity(home, await makeIdentity(circle, { member, ips: ['127.0.0.1'] }), { replace: false });
    await speakAs(home, member);
  }
  const side = async (name: string): Promise<SoakSide> =>
    new SoakSide(folder, name, await Switchboard.start(), () => onEvent());
  [alice, bob] = [await side('alice'), await side('bob')];
  const started = Date.now();
  progress = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    const done = `${delivered()} of ${messages} texts, ${filesDone()} of ${files} files`;
    process.stderr.write(`soak, seed ${seed}, ${seconds} s: ${blowsDone} of ${blows} blows, ${done}\n`);
  }, progressIntervalMs);
});

afterAll(async () => {
  clearInterval(progress);
  for (const side of [alice, bob]) await side.stop();
  await rm(folder, { recursive: true, force: true });
});

const delivered = (): number => alice.delivered + bob.delivered;
const filesDone = (): number => alice.filesDone + bob.filesDone;

/** Cuts every connection, or kills one of them, which comes back at once. Each dials the other. */
async function strike(dice: Dice): Promise<void> {
  const [side, other] = dice.below(2) === 0 ? [alice, bob] : [bob, alice];
  if (dice.below(3) === 0) {
    for (const one of [side, other]) one.board.cut();
    return;
  }
  await side.kill();
  await side.start(other);
}

/** Resolves anywhere within what is said in this round, also before anything of it, or while files move, or as one arrives. */
async function momentOf(dice: Dice, allowed: { texts: number; files: number }): Promise<void> {
  const [texts, started, arrived] = [delivered(), alice.started + bob.started, alice.arrived + bob.arrived];
  const wanted = texts + dice.below(Math.max(allowed.texts - texts, 1));
  const allIsSaid = (): boolean => delivered() >= allowed.texts && filesDone() >= allowed.files;
  switch (dice.below(3)) {
    case 0:
      return reached(() => delivered() >= wanted);
    case 1:
      await reached(() => alice.started + bob.started > started || allIsSaid());
      // However far it has come by then.
      return setTimeout(dice.below(100));
    default:
      return reached(() => alice.arrived + bob.arrived > arrived || allIsSaid());
  }
}

/** Mostly small ones, and the smallest and the largest among them. */
function sizeOf(index: number, dice: Dice): number {
  if (index < 2) return index === 0 ? 1 : 2 ** largestPower;
  return Math.floor(2 ** (dice.below(largestPower * 1000) / 1000));
}

it(
  `${messages} texts, ${files} files and ${blows} blows (seed ${seed}): nothing lost, nothing twice, in order, identical`,
  async () => {
    const dice = new Dice(seed);
    const each = messages / 2;
    const sides = [alice, bob];
    let filesAllowed = 0;
    await alice.start(bob);
    await bob.start(alice);
    for (let blow = 0; blow < blows; blow += 1) {
      const upTo = Math.ceil((each * (blow + 1)) / blows);
      for (const side of sides) side.allowTexts(upTo);
      for (; filesAllowed < Math.ceil((files * (blow + 1)) / blows); filesAllowed += 1) {
        await sides[filesAllowed % 2]?.allowFile(`file ${filesAllowed}.bin`, sizeOf(filesAllowed, dice));
      }
      await momentOf(dice, { texts: 2 * upTo, files: filesAllowed });
      await strike(dice);
      blowsDone += 1;
    }
    for (const side of sides) side.allowTexts(each);
    await reached(() => delivered() >= 2 * each && filesDone() >= files);
    const expected = Array.from({ length: each }, (_, index) => `text ${index}`);
    for (const side of sides) await side.kill();
    for (const [side, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      expect(side.troubles).toEqual([]);
      expect(await side.texts('in')).toEqual(expected);
      expect(await side.texts('out')).toEqual(expected);
      expect(await side.texts('out', 'queued')).toEqual([]);
      // Whatever lies there is one of these: no second copy, nothing unfinished.
      expect(await side.received()).toEqual(await other.sent());
    }
  },
  60_000 + blows * 10_000 + messages * 20 + files * 10_000,
);
