/** Enrolment by approval, and a man in the middle who has all the time and both orders to try. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { byApproval } from '../../src/enroll/by-approval.js';
import { noSecret, prologueOf } from '../../src/enroll/hello.js';
import { requestHead, responseHead, trips } from '../../src/enroll/http.js';
import { NoiseHandshake } from '../../src/enroll/noise.js';
import { commitmentTo, wordsOf } from '../../src/enroll/words.js';
import { isQTChatError, QTChatError } from '../../src/errors.js';
import { listCertificates } from '../../src/ledger/certificates.js';
import { approveRequest, denyRequest, listRequests } from '../../src/ledger/requests.js';
import { enrollInMemory, Relay, realDeps, TestHost } from '../helpers/enrollment.js';

const openingSize = requestHead(trips.opening.path, 2).length + 2;
const bob = { member: 'bob', names: [], validityDays: 30 };
const id = '00112233445566ff';
const beginning = { mode: 'approval', id } as const;

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'enrolled';
  } catch (error) {
    if (isQTChatError(error)) return error.code;
    throw error;
  }
}

/** A guest at the door, whose words a test can see before the guest confirms them. */
class Guest {
  readonly words: Promise<string>;
  readonly ended: Promise<string>;
  #confirm: (isSame: boolean) => void = () => {};

  constructor(server: { host: string; port: number }, localKey = false, signal?: AbortSignal) {
    let show: (words: string) => void = () => {};
    this.words = new Promise((resolve) => {
      show = resolve;
    });
    const confirmed = new Promise<boolean>((resolve) => {
      this.#confirm = resolve;
    });
    const way = byApproval(server, async (words) => {
      show(words);
      if (!(await confirmed)) throw new QTChatError('ERR_ENROLL_TAMPERED', 'the host sees other words');
    });
    this.ended = codeOf(enrollInMemory(way, { localKey, ...(signal !== undefined && { signal }) }));
  }

  confirm(isSame = true): void {
    this.#confirm(isSame);
  }
}

