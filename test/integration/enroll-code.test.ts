/** Enrolment by a short code, and everything that somebody without the code, or in between, may try. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { byCode } from '../../src/enroll/by-code.js';
import { codeKey, type ShortCode, startAttempt } from '../../src/enroll/code.js';
import { EnrollmentConnection } from '../../src/enroll/connection.js';
import { formatHello, formatOpening, prologueOf } from '../../src/enroll/hello.js';
import { requestHead, responseHead, trips } from '../../src/enroll/http.js';
import { NoiseHandshake } from '../../src/enroll/noise.js';
import { isQTChatError } from '../../src/errors.js';
import { listCertificates } from '../../src/ledger/certificates.js';
import { circleIdOf } from '../../src/pki/circle.js';
import { loadCaChain } from '../../src/store/ca.js';
import { enrollInMemory, Relay, TestHost } from '../helpers/enrollment.js';

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'enrolled';
  } catch (error) {
    if (isQTChatError(error)) return error.code;
    throw error;
  }
}

const wrong = (code: ShortCode): ShortCode => ({
  ...code,
  secret: String((Number(code.secret) + 1) % 1_000_000).padStart(6, '0'),
});

describe('joining by a short code', () => {
  let host: TestHost;
  beforeEach(async () => {
    host = await TestHost.start({ openingBurst: 1000, openingBurstInAll: 1000 });
  });
  afterEach(() => host.stop());

  const enter = (code: ShortCode, server = host.server) => enrollInMemory(byCode(code, server));

  it.each([false, true])(
    'gives the guest an identity under the root that the host has (local key: %s)',
    async (localKey) => {
      const code = await host.code();
      const { enrolled, saved } = await enrollInMemory(byCode(code, host.server), { localKey });
      const root = (await loadCaChain(host.home)).at(-1);
      expect(root?.raw).toEqual(enrolled.identity.trustAnchor.raw);
      expect(enrolled.identity).toMatchObject({
        member: 'bob',
        keyOrigin: localKey ? 'local' : 'server',
        circleId: root && circleIdOf(root),
      });
      expect(saved).toHaveLength(1);
      await host.event('enrolled');
      expect(await host.stateOf(code)).toBe('done');
      expect(await codeOf(enter(code))).toBe('ERR_ENROLL_REFUSED');
    },
  );

  it('forgives two slips of the hand, and no third', async () => {
    const code = await host.code();
    expect(await codeOf(enter(wrong(code)))).toBe('ERR_ENROLL_REFUSED');
    expect(await codeOf(enter(wrong(code)))).toBe('ERR_ENROLL_REFUSED');
    expect(await codeOf(enter(code))).toBe('enrolled');
    const next = await host.code({ member: 'carol' });
    for (let count = 0; count < 3; count += 1) await codeOf(enter(wrong(next)));
    expect(await codeOf(enter(next))).toBe('ERR_ENROLL_REFUSED');
    expect(await listCertificates(host.ledger, { member: 'carol' })).toEqual([]);
    const reasons = host.events.flatMap((event) => (event.event === 'refused' ? [event.reason] : []));
    expect(reasons).toContainEqual(expect.stringMatching(/^code \d\d: wrong, .* left: 0$/));
  });

  // The positive control: the same crowd, one of whom knows the code, when its attempts are not yet spent.
  it.each([
    ['lets in none of fifty who guess at once', 0],
    ['lets in one who knows the code among fifty who guess after', 1],
  ])('%s, and looks at three attempts', async (_title, knowing) => {
    const code = await host.code();
    const knew = knowing === 1 ? [await codeOf(enter(code))] : [];
    const guesses = Array.from({ length: 25 }, (_none, index) =>
      codeOf(
        enter({
          ...code,
          secret: String(index).padStart(6, '0') === code.secret ? '999999' : String(index).padStart(6, '0'),
        }),
      ),
    );
    const outcomes = [...knew, ...(await Promise.all(guesses))];
    expect(outcomes.filter((outcome) => outcome === 'enrolled')).toHaveLength(knowing);
    const looked = host.events.filter((event) => event.event === 'refused' && /: wrong,/.test(event.reason));
    expect(looked.length).toBeLessThanOrEqual(3);
    if (knowing === 0) expect(looked).toHaveLength(3);
    expect(await codeOf(enter(code))).toBe('ERR_ENROLL_REFUSED');
  });

  it('counts an attempt that ends before it has said anything about the code', async () => {
    const code = await host.code();
    const terms = { refused: '', afterRefusal: '', impostor: '', left: '' };
    for (let count = 0; count < 3; count += 1) {
      const connection = await EnrollmentConnection.open('127.0.0.1', host.port, terms);
      const opening = {
        slot: code.slot,
        sid: randomBytes(16),
        share: startAttempt('initiator', { ...code, secret: Buffer.from('x'), sid: randomBytes(16) }, randomBytes)
          .share,
      };
      await connection.exchange(trips.opening, formatOpening(opening));
      connection.close();
    }
    expect(await codeOf(enter(code))).toBe('ERR_ENROLL_REFUSED');
  });

  it('tells a guest the same of a wrong, a spent, an expired and an unknown code', async () => {
    const code = await host.code();
    const spent = await host.code({ member: 'carol' });
    const expired = await host.code({ member: 'dave', expiresAt: new Date(Date.now() - 1) });
    await enter(spent);
    const unknown = {
      slot:
        Array.from({ length: 100 }, (_none, slot) => slot).find(
          (slot) => ![code, spent, expired].some((one) => one.slot === slot),
        ) ?? 0,
      secret: '000000',
    };
    const relay = await Relay.start(host.port);
    for (const one of [wrong(code), spent, expired, unknown]) {
      expect(await codeOf(enter(one, { host: '127.0.0.1', port: relay.port }))).toBe('ERR_ENROLL_REFUSED');
    }
    await relay.stop();
    // All but the CPace share, which is random.
    const shareStart = responseHead(32).length;
    const seen = relay.recorded.map(({ toGuest }) => {
      const octets = Buffer.concat(toGuest);
      return octets.fill(0, shareStart, shareStart + 32).toString('latin1');
    });
    expect(seen).toHaveLength(4);
    expect(new Set(seen).size).toBe(1);
    const reasons = host.events.flatMap((event) =>
      event.event === 'refused' ? [event.reason.replace(/code \d\d/, 'code')] : [],
    );
    expect(reasons).toEqual([expect.stringContaining('code: wrong'), 'code: spent', 'code: expired', 'code: unknown']);
  });

  it('asks no guest for more work than three attempts when it is flooded with openings', async () => {
    await host.stop();
    host = await TestHost.start({ openingBurst: 2, openingsPerSecond: 0.001 });
    const code = await host.code();
    const outcomes = [];
    for (let count = 0; count < 4; count += 1)
      outcomes.push(await codeOf(enter({ ...code, slot: (code.slot + 1) % 100 })));
    expect(outcomes).toEqual(['ERR_ENROLL_REFUSED', 'ERR_ENROLL_REFUSED', 'ERR_ENROLL_BUSY', 'ERR_ENROLL_BUSY']);
  });

  it('answers so many openings from all addresses together', async () => {
    await host.stop();
    host = await TestHost.start({ openingBurstInAll: 2, openingsPerSecondInAll: 0.001 });
    const code = await host.code();
    for (let count = 0; count < 2; count += 1) await codeOf(enter(wrong(code)));
    expect(await codeOf(enter(code))).toBe('ERR_ENROLL_BUSY');
    // Who has an invite line needs no opening.
    expect(await codeOf(enrollInMemory(await host.invite({ member: 'carol' })))).toBe('enrolled');
  });

  it('makes the guest turn away from a server that does not know the code, after one attempt', async () => {
    const impostor = await TestHost.start();
    const { slot, secret } = wrong(await impostor.code());
    expect(await codeOf(enter({ slot, secret }, impostor.server))).toBe('ERR_ENROLL_REFUSED');
    const openings = await impostor.ledger.selectFrom('code_slot').select(['slot', 'attempts']).execute();
    expect(openings).toEqual([{ slot, attempts: 1 }]);
    await impostor.stop();
  });

  it.each<[string, (octets: Buffer, head: number) => void]>([
    ['the slot', (octets, head) => octets.writeUInt8(((octets[head + 2] ?? 0) + 1) % 100, head + 2)],
    ['the session id', (octets, head) => octets.writeUInt8((octets[head + 3] ?? 0) ^ 1, head + 3)],
    [
      'the share',
      (octets, head) =>
        startAttempt('initiator', { slot: 1, secret: Buffer.from('1'), sid: randomBytes(16) }, randomBytes).share.copy(
          octets,
          head + 19,
        ),
    ],
  ])('fails on both sides when a relay alters %s of the opening', async (_title, alter) => {
    const relay = await Relay.start(host.port);
    const head = requestHead(trips.opening.path, 51).length;
    relay.alter = (octets, direction, offset) => {
      if (direction === 'toServer' && offset === 0) alter(octets, head);
      return octets;
    };
    const code = await host.code();
    expect(await codeOf(enter(code, { host: '127.0.0.1', port: relay.port }))).toMatch(/^ERR_ENROLL_/);
    expect(await host.stateOf(code)).toBe('open');
    relay.alter = (octets) => octets;
    expect(await codeOf(enter(code, { host: '127.0.0.1', port: relay.port }))).toBe('enrolled');
    await relay.stop();
  });

  it('fails when a relay alters one bit of what comes back', async () => {
    const relay = await Relay.start(host.port);
    const length = responseHead(32).length + 32 + responseHead(48).length + 48;
    const code = await host.code({ expiresAt: new Date(Date.now() + 600_000) });
    for (const position of [length - 1, length - 48, responseHead(32).length + 5]) {
      relay.alter = (octets, direction, offset) => {
        const index = position - offset;
        if (direction === 'toGuest' && index >= 0 && index < octets.length) octets[index] = (octets[index] ?? 0) ^ 1;
        return octets;
      };
      expect(await codeOf(enter(code, { host: '127.0.0.1', port: relay.port }))).toMatch(/^ERR_ENROLL_/);
    }
    await relay.stop();
    expect(await listCertificates(host.ledger)).toEqual([]);
  });

  // What a listener has: both shares, the session id, and two messages that only the right psk opens.
  it('leaves a listener nothing to try codes on, though it has everything that was said', async () => {
    const relay = await Relay.start(host.port);
    const code = await host.code();
    await enter(code, { host: '127.0.0.1', port: relay.port });
    await relay.stop();
    const toServer = Buffer.concat(relay.recorded[0]?.toServer ?? []);
    const toGuest = Buffer.concat(relay.recorded[0]?.toGuest ?? []);
    const head = requestHead(trips.opening.path, 51).length;
    const sid = toServer.subarray(head + 3, head + 19);
    const guestShare = toServer.subarray(head + 19, head + 51);
    const serverShare = toGuest.subarray(responseHead(32).length, responseHead(32).length + 32);
    const helloStart = head + 51 + requestHead(trips.hello.path, 51).length;
    const hello = toServer.subarray(helloStart, helloStart + 51);
    const beginning = { mode: 'code', id: Buffer.from([code.slot]).toString('hex') } as const;
    const opens = (psk: Buffer): boolean => {
      const handshake = new NoiseHandshake({
        role: 'responder',
        prologue: prologueOf(beginning),
        psk,
        ephemeral: randomBytes(32),
      });
      try {
        handshake.readMessage(hello.subarray(3));
        return true;
      } catch {
        return false;
      }
    };
    expect(formatHello(beginning, hello.subarray(3))).toEqual(hello);

    // With a scalar of its own, even the right code leads to another key.
    const secret = Buffer.from(code.secret);
    const own = startAttempt('responder', { slot: code.slot, secret, sid }, randomBytes);
    const candidates = [own.key(guestShare), own.key(serverShare), guestShare, serverShare, secret].map((key) =>
      codeKey(key, sid),
    );
    expect(candidates.some(opens)).toBe(false);

    // The positive control: who stood in the guest's place and guessed right does open it.
    const scalar = randomBytes(32);
    const drawn = () => scalar;
    const guest = startAttempt('initiator', { slot: code.slot, secret, sid }, drawn);
    const server = startAttempt('responder', { slot: code.slot, secret, sid }, randomBytes);
    const psk = codeKey(guest.key(server.share), sid);
    const initiator = new NoiseHandshake({
      role: 'initiator',
      prologue: prologueOf(beginning),
      psk,
      ephemeral: randomBytes(32),
    });
    const message = initiator.writeMessage();
    const responder = new NoiseHandshake({
      role: 'responder',
      prologue: prologueOf(beginning),
      psk: codeKey(server.key(guest.share), sid),
      ephemeral: randomBytes(32),
    });
    expect(() => responder.readMessage(message)).not.toThrow();
  });
});

describe('a server that makes no keys', () => {
  let host: TestHost;
  beforeEach(async () => {
    host = await TestHost.start({}, undefined, { requireLocalKey: true });
  });
  afterEach(() => host.stop());

  it('gives a guest that wanted one from it a certificate for its own', async () => {
    const { enrolled } = await enrollInMemory(await host.invite());
    expect(enrolled.identity.keyOrigin).toBe('local');
    const code = await host.code({ member: 'carol' });
    expect((await enrollInMemory(byCode(code, host.server), { localKey: true })).enrolled.identity.keyOrigin).toBe(
      'local',
    );
    expect(await listCertificates(host.ledger)).toHaveLength(2);
  });
});
