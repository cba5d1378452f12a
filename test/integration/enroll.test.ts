import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { byInvite } from '../../src/enroll/by-invite.js';
import type { Enrolled } from '../../src/enroll/client.js';
import { EnrollmentConnection } from '../../src/enroll/connection.js';
import { prologueOf } from '../../src/enroll/hello.js';
import { responseHead, trips } from '../../src/enroll/http.js';
import { type InviteLine, inviteKey } from '../../src/enroll/invite.js';
import { NoiseHandshake } from '../../src/enroll/noise.js';
import { formatRequest, parseAnswer, pfxPasswordFrom } from '../../src/enroll/wire.js';
import { isQTChatError, QTChatError } from '../../src/errors.js';
import { claimInvite } from '../../src/ledger/answer-invite.js';
import { listCertificates } from '../../src/ledger/certificates.js';
import type { NewInvite } from '../../src/ledger/invites.js';
import { circleNamesOf } from '../../src/pki/circle.js';
import { readPfx } from '../../src/pki/pfx.js';
import { enrollInMemory, Relay, realDeps, TestHost } from '../helpers/enrollment.js';

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'no error',
    (error: unknown) => (isQTChatError(error) ? error.code : String(error)),
  );
}

/** Opens the answer in a recording of an enrolment. */
async function openRecording(invite: InviteLine, ephemeral: Buffer, toGuest: Buffer) {
  const handshake = new NoiseHandshake({
    role: 'initiator',
    prologue: prologueOf({ mode: 'invite', ...invite }),
    psk: inviteKey(invite),
    ephemeral,
  });
  handshake.writeMessage();
  const [helloSize = 0, answerSize = 0] = [trips.hello, trips.request].map((trip) => trip.responseSizesBytes[0]);
  const helloEnd = responseHead(helloSize).length + helloSize;
  handshake.readMessage(toGuest.subarray(helloEnd - helloSize, helloEnd));
  const { receive, exportedKey } = handshake.split();
  const answerStart = helloEnd + responseHead(answerSize).length;
  const answer = parseAnswer(receive.decrypt(toGuest.subarray(answerStart, answerStart + answerSize)));
  return { answer, password: pfxPasswordFrom(exportedKey) };
}

/** The octets themselves, either way round, and in every usual text form, at every alignment of base64. */
function encodingsOf(octets: Buffer): (Buffer | string)[] {
  const texts = [octets.toString('hex'), octets.toString('hex').toUpperCase()];
  for (const encoding of ['base64', 'base64url'] as const) {
    for (let skipped = 0; skipped < 3; skipped += 1) {
      // The last characters also carry what follows.
      texts.push(octets.subarray(skipped, octets.length - ((octets.length - skipped) % 3)).toString(encoding));
    }
  }
  return [octets, Buffer.from(octets).reverse(), ...texts];
}