describe('joining by approval', () => {
  let host: TestHost;
  beforeEach(async () => {
    host = await TestHost.start({ approvalPollMs: 10, openingBurst: 1000, openingBurstInAll: 1000 });
  });
  afterEach(() => host.stop());

  const waiting = () => listRequests(host.ledger, realDeps.clock());
  const approve = (words: string, request: string) => approveRequest(host.ledger, request, words, bob, realDeps);

  it.each([
    ['the host approves first', false, true],
    ['the guest confirms first', true, true],
    ['the guest confirms first, with a key of its own', true, false],
  ])('shows both the same words and lets the guest in when %s', async (_title, guestFirst, serverKey) => {
    const guest = new Guest(host.server, !serverKey);
    const words = await guest.words;
    const { request, words: shown } = await host.event('requested');
    expect(shown).toBe(words);
    expect(await waiting()).toMatchObject([{ id: request, words, address: '127.0.0.1' }]);
    if (guestFirst) guest.confirm();
    await approve(words, request);
    guest.confirm();
    expect(await guest.ended).toBe('enrolled');
    await host.event('enrolled');
    expect(await host.stateOf({ id: request })).toBe('done');
    expect(await listCertificates(host.ledger)).toMatchObject([{ member: 'bob' }]);
  });

  it('turns the guest away when the host denies it, and tells it no more than anyone', async () => {
    const guest = new Guest(host.server);
    await guest.words;
    const { request } = await host.event('requested');
    guest.confirm();
    await denyRequest(host.ledger, request, realDeps);
    expect(await guest.ended).toBe('ERR_ENROLL_REFUSED');
    expect(await host.event('refused')).toMatchObject({ reason: `request ${request}: the host declined` });
  });

  it('keeps nothing and issues nothing when the guest sees other words', async () => {
    const guest = new Guest(host.server);
    const words = await guest.words;
    const { request } = await host.event('requested');
    await approve(words, request);
    guest.confirm(false);
    expect(await guest.ended).toBe('ERR_ENROLL_TAMPERED');
    await host.event('gone');
    expect(await listCertificates(host.ledger)).toEqual([]);
    // The name is free again.
    expect(await host.invite({ member: 'bob' })).toBeDefined();
  });

  it('forgets a guest that leaves', async () => {
    const controller = new AbortController();
    const guest = new Guest(host.server, false, controller.signal);
    await guest.words;
    const { request } = await host.event('requested');
    guest.confirm();
    controller.abort();
    expect(await guest.ended).toBe('ERR_CANCELLED');
    await host.event('gone');
    await expect(approve('zebra', request)).rejects.toMatchObject({ code: 'ERR_LEDGER_NOT_FOUND' });
  });

  it('lets twenty wait, and sends the next away until one has left', async () => {
    const controller = new AbortController();
    const guests = Array.from(
      { length: 20 },
      (_none, index) => new Guest(host.server, false, index === 0 ? controller.signal : undefined),
    );
    await Promise.all(guests.map(({ words }) => words));
    expect(await new Guest(host.server).ended).toBe('ERR_ENROLL_BUSY');
    controller.abort();
    await host.event('gone');
    const late = new Guest(host.server);
    await late.words;
    for (const guest of [...guests, late]) guest.confirm(false);
    await Promise.all([...guests, late].map(({ ended }) => ended));
  });

  it('outlasts the deadlines of other connections', async () => {
    await host.stop();
    host = await TestHost.start({
      approvalPollMs: 10,
      headTimeoutMs: 200,
      requestTimeoutMs: 300,
      connectionTimeoutMs: 1500,
    });
    const guest = new Guest(host.server);
    const words = await guest.words;
    const { request } = await host.event('requested');
    // One comes after the guest, asks for nothing, and is sent away.
    const outlastOne = async (): Promise<void> => void (await once(connect(host.port, '127.0.0.1').resume(), 'close'));
    await outlastOne();
    guest.confirm();
    await outlastOne();
    await approve(words, request);
    expect(await guest.ended).toBe('enrolled');
  });

  // Offsets into what goes by: see hello.ts.
  it.each<[string, 'toServer' | 'toGuest', number]>([
    ['the id of the request', 'toGuest', responseHead(40).length],
    ['the commitment', 'toGuest', responseHead(40).length + 8],
    ['the key of the guest', 'toServer', openingSize + requestHead(trips.hello.path, 58).length + 10],
    ['the tag of message 1', 'toServer', openingSize + requestHead(trips.hello.path, 58).length + 57],
    ['the key of the server', 'toGuest', responseHead(40).length + 40 + responseHead(48).length],
    ['the tag of message 2', 'toGuest', responseHead(40).length + 40 + responseHead(48).length + 47],
  ])('shows the guest no words when a relay alters %s', async (_title, altered, position) => {
    const relay = await Relay.start(host.port);
    relay.alter = (octets, direction, offset) => {
      const index = position - offset;
      if (direction === altered && index >= 0 && index < octets.length) octets[index] = (octets[index] ?? 0) ^ 1;
      return octets;
    };
    const seen: string[] = [];
    const way = byApproval({ host: '127.0.0.1', port: relay.port }, async (words) => void seen.push(words));
    expect(await codeOf(enrollInMemory(way))).toMatch(/^ERR_ENROLL_/);
    expect(seen).toEqual([]);
    await relay.stop();
  });

  it('answers a second message 1 on no connection', async () => {
    const relay = await Relay.start(host.port);
    const guest = new Guest({ host: '127.0.0.1', port: relay.port });
    await guest.words;
    const hello = Buffer.concat(relay.recorded[0]?.toServer ?? []).subarray(-58);
    const replay = connect(host.port, '127.0.0.1').on('error', () => {});
    const answer: Buffer[] = [];
    replay.on('data', (octets) => answer.push(octets));
    // A request of its own, and then the other guest's message: it was made for another key.
    replay.write(Buffer.concat([requestHead(trips.opening.path, 2), Buffer.from([1, 3])]));
    await once(replay, 'data');
    replay.write(Buffer.concat([requestHead(trips.hello.path, 58), hello]));
    await once(replay, 'close');
    expect(Buffer.concat(answer).toString('latin1')).toContain('403 Forbidden');
    expect(await waiting()).toHaveLength(1);
    guest.confirm(false);
    await guest.ended;
    await relay.stop();
  });

  describe('through a man in the middle', () => {
    let rogue: TestHost;
    beforeEach(async () => {
      rogue = await TestHost.start({ approvalPollMs: 10 });
    });
    afterEach(() => rogue.stop());

    it.each([
      ['who deals with the host first', true],
      ['who deals with the guest first', false],
    ])(
      '%s shows guest and host different words, and the host cannot approve those of the guest',
      async (_title, hostFirst) => {
        const first = new Guest(hostFirst ? host.server : rogue.server);
        const firstWords = await first.words;
        const second = new Guest(hostFirst ? rogue.server : host.server);
        const secondWords = await second.words;
        const [wordsOfGuest, wordsOfRogue] = hostFirst ? [secondWords, firstWords] : [firstWords, secondWords];
        const { request, words } = await host.event('requested');
        expect(words).toBe(wordsOfRogue);
        expect(words).not.toBe(wordsOfGuest);
        await expect(approve(wordsOfGuest, request)).rejects.toMatchObject({ code: 'ERR_ENROLL_TAMPERED' });
        for (const guest of [first, second]) guest.confirm(false);
        await Promise.all([first.ended, second.ended]);
        expect(await listCertificates(host.ledger)).toEqual([]);
      },
    );
  });
});

