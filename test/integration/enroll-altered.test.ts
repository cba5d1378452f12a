/**
 * A relay alters one octet of an enrolment, anywhere, either way: it must fail on both sides, and the
 * invite must still serve. The whole conversation is swept in strides, heads octet by octet;
 * QTCHAT_TEST_EVERY_OCTET=1 takes every octet (some 8,000 enrolments, minutes).
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Enrolled } from '../../src/enroll/client.js';
import { requestHead, responseHead, trips } from '../../src/enroll/http.js';
import { isQTChatError } from '../../src/errors.js';
import { type Direction, enrollInMemory, Relay, TestHost } from '../helpers/enrollment.js';

const everyOctet = process.env.QTCHAT_TEST_EVERY_OCTET === '1';
const bodyStride = everyOctet ? 1 : 149;
const headStride = everyOctet ? 1 : 3;
// The first is the least change there is; in heads, others turn letters into the other case and spaces into tabs.
const bodyMasks = [0x01];
const headMasks = everyOctet ? [0x01, 0x20, 0x29, 0x07, 0xff] : [0x01, 0x20];
const timeoutMs = everyOctet ? 1_800_000 : 20_000;

interface Part {
  readonly title: string;
  readonly direction: Direction;
  /** Where the part begins in its direction's stream. */
  readonly start: number;
  readonly head: number;
  readonly body: number;
}

// The sizes of a usual enrolment by invite: each trip takes its first.
const parts: Part[] = [];
const lengths: Record<Direction, number> = { toServer: 0, toGuest: 0 };
for (const [name, trip] of Object.entries(trips).slice(1)) {
  for (const direction of ['toServer', 'toGuest'] as const) {
    const [body = 0] = direction === 'toServer' ? trip.requestSizesBytes : trip.responseSizesBytes;
    const head = (direction === 'toServer' ? requestHead(trip.path, body) : responseHead(body)).length;
    parts.push({ title: `${name}, ${direction}`, direction, start: lengths[direction], head, body });
    lengths[direction] += head + body;
  }
}

describe('a relay that alters one octet', () => {
  let host: TestHost;
  let relay: Relay;
  beforeAll(async () => {
    const noLimits = {
      hellosPerSecond: 100_000,
      answersPerSecond: 100_000,
      answerBurst: 100_000,
      helloBurst: 100_000,
      connectionsPerAddress: 10_000,
      connections: 10_000,
    };
    // Heads that an altered octet leaves unfinished are given up soon.
    host = await TestHost.start({ closeTimeoutMs: 60, headTimeoutMs: 400, requestTimeoutMs: 800, ...noLimits });
    relay = await Relay.start(host.port);
  });
  afterAll(async () => {
    await relay.stop();
    await host.stop();
  });

  it('finds a conversation of the expected length', async () => {
    const invite = await host.invite({ member: 'measure' }, relay.port);
    await enrollInMemory(invite);
    const record = relay.recorded.at(-1);
    const size = (direction: Direction): number => Buffer.concat(record?.[direction] ?? []).length;
    expect({ toServer: size('toServer'), toGuest: size('toGuest') }).toEqual(lengths);
  });

  it.each(parts)(
    'makes both sides fail and spends nothing: $title',
    async (part) => {
      const member = `m${part.direction.toLowerCase()}${part.start}`;
      const invite = await host.invite({ member }, relay.port);
      for (const position of positionsIn(part)) {
        for (const mask of position < part.head ? headMasks : bodyMasks) {
          relay.recorded.length = 0;
          host.events.length = 0;
          relay.alter = (octets, direction, offset) => {
            const index = part.start + position - offset;
            if (direction === part.direction && index >= 0 && index < octets.length) {
              octets[index] = (octets[index] ?? 0) ^ mask;
            }
            return octets;
          };
          const saved: Enrolled[] = [];
          const outcome = await enrollInMemory(invite, { save: async (enrolled) => void saved.push(enrolled) }).then(
            () => 'enrolled',
            (error: unknown) => (isQTChatError(error) ? error.code : String(error)),
          );
          const where = { position, mask, outcome, saved: saved.length };
          expect(where).toEqual({ ...where, outcome: expect.stringMatching(/^ERR_ENROLL_/), saved: 0 });
          expect(host.events.filter(({ event }) => event === 'enrolled' || event === 'failed')).toEqual([]);
          expect(await host.stateOf(invite)).not.toBe('done');
        }
      }
      relay.alter = (octets) => octets;
      expect((await enrollInMemory(invite)).enrolled.identity.member).toBe(member);
    },
    timeoutMs,
  );
});

function positionsIn(part: Part): number[] {
  const inHead = Array.from({ length: part.head }, (_, index) => index).filter((index) => index % headStride === 0);
  const inBody = Array.from({ length: part.body }, (_, index) => index).filter(
    (index) => index % bodyStride === 0 || index === part.body - 1,
  );
  return [...inHead, ...inBody.map((index) => part.head + index)];
}
