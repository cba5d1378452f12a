/**
 * Frames that are almost right, against live sessions: each session either goes on or ends with our own error, the next one
 * works, and memory stays as it is. QTCHAT_FUZZ_FRAMES says how many, QTCHAT_FUZZ_SEED repeats a run.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CallDesk } from '../../src/calls/call-desk.js';
import { defaultQuota, MemberQuota, SessionQuota } from '../../src/conversation/member-quota.js';
import { PeerSession } from '../../src/conversation/peer-session.js';
import { isQTChatError } from '../../src/errors.js';
import type { DownloadFolder } from '../../src/store/downloads.js';
import type { MessageStore } from '../../src/store/messages.js';
import type { PeerConnection } from '../../src/transport/peer-connection.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting } from '../helpers/conversations.js';
import { FakeSound } from '../helpers/fake-media.js';
import { Dice, mutatedFrame } from '../helpers/frame-mutator.js';
import { makeIdentity } from '../helpers/identity.js';
import { ManualTimers } from '../helpers/manual-timers.js';
import { closeOf, dialBare, frameOf, goodHello } from '../helpers/rogue.js';

const frames = Number(process.env.QTCHAT_FUZZ_FRAMES ?? 10_000);
const seed = Number(process.env.QTCHAT_FUZZ_SEED ?? randomInt(2 ** 32));
// A handshake costs as much as some hundred frames.
const connections = Math.max(100, Math.ceil(frames / 500));
const framesOfSession = 100;
const growthLimitBytes = 16 * 1024 * 1024;

const ping = frameOf({ type: 'ping' });
const pong = frameOf({ type: 'pong' });

/** The socket of a session, in memory. */
class Wire extends Duplex {
  pongs = 0;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (chunk.equals(pong)) this.pongs += 1;
    done();
  }
}

/** A store that forgets. */
const store = {
  receivedCursors: async () => [],
  receive: async (_epoch: string, messages: readonly object[]) => messages.map(() => 'done'),
  delivered: async (cursor: number) => ({ ids: [], cursor }),
  queuedAfter: async () => [],
  seenUpTo: async () => 0,
  seenByPeer: async () => [],
  textOf: async () => undefined,
} as unknown as MessageStore;

/** A folder with room, and nothing in it. */
const folder = {
  doneBytes: async () => undefined,
  hasRoom: async () => true,
  hasArrived: () => false,
  supersede: async () => {},
} as unknown as DownloadFolder;

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

function start(wire: Wire): PeerSession {
  const peer = {
    member: 'mallory',
    circleId: 'c',
    spkiSha256: '',
    names: [],
    notAfter: new Date(Date.now() + 3_600_000),
  };
  const connection = { socket: wire as unknown as TLSSocket, peer, dialled: false } as unknown as PeerConnection;
  const desk = new CallDesk({
    openMedia: new FakeSound().open(),
    timers: new ManualTimers(),
    random: randomBytes,
    emit: () => {},
  });
  const channel = { member: 'mallory', process: 'm', isOursFirst: true, isOpen: true, send: () => {} };
  return new PeerSession({
    connection,
    self: {
      session: 'ee'.repeat(16),
      epoch: 'ff'.repeat(16),
      capabilities: ['text', 'files', 'calls'],
      keyOrigin: 'local',
      port: 0,
    },
    store,
    files: {
      peer: 'c/mallory',
      folder,
      decide: () => 'ask',
      connect: (_, signal) => untilAborted(signal),
      begins: async () => {},
      again: () => {},
      over: () => {},
    },
    clock: () => new Date(),
    random: randomBytes,
    onHello: async () => {},
    quota: new SessionQuota(new MemberQuota(defaultQuota, () => new Date())),
    checkPeer: async () => {},
    emit: () => {},
    onCall: (_, message) => desk.handle(channel, message),
  });
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs one session until it ends, or has taken so many frames; resolves with how many those were, and its end. */
async function fuzzSession(dice: Dice, limit: number): Promise<{ taken: number; end: unknown; last: Buffer }> {
  const wire = new Wire();
  let end: unknown;
  let isOver = false;
  const ended = start(wire)
    .run()
    .catch((error: unknown) => error)
    .then((result) => {
      end = result;
      isOver = true;
    });
  let taken = 0;
  let last = dice.below(10) === 0 ? mutatedFrame(dice) : frameOf(goodHello);
  wire.push(last);
  await immediate();
  while (!isOver && taken < limit) {
    taken += 1;
    last = mutatedFrame(dice);
    const { pongs } = wire;
    const cut = dice.below(last.length);
    wire.push(last.subarray(0, cut));
    wire.push(last.subarray(cut));
    wire.push(ping);
    for (let turns = 0; turns < 4 && wire.pongs === pongs && !isOver; turns += 1) await immediate();
    // It waits for octets that will not come, or has said goodbye.
    if (wire.pongs === pongs) break;
  }
  if (!wire.destroyed) wire.push(null);
  await ended;
  return { taken: Math.max(taken, 1), end, last };
}

/** Memory in use, after all that is garbage was collected. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

describe(`with seed ${seed}`, () => {
  const meeting = new Meeting();

  afterEach(() => meeting.end());

  it(
    `${frames} frames end sessions by our own errors alone, and leave no memory behind`,
    async () => {
      const dice = new Dice(seed);
      const ends = new Map<string, number>();
      let before = 0;
      for (let done = 0; done < frames; ) {
        const { taken, end, last } = await fuzzSession(dice, framesOfSession);
        // Once everything has been compiled and cached.
        if (done < frames / 4 && done + taken >= frames / 4) before = usedBytes();
        done += taken;
        const kind = typeof end === 'string' ? 'ended' : isQTChatError(end) ? end.code : String(end);
        ends.set(kind, (ends.get(kind) ?? 0) + 1);
        if (!['ended', 'ERR_PROTOCOL', 'ERR_PEER_REFUSED'].includes(kind)) {
          throw new Error(`frame ${done} of seed ${seed}: ${last.toString('hex')}`, { cause: end });
        }
      }
      expect(usedBytes() - before).toBeLessThan(growthLimitBytes);
      expect([...ends.keys()].sort()).toEqual(['ERR_PEER_REFUSED', 'ERR_PROTOCOL', 'ended']);
    },
    60_000 + frames,
  );

  it(
    `${connections} connections with such frames disturb nobody`,
    async () => {
      const dice = new Dice(seed);
      const circle = await makeCircle();
      const a = await (await meeting.at('a')).open(await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] }));
      const b = await (await meeting.at('b')).open(await makeIdentity(circle, { member: 'bob' }), { who: a.who });
      await b.event('connected');
      const mallory = await makeIdentity(circle, { member: 'mallory' });
      for (let count = 0; count < connections; count += 1) {
        const socket = dialBare(a.door.listeningPort ?? 0, mallory);
        const said = [frameOf(goodHello), ...Array.from({ length: 1 + dice.below(8) }, () => mutatedFrame(dice))];
        socket.end(Buffer.concat(said));
        socket.resume();
        await closeOf(socket);
      }
      await b.door.messages.send('alice', 'still there?');
      await a.event('message', ({ text }) => text === 'still there?');
      await b.event('delivered');
      const disturbed = [...a.events, ...b.events].filter(
        (event) => event.type === 'stopped' || (event.type === 'disconnected' && event.member !== 'mallory'),
      );
      expect(disturbed).toEqual([]);
    },
    60_000 + connections * 100,
  );
});