describe('enrolment', () => {
  let host: TestHost;
  beforeEach(async () => {
    host = await TestHost.start();
  });
  afterEach(() => host.stop());

  const validSerials = async (): Promise<string[]> => {
    const all = await listCertificates(host.ledger);
    return all.filter(({ revokedAt }) => revokedAt === undefined).map(({ serialNumber }) => serialNumber);
  };

  it.each([
    [false, 'server'],
    [true, 'local'],
  ] as const)('gives a guest an identity and spends the invite (local key: %s)', async (localKey, keyOrigin) => {
    const invite = await host.invite({ names: [{ type: 'ip', value: '192.168.1.7' }] });
    const { enrolled, saved } = await enrollInMemory(invite, { localKey });
    const { identity } = enrolled;
    expect(saved).toEqual([enrolled]);
    expect(identity).toMatchObject({ member: 'bob', keyOrigin });
    const [leaf] = identity.chain;
    if (leaf === undefined) throw new Error('no certificate');
    expect(leaf.checkPrivateKey(identity.privateKey)).toBe(true);
    expect(leaf.subjectAltName).toContain('192.168.1.7');
    expect(circleNamesOf(leaf)).toEqual([{ circleId: identity.circleId, member: 'bob' }]);
    expect(await host.event('enrolled')).toMatchObject({ member: 'bob', serialNumber: leaf.serialNumber });
    expect(await host.stateOf(invite)).toBe('done');
    expect(await validSerials()).toEqual([leaf.serialNumber]);
  });

  const hourMs = 3_600_000;
  it.each<[string, (invite: InviteLine) => Promise<InviteLine>, Partial<NewInvite>, RegExp]>([
    [
      'spent',
      async (invite) =>
        enrollInMemory(invite)
          .then(() => host.event('enrolled'))
          .then(() => invite),
      {},
      /: spent$/,
    ],
    ['expired', async (invite) => invite, { expiresAt: new Date(Date.now() - hourMs) }, /: expired$/],
    ['unknown', async (invite) => ({ ...invite, id: '00112233445566ff' }), {}, /: unknown$/],
    ['of another secret', async (invite) => ({ ...invite, secret: Buffer.alloc(16) }), {}, /does not know the secret/],
    [
      'of another circle',
      async (invite) => ({ ...invite, rootSpkiSha256: Buffer.alloc(32) }),
      {},
      /does not know the secret/,
    ],
  ])(
    'tells a guest whose invite is %s no more than anyone, and the host why',
    async (_title, change, fields, reason) => {
      const invite = await change(await host.invite(fields));
      await expect(enrollInMemory(invite)).rejects.toMatchObject({
        code: 'ERR_ENROLL_REFUSED',
        message: 'the Auto CA refused: this invite is spent, expired or unknown',
      });
      expect(await host.event('refused')).toMatchObject({ reason: expect.stringMatching(reason) });
    },
  );

  it('is not burnt by a stranger who guesses', async () => {
    const invite = await host.invite();
    for (let guess = 0; guess < 5; guess += 1) {
      await codeOf(enrollInMemory({ ...invite, secret: Buffer.alloc(16, guess) }));
    }
    expect((await enrollInMemory(invite)).enrolled.identity.member).toBe('bob');
  });

  it('leaves one valid certificate when two guests use one invite at once', async () => {
    const invite = await host.invite();
    const outcomes = await Promise.all([codeOf(enrollInMemory(invite)), codeOf(enrollInMemory(invite))]);
    expect(outcomes).toContain('no error');
    expect(await validSerials()).toHaveLength(1);
  });

  it('revokes the first answer when an unacknowledged invite is answered again', async () => {
    const invite = await host.invite();
    const check = async (): Promise<void> => {
      throw new QTChatError('ERR_STORE_EXISTS', 'there is one already');
    };
    expect(await codeOf(enrollInMemory(invite, { check }))).toBe('ERR_STORE_EXISTS');
    const first = await host.event('reserved');
    expect(await host.stateOf(invite)).toBe('reserved');
    const { enrolled } = await enrollInMemory(invite);
    expect(enrolled.identity.chain[0]?.serialNumber).not.toBe(first.serialNumber);
    expect(await validSerials()).toEqual([enrolled.identity.chain[0]?.serialNumber]);
  });

  it('answers who asks again and again ten times at once, and spends nothing by it', async () => {
    const invite = await host.invite();
    const check = async (): Promise<void> => {
      throw new QTChatError('ERR_STORE_EXISTS', 'there is one already');
    };
    const codes: string[] = [];
    for (let times = 0; times < 11; times += 1) codes.push(await codeOf(enrollInMemory(invite, { check })));
    expect(codes).toEqual([...Array(10).fill('ERR_STORE_EXISTS'), 'ERR_ENROLL_BUSY']);
    expect((await host.event('refused')).reason).toContain('answered too often of late');
    expect(await host.stateOf(invite)).toBe('reserved');
    expect(await codeOf(enrollInMemory(await host.invite({ member: 'carol' })))).toBe('no error');
  });

  it('answers an invite once at a time, so that nobody takes the keys of others by asking for many', async () => {
    const invite = await host.invite();
    const guests = Array.from({ length: 8 }, () => codeOf(enrollInMemory(invite)));
    const codes = await Promise.all(guests);
    expect(codes.filter((code) => code === 'no error')).toHaveLength(1);
    expect(codes).toContain('ERR_ENROLL_BUSY');
    expect(codes.every((code) => ['no error', 'ERR_ENROLL_BUSY', 'ERR_ENROLL_REFUSED'].includes(code))).toBe(true);
    expect(await validSerials()).toHaveLength(1);
  });

  it('is not confirmed by a guest that ends as it acknowledges, without the receipt', async () => {
    const invite = await host.invite();
    const deps = realDeps;
    const connection = await EnrollmentConnection.open('127.0.0.1', host.port, byInvite(invite).terms);
    const { send, receive } = await byInvite(invite).openChannel(connection, deps);
    receive.decrypt(await connection.exchange(trips.request, send.encrypt(formatRequest({}))));
    void connection.exchange(trips.acknowledge, send.encrypt(Buffer.alloc(0))).catch(() => {});
    void connection.finish();
    expect(await host.event('unconfirmed')).toMatchObject({ invite: invite.id });
    expect(await host.stateOf(invite)).toBe('reserved');
    expect(await codeOf(enrollInMemory(invite))).toBe('no error');
  });

  it('refuses to confirm what was revoked because the invite was answered again', async () => {
    const invite = await host.invite();
    const others: Enrolled[] = [];
    const check = async (): Promise<void> => {
      others.push((await enrollInMemory(invite)).enrolled);
    };
    expect(await codeOf(enrollInMemory(invite, { check }))).toBe('ERR_ENROLL_REFUSED');
    expect(await validSerials()).toEqual([others[0]?.identity.chain[0]?.serialNumber]);
  });

  it('asks who has an invite that another guest is just confirming to try again', async () => {
    const invite = await host.invite();
    const codes: string[] = [];
    const save = async (): Promise<void> => {
      codes.push(await codeOf(enrollInMemory(invite)));
    };
    const { enrolled } = await enrollInMemory(invite, { save });
    expect(codes).toEqual(['ERR_ENROLL_BUSY']);
    await host.event('enrolled');
    expect(await validSerials()).toEqual([enrolled.identity.chain[0]?.serialNumber]);
  });

  describe('after a server that ended between receipt and confirmation', () => {
    let offsetMs: number;
    let invite: InviteLine;

    beforeEach(async () => {
      offsetMs = 0;
      await host.stop();
      host = await TestHost.start({}, { ...realDeps, clock: () => new Date(Date.now() + offsetMs) });
      invite = await host.invite();
      const check = async (): Promise<void> => {
        throw new QTChatError('ERR_CANCELLED', 'the receipt was lost');
      };
      await enrollInMemory(invite, { check }).catch(() => {});
      await claimInvite(host.ledger, invite.id, (await validSerials())[0] ?? '', host.deps);
    });

    it('asks the guest to try again, tells the host why, and serves the invite some seconds later', async () => {
      await expect(enrollInMemory(invite)).rejects.toMatchObject({
        code: 'ERR_ENROLL_BUSY',
        hint: 'Try again in a minute; the invite is still good',
      });
      const { reason } = await host.event('refused');
      expect(reason).toBe(
        `the invite "${invite.id}" is being confirmed by its guest, or was when a server ended: it serves again in 15 seconds at most`,
      );
      offsetMs = 15_000;
      const { enrolled } = await enrollInMemory(invite);
      expect(await validSerials()).toEqual([enrolled.identity.chain[0]?.serialNumber]);
    });

    it('tells a stranger without its secret nothing else than of any invite', async () => {
      const refusals = [];
      for (const { id } of [invite, { id: '00000000deadbeef' }, await host.invite({ member: 'carol' })]) {
        const attempt = enrollInMemory({ ...invite, id, secret: randomBytes(16) });
        refusals.push(await attempt.catch(({ code, message }) => ({ code, message })));
      }
      expect(refusals[0]).toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
      expect(refusals).toEqual([refusals[0], refusals[0], refusals[0]]);
    });
  });

  it('lets exactly one of many guests with one invite join', async () => {
    const invite = await host.invite();
    const guests = Array.from({ length: 8 }, (_none, index) => enrollInMemory(invite, { localKey: index % 2 === 0 }));
    const joined = (await Promise.allSettled(guests)).flatMap((guest) =>
      guest.status === 'fulfilled' ? [guest.value.enrolled.identity.chain[0]?.serialNumber] : [],
    );
    expect(joined).toHaveLength(1);
    expect(await validSerials()).toEqual(joined);
  });

  it('leaves the invite usable when the guest cannot keep what it got', async () => {
    const invite = await host.invite();
    const save = async (): Promise<void> => {
      throw new QTChatError('ERR_STORE_UNWRITABLE', 'the disk is full');
    };
    expect(await codeOf(enrollInMemory(invite, { save }))).toBe('ERR_STORE_UNWRITABLE');
    await host.event('unconfirmed');
    expect(await host.stateOf(invite)).toBe('reserved');
    expect((await enrollInMemory(invite)).saved).toHaveLength(1);
  });

  it('can be cancelled before anything is kept', async () => {
    const invite = await host.invite();
    const controller = new AbortController();
    const saved: Enrolled[] = [];
    const attempt = enrollInMemory(invite, {
      signal: controller.signal,
      check: async () => controller.abort(),
      save: async (enrolled) => void saved.push(enrolled),
    });
    expect(await codeOf(attempt)).toBe('ERR_CANCELLED');
    expect(saved).toEqual([]);
    expect(await host.stateOf(invite)).toBe('reserved');
  });

  it('tries the next address when one does not answer, or is somebody else', async () => {
    const stranger = createServer((socket) => socket.end('220 mail.example ESMTP\r\n')).listen(0, '127.0.0.2');
    await once(stranger, 'listening');
    const invite = await host.invite();
    const relayed = { ...invite, addresses: ['127.0.0.3', '127.0.0.1'] };
    expect((await enrollInMemory(relayed)).enrolled.identity.member).toBe('bob');
    stranger.close();
  });

  it('says so when nobody answers', async () => {
    const invite = await host.invite();
    await expect(enrollInMemory({ ...invite, addresses: ['127.0.0.3'] })).rejects.toMatchObject({
      code: 'ERR_ENROLL_UNREACHABLE',
      message: expect.stringContaining('127.0.0.3'),
    });
  });

  it.each([
    ['greets like a mail server', '220 mail.example ESMTP\r\n', 'ERR_ENROLL_TAMPERED'],
    ['answers like a web server', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'ERR_ENROLL_TAMPERED'],
    [
      'answers with octets of its own',
      `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 48\r\nConnection: keep-alive\r\n\r\n${'x'.repeat(48)}`,
      'ERR_ENROLL_TAMPERED',
    ],
    ['says it is busy', 'HTTP/1.1 429 Busy\r\nConnection: close\r\n\r\n', 'ERR_ENROLL_BUSY'],
    ['says that it failed', 'HTTP/1.1 500 Failed\r\nConnection: close\r\n\r\n', 'ERR_ENROLL_BUSY'],
    ['says nothing and closes', '', 'ERR_ENROLL_UNREACHABLE'],
  ])('names the trouble when the other side %s', async (_title, greeting, code) => {
    const stranger = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(greeting));
    }).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const address = stranger.address();
    const invite = await host.invite({}, typeof address === 'object' ? (address?.port ?? 0) : 0);
    expect(await codeOf(enrollInMemory(invite))).toBe(code);
    stranger.close();
  });

  it.each([false, true])(
    'shows a listener neither key, password nor invite secret (local key: %s)',
    async (localKey) => {
      const relay = await Relay.start(host.port);
      const invite = await host.invite({ member: 'bartholomew' }, relay.port);
      const drawn: Buffer[] = [];
      const random = (size: number): Buffer => {
        const octets = randomBytes(size);
        drawn.push(octets);
        return octets;
      };
      const { enrolled } = await enrollInMemory(invite, { localKey, deps: { clock: () => new Date(), random } });
      await relay.stop();
      const [ephemeral = Buffer.alloc(0)] = drawn;
      const record = relay.recorded[0];
      const toGuest = Buffer.concat(record?.toGuest ?? []);
      const seen = Buffer.concat([...(record?.toServer ?? []), toGuest]);

      // What only the guest can do with the recording, by its ephemeral key: so the password looked for is the true one.
      const { answer, password } = await openRecording(invite, ephemeral, toGuest);
      const { privateKey, chain } = enrolled.identity;
      if (answer.pfx !== undefined) expect((await readPfx(answer.pfx, password)).key.equals(privateKey)).toBe(true);
      else expect(answer.chain?.[0]).toEqual(chain[0]?.raw);

      const secrets = {
        inviteSecret: invite.secret,
        psk: inviteKey(invite),
        ephemeral,
        password: Buffer.from(password, 'hex'),
        scalar: Buffer.from(String(privateKey.export({ format: 'jwk' }).d), 'base64url'),
        pkcs8: privateKey.export({ type: 'pkcs8', format: 'der' }),
        sec1: privateKey.export({ type: 'sec1', format: 'der' }),
        // No secrets, but nobody's business either: who joins.
        certificate: chain[0]?.raw ?? Buffer.alloc(0),
        member: Buffer.from('bartholomew'),
      };
      for (const [name, secret] of Object.entries(secrets)) {
        const found = encodingsOf(secret).filter((form) => seen.includes(form));
        expect({ name, found }).toEqual({ name, found: [] });
      }
      // The search does find what is there.
      expect(encodingsOf(Buffer.from(invite.id, 'hex')).some((form) => seen.includes(form))).toBe(true);
    },
  );

  it('gives nothing to someone who plays a recorded enrolment again', async () => {
    const relay = await Relay.start(host.port);
    const invite = await host.invite({}, relay.port);
    const check = async (): Promise<void> => {
      throw new QTChatError('ERR_STORE_EXISTS', 'there is one already');
    };
    await codeOf(enrollInMemory(invite, { check }));
    await relay.stop();
    const recorded = Buffer.concat(relay.recorded[0]?.toServer ?? []);
    const before = await validSerials();
    const replay = connect(host.port, '127.0.0.1');
    const answers: Buffer[] = [];
    replay.on('data', (chunk) => answers.push(chunk)).on('error', () => {});
    replay.write(recorded);
    await once(replay, 'close');
    // The hello is answered, with another key; what follows was encrypted for the first one.
    expect(await host.event('refused')).toMatchObject({
      reason: expect.stringContaining('not what the other side sent'),
    });
    expect(Buffer.concat(answers).toString('latin1')).toContain('403 Forbidden');
    expect(await validSerials()).toEqual(before);
  });
});