/** The leading bits in which two handshakes' words agree are counted on the first word alone: 11 bits. */
const firstWord = (words: string): string => words.split(' ')[0] ?? '';

/** A server by hand, that answers a hello with whatever key it likes by then. */
async function startForger(
  commitTo: Buffer,
  choose: (message: Buffer) => { answer: Buffer },
): Promise<{ server: Server; port: number }> {
  const helloSize = requestHead(trips.hello.path, 58).length + 58;
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (octets) => {
      received = Buffer.concat([received, octets]);
      if (received.length === openingSize) {
        socket.write(Buffer.concat([responseHead(40), Buffer.from(id, 'hex'), commitmentTo(commitTo)]));
      } else if (received.length === openingSize + helloSize) {
        socket.write(Buffer.concat([responseHead(48), choose(received.subarray(-48)).answer]));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

const respond = (ephemeral: Buffer, message: Buffer): { answer: Buffer; words: string; publicKey: Buffer } => {
  const handshake = new NoiseHandshake({
    role: 'responder',
    prologue: prologueOf(beginning),
    psk: noSecret,
    ephemeral,
  });
  handshake.readMessage(message);
  const answer = handshake.writeMessage();
  return { answer, words: wordsOf(handshake.handshakeHash), publicKey: answer.subarray(0, 32) };
};

describe('a forger who looks for a key that makes the words agree', () => {
  // One word of the four, so that the search ends while a test runs: 2048 tries on average.
  const search = (message: Buffer, target: string): ReturnType<typeof respond> => {
    for (;;) {
      const found = respond(randomBytes(32), message);
      if (firstWord(found.words) === target) return found;
    }
  };
  const target = 'zebra';

  it('finds one after it has seen the key of the guest, and the guest notices', async () => {
    const promised = respond(randomBytes(32), startHello());
    let found: ReturnType<typeof respond> | undefined;
    const { server, port } = await startForger(promised.publicKey, (message) => {
      found = search(message, target);
      return found;
    });
    const seen: string[] = [];
    const way = byApproval({ host: '127.0.0.1', port }, async (words) => void seen.push(words));
    await expect(enrollInMemory(way)).rejects.toMatchObject({ code: 'ERR_ENROLL_TAMPERED' });
    expect(firstWord(found?.words ?? '')).toBe(target);
    expect(seen).toEqual([]);
    server.close();
  });

  // The positive control: with the key it promised, the forger is a server like any other.
  it('is shown words only when it keeps to its key, which it chose blindly', async () => {
    const ephemeral = randomBytes(32);
    const { publicKey } = respond(ephemeral, startHello());
    let words = '';
    const { server, port } = await startForger(publicKey, (message) => {
      const answer = respond(ephemeral, message);
      words = answer.words;
      return answer;
    });
    const seen: string[] = [];
    const way = byApproval({ host: '127.0.0.1', port }, async (shown) => {
      seen.push(shown);
      throw new QTChatError('ERR_ENROLL_TAMPERED', 'enough');
    });
    await codeOf(enrollInMemory(way));
    expect(seen).toEqual([words]);
    server.close();
  });
});

function startHello(): Buffer {
  const options = {
    role: 'initiator',
    prologue: prologueOf(beginning),
    psk: noSecret,
    ephemeral: randomBytes(32),
  } as const;
  return new NoiseHandshake(options).writeMessage();
}
