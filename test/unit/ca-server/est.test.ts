/** EST through its own door: TLS, HTTP, and requests as openssl or an attacker would send them. */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  type X509Certificate,
} from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Limits } from '../../../ca-server/auto-ca.js';
import { estRoutes } from '../../../ca-server/routes/est.js';
import { drawEstPassword, estKey, estPaths } from '../../../src/enroll/est.js';
import { listCertificates, revokeCertificate } from '../../../src/ledger/certificates.js';
import { allowRenewal, listHeldRenewals } from '../../../src/ledger/held-renewals.js';
import { listInvites, type NewInvite } from '../../../src/ledger/invites.js';
import { autoCaUri, circleIdOf, circleUri } from '../../../src/pki/circle.js';
import { createCsr } from '../../../src/pki/csr.js';
import {
  derBitString,
  derContext,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derTrue,
} from '../../../src/pki/der.js';
import { toPem } from '../../../src/pki/pem.js';
import { readPkcs7 } from '../../../src/pki/pkcs7.js';
import { encodeName } from '../../../src/pki/plan.js';
import { privateKeyToPem } from '../../../src/pki/private-key.js';
import type { SubjectAltName } from '../../../src/pki/subject-alt-name.js';
import { openIssuer } from '../../../src/store/ca.js';
import { makeKey } from '../../helpers/certificates.js';
import { enrollInMemory, TestHost } from '../../helpers/enrollment.js';

const dayMs = 86_400_000;
const bobsNames: SubjectAltName[] = [
  { type: 'dns', value: 'bob.example' },
  { type: 'ip', value: '192.168.1.101' },
];

let host: TestHost;
let offsetMs = 0;
let root: X509Certificate;
let count = 0;

beforeAll(async () => {
  const deps = { clock: () => new Date(Date.now() + offsetMs), random: randomBytes };
  const limits = { hellosPerSecond: 1000, helloBurst: 1000, connectionsPerAddress: 200 };
  host = await TestHost.start(limits, deps, { tlsPort: 0 });
  root = (await openIssuer(host.home, undefined)).chain.at(-1) as X509Certificate;
});
afterAll(() => host.stop());

interface Credentials {
  readonly member: string;
  readonly id: string;
  readonly password: string;
}

/** A member of its own, invited by EST. */
async function invited(change: Partial<NewInvite> = {}): Promise<Credentials> {
  count += 1;
  const member = `device-${count}`;
  const id = randomBytes(8).toString('hex');
  const password = drawEstPassword(randomBytes);
  await host.invite({ id, member, kind: 'est', names: bobsNames, psk: estKey({ id, password }), ...change });
  return { member, id, password };
}

interface Identity {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

interface Question {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string | Buffer;
  readonly type?: string;
  readonly credentials?: Pick<Credentials, 'id' | 'password'> | undefined;
  readonly authorization?: string;
  readonly as?: Identity | undefined;
  readonly port?: number;
  /** Keeps its connection; a new one each time when left out. */
  readonly agent?: Agent;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask({ method = 'POST', path, body, type = 'application/pkcs10', ...who }: Question): Promise<Answer> {
  const { credentials, authorization, as, port = host.members.port, agent = false } = who;
  const tls = as && { key: privateKeyToPem(as.key), cert: toPem(as.certificate) };
  const auth = credentials && { auth: `${credentials.id}:${credentials.password}` };
  const headers = {
    ...(body !== undefined && { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }),
    ...(authorization !== undefined && { Authorization: authorization }),
  };
  return new Promise((resolve, reject) => {
    const place = { host: '127.0.0.1', port, method, path, headers, agent, ca: [root.toString()] };
    const asking = request({ ...place, ...tls, ...auth }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, body: Buffer.concat(chunks).toString('latin1') });
      });
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

const base64 = (der: Buffer): string => der.toString('base64').replace(/.{64}/g, '$&\n');

async function csrOf(key: KeyObject, commonName: string, names: SubjectAltName[] = []): Promise<string> {
  return base64(await createCsr(key, commonName, names));
}

/** A request as we would write none: with any key, attributes and signature. */
function oddRequest(key: KeyObject, commonName: string, attribute?: Buffer, signer = key): Buffer {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const attributes = attribute === undefined ? derContext(0) : derContext(0, attribute);
  const info = derSequence(derInteger(0), encodeName(commonName), spki, attributes);
  const algorithm = derSequence(
    derOid(key.asymmetricKeyType === 'ec' ? '1.2.840.10045.4.3.2' : '1.2.840.113549.1.1.11'),
  );
  return derSequence(info, algorithm, derBitString(sign('sha256', info, signer)));
}

const asksToBeCa = derSequence(
  derOid('1.2.840.113549.1.9.14'),
  derSet(derSequence(derSequence(derOid('2.5.29.19'), derOctetString(derSequence(derTrue))))),
);

function certificatesIn({ status, headers, body }: Answer): X509Certificate[] {
  expect({ status, body: status === 200 ? '' : body }).toEqual({ status: 200, body: '' });
  expect(headers['content-type']).toMatch(/^application\/pkcs7-mime/);
  expect(headers['content-transfer-encoding']).toBe('base64');
  for (const line of body.split('\r\n')) expect(line.length).toBeLessThanOrEqual(76);
  return readPkcs7(Buffer.from(body, 'base64'));
}

async function enrolled(change: Partial<NewInvite> = {}): Promise<Identity & Credentials> {
  const credentials = await invited(change);
  const key = makeKey();
  const body = await csrOf(key, credentials.member);
  const [certificate] = certificatesIn(await ask({ path: estPaths.simpleenroll, body, credentials }));
  if (certificate === undefined) throw new Error('no certificate');
  await eventOf('enrolled', credentials.id);
  return { key, certificate, ...credentials };
}

/** Does something with another host in the place of ours. */
async function onAnotherHost(
  limits: Partial<Limits>,
  more: { readonly requireLocalKey?: boolean },
  action: () => Promise<void>,
): Promise<void> {
  const former = { host, root };
  host = await TestHost.start(limits, undefined, { tlsPort: 0, ...more });
  try {
    root = (await openIssuer(host.home, undefined)).chain.at(-1) as X509Certificate;
    await action();
  } finally {
    await host.stop();
    ({ host, root } = former);
  }
}

/** Waits until the server has said so of this invite. */
async function eventOf(kind: 'enrolled' | 'unconfirmed', invite: string): Promise<void> {
  for (;;) {
    if (host.events.some((event) => event.event === kind && event.invite === invite)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const stateOf = async (id: string): Promise<string | undefined> =>
  (await listInvites(host.ledger)).find((invite) => invite.id === id)?.state;

const reenroll = async (who: Identity, key = who.key, names: SubjectAltName[] = []): Promise<Answer> =>
  ask({ path: estPaths.simplereenroll, body: await csrOf(key, '', names), as: who });

describe('what anybody may ask', () => {
  it('gives the certificates of the CA', async () => {
    const answer = await ask({ method: 'GET', path: estPaths.cacerts });
    expect(certificatesIn(answer).map(String)).toEqual([String(root)]);
    expect(answer.headers['content-type']).toBe('application/pkcs7-mime');
  });

  it('says what a request should have: a key on P-256, signed with SHA-256', async () => {
    const { status, headers, body } = await ask({ method: 'GET', path: estPaths.csrattrs });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/csrattrs');
    expect(Buffer.from(body, 'base64').toString('hex')).toBe(
      '3021301506072a8648ce3d020131 0a06082a8648ce3d030107 06082a8648ce3d040302'.replaceAll(' ', ''),
    );
  });

  it.each(['/.well-known/est/fullcmc', '/.well-known/est/', '/.well-known/est/label/cacerts', '/est/cacerts'])(
    'does not know %s',
    async (path) => {
      expect((await ask({ method: 'GET', path })).status).toBe(404);
    },
  );

  it('is not to be had on the plain port', async () => {
    const answer = await fetch(`http://127.0.0.1:${host.port}${estPaths.cacerts}`);
    expect(answer.status).toBe(404);
  });

  it('names the access of every operation', () => {
    const routes = estRoutes({} as Parameters<typeof estRoutes>[0]);
    expect(routes.map(({ method, path, access }) => `${method} ${path.slice(17)} ${access}`)).toEqual([
      'get cacerts none',
      'get csrattrs none',
      'post simpleenroll basic-or-member',
      'post simplereenroll member-or-expired',
      'post serverkeygen basic',
    ]);
  });
});

describe('the first certificate', () => {
  it('goes to who has the credentials, with the names of the ledger', async () => {
    const { certificate, key, member } = await enrolled();
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.subject).toBe(`CN=${member}`);
    expect(certificate.subjectAltName).toBe(
      `DNS:bob.example, IP Address:192.168.1.101, URI:${circleUri(circleIdOf(root), member)}`,
    );
    expect(certificate.verify(root.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('may ask for some of these names, in other capitals', async () => {
    const credentials = await invited();
    const names: SubjectAltName[] = [{ type: 'dns', value: 'BOB.example' }];
    const body = await csrOf(makeKey(), 'bob.example', names);
    certificatesIn(await ask({ path: estPaths.simpleenroll, body, credentials }));
  });

  it('is given once: the credentials are spent when the client has left with it', async () => {
    const { id, password, member, certificate } = await enrolled();
    const body = await csrOf(makeKey(), member);
    const again = await ask({ path: estPaths.simpleenroll, body, credentials: { id, password } });
    expect(again.status).toBe(401);
    expect(await stateOf(id)).toBe('done');
    expect(host.events).toContainEqual(
      expect.objectContaining({ event: 'enrolled', member, serialNumber: certificate.serialNumber }),
    );
  });

  it('is given again to who has not closed the connection, and then the former one is revoked', async () => {
    await onAnotherHost({ headTimeoutMs: 2000 }, {}, async () => {
      const credentials = await invited();
      const { id, member, password } = credentials;
      const body = await csrOf(makeKey(), member);
      const socket = connectTls({ host: '127.0.0.1', port: host.members.port, ca: [root.toString()] });
      const basic = Buffer.from(`${id}:${password}`).toString('base64');
      const head = [`POST ${estPaths.simpleenroll} HTTP/1.1`, 'Host: ca', `Authorization: Basic ${basic}`];
      const about = ['Content-Type: application/pkcs10', `Content-Length: ${body.length}`];
      socket.write([...head, ...about, '', body].join('\r\n'));
      // The answer comes, and is never acknowledged; the server gives up.
      await eventOf('unconfirmed', id);
      socket.destroy();
      expect(await stateOf(id)).toBe('reserved');
      const [certificate] = certificatesIn(await ask({ path: estPaths.simpleenroll, body, credentials }));
      const serials = await host.ledger
        .selectFrom('certificate')
        .select(['serial_number', 'revoked_at'])
        .where('member', '=', member)
        .execute();
      expect(serials).toHaveLength(2);
      expect(serials.filter(({ revoked_at }) => revoked_at === null).map((row) => row.serial_number)).toEqual([
        certificate?.serialNumber,
      ]);
    });
  });

  it('is given to as many as a gateway asks for on one connection, all of them done when it closes', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const devices = await Promise.all(Array.from({ length: 15 }, () => invited()));
    for (const credentials of devices) {
      const body = await csrOf(makeKey(), credentials.member);
      expect(await ask({ path: estPaths.simpleenroll, body, credentials, agent })).toMatchObject({ status: 200 });
    }
    const states = () => Promise.all(devices.map(({ id }) => stateOf(id)));
    expect(await states()).toEqual(Array(15).fill('reserved'));
    agent.destroy();
    for (const { id } of devices) await eventOf('enrolled', id);
    expect(await states()).toEqual(Array(15).fill('done'));
  });

  it('is done too when the client keeps its connection until the server ends it', async () => {
    await onAnotherHost({ headTimeoutMs: 200 }, {}, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const credentials = await invited();
      const body = await csrOf(makeKey(), credentials.member);
      expect(await ask({ path: estPaths.simpleenroll, body, credentials, agent })).toMatchObject({ status: 200 });
      await eventOf('enrolled', credentials.id);
      expect(await stateOf(credentials.id)).toBe('done');
      agent.destroy();
    });
  });

  it('is not given on a connection that is ending, and then leaves nothing valid behind', async () => {
    const [stranger, device] = [await invited(), await invited()];
    const body = await csrOf(makeKey(), device.member);
    const asking = ({ id, password }: Credentials, length: number) =>
      `POST ${estPaths.simpleenroll} HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n` +
      `Authorization: Basic ${Buffer.from(`${id}:${password}`).toString('base64')}\r\nContent-Length: ${length}\r\n\r\n`;
    const socket = connectTls({ host: '127.0.0.1', port: host.members.port, ca: [root.toString()] });
    await once(socket, 'secureConnect');
    socket.write(`${asking({ ...stranger, password: 'wrong' }, 0)}${asking(device, body.length)}${body}`);
    socket.resume();
    await once(socket, 'close');
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const valid = await listCertificates(host.ledger, { member: device.member, validAt: new Date() });
    expect({ state: await stateOf(device.id), valid }).toEqual({ state: 'open', valid: [] });
  });

  it('is given to one of several who ask at once', async () => {
    const credentials = await invited();
    const bodies = await Promise.all(Array.from({ length: 5 }, () => csrOf(makeKey(), credentials.member)));
    const answers = await Promise.all(bodies.map((body) => ask({ path: estPaths.simpleenroll, body, credentials })));
    const good = answers.filter(({ status }) => status === 200).flatMap(certificatesIn);
    const valid = await host.ledger
      .selectFrom('certificate')
      .select('serial_number')
      .where('member', '=', credentials.member)
      .execute();
    expect(valid).toEqual(good.map(({ serialNumber }) => ({ serial_number: serialNumber })));
    expect(good).toHaveLength(1);
    expect(answers.map(({ status }) => status).filter((status) => ![200, 401, 429].includes(status))).toEqual([]);
  });
});

describe('credentials', () => {
  const right = async (credentials: Credentials): Promise<number> => {
    const body = await csrOf(makeKey(), credentials.member);
    return (await ask({ path: estPaths.simpleenroll, body, credentials })).status;
  };

  it.each([estPaths.simpleenroll, estPaths.serverkeygen])(
    'are asked for at %s, in the same words always',
    async (path) => {
      const spent = await enrolled();
      const open = await invited();
      const expired = await invited({ expiresAt: new Date(Date.now() - 1000) });
      const line = await host.invite({ member: `line-${count}` });
      const wrong = drawEstPassword(randomBytes);
      const answers = [
        await ask({ path }),
        await ask({ path, credentials: { id: open.id, password: wrong } }),
        await ask({ path, credentials: { id: open.id, password: '' } }),
        await ask({ path, credentials: { id: 'ffffffffffffffff', password: wrong } }),
        await ask({ path, credentials: { id: open.member, password: open.password } }),
        await ask({ path, credentials: spent }),
        await ask({ path, credentials: expired }),
        await ask({ path, credentials: { id: line.id, password: line.secret.toString('base64url') } }),
        await ask({ path, authorization: `Bearer ${open.password}` }),
        await ask({ path, authorization: 'Basic' }),
        await ask({ path, authorization: `Basic ${'A'.repeat(3000)}` }),
      ];
      for (const { status, headers, body } of answers) {
        expect(status).toBe(401);
        expect(headers['www-authenticate']).toMatch(/^Basic realm="/);
        expect(body).toBe(answers[0]?.body);
      }
      expect(await right(open)).toBe(200);
    },
  );

  it('are not spent by three wrong passwords, nor by a request that is refused; the host sees each', async () => {
    const credentials = await invited();
    for (let tries = 0; tries < 3; tries += 1) {
      const guess = { id: credentials.id, password: drawEstPassword(randomBytes) };
      expect((await ask({ path: estPaths.simpleenroll, credentials: guess })).status).toBe(401);
    }
    const reason = `EST user ${credentials.id}: the password is wrong`;
    expect(host.events.filter((event) => 'reason' in event && event.reason === reason)).toHaveLength(3);
    expect(await right(credentials)).toBe(200);
  });

  it('never reach the log or the ledger', async () => {
    const { password, id } = await enrolled();
    expect(JSON.stringify(host.events)).not.toContain(password);
    const rows = await host.ledger.selectFrom('invite').selectAll().where('id', '=', id).execute();
    expect(rows).toMatchObject([{ psk: Buffer.alloc(0), state: 'done' }]);
    expect(JSON.stringify(await host.ledger.selectFrom('audit').selectAll().execute())).not.toContain(password);
  });

  it('open no enrolment on the plain port', async () => {
    const { id, password } = await invited();
    const line = { ...(await host.invite({ member: `line-of-${id}` })), id };
    const secret = Buffer.from(password, 'base64url');
    await expect(enrollInMemory({ ...line, secret })).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
  });
});

describe('a request', () => {
  const uri = (value: string): SubjectAltName => ({ type: 'uri', value });

  it.each<[string, (credentials: Credentials) => Promise<string | Buffer>, RegExp]>([
    ['for another subject', async () => csrOf(makeKey(), 'alice'), /subject "alice"/],
    ['for another DNS name', async () => csrOf(makeKey(), '', [{ type: 'dns', value: 'alice.example' }]), /alice\.ex/],
    ['for another address', async () => csrOf(makeKey(), '', [{ type: 'ip', value: '192.168.1.100' }]), /168\.1\.100/],
    ['for an e-mail address', async () => csrOf(makeKey(), '', [{ type: 'email', value: 'b@bob.example' }]), /b@bob/],
    [
      'for the URI of a member, even its own',
      async ({ member }) => csrOf(makeKey(), '', [uri(circleUri(circleIdOf(root), member))]),
      /only the ledger gives/,
    ],
    [
      'for the URI of the Auto CA',
      async () => csrOf(makeKey(), '', [uri(autoCaUri(circleIdOf(root)))]),
      /only the ledger gives/,
    ],
    ['to be a CA', async () => base64(oddRequest(makeKey(), '', asksToBeCa)), /asks to be a CA/],
    [
      'signed by another key',
      async ({ member }) => base64(oddRequest(makeKey(), member, undefined, makeKey())),
      /signature/,
    ],
    ['with a weak key', async ({ member }) => base64(oddRequest(makeKey('rsa1024'), member)), /too weak/],
    ['that is no PKCS #10', async () => base64(Buffer.from('3003020101', 'hex')), /PKCS #10/],
    ['that is no base64', async () => 'MIIB*', /base64/],
    ['in DER', async ({ member }) => createCsr(makeKey(), member), /base64/],
    ['in PEM', async ({ member }) => `-----BEGIN\n${await csrOf(makeKey(), member)}\n-----END`, /base64/],
    ['without a body', async () => '', /base64/],
  ])('%s is refused, and spends nothing', async (_, bodyFor, detail) => {
    const credentials = await invited();
    const body = await bodyFor(credentials);
    const answer = await ask({ path: estPaths.simpleenroll, body, credentials });
    expect({ status: answer.status, detail: JSON.parse(answer.body).detail }).toEqual({
      status: 400,
      detail: expect.stringMatching(detail),
    });
    expect(await stateOf(credentials.id)).toBe('open');
  });

  it('of another media type is refused', async () => {
    const credentials = await invited();
    const body = await csrOf(makeKey(), credentials.member);
    for (const type of ['application/x-www-form-urlencoded', 'application/pkcs7-mime', 'application/pkcs10x', '']) {
      expect((await ask({ path: estPaths.simpleenroll, body, credentials, type })).status).toBe(415);
    }
    const type = 'application/PKCS10; charset=us-ascii';
    expect((await ask({ path: estPaths.simpleenroll, body, credentials, type })).status).toBe(200);
  });

  it('that is too long is refused before it is read', async () => {
    const credentials = await invited();
    const answer = await ask({ path: estPaths.simpleenroll, body: 'A'.repeat(25_000), credentials });
    expect(answer.status).toBe(400);
  });

  it('with the key of another member is refused, and does not say whose it is', async () => {
    const other = await enrolled();
    const credentials = await invited();
    const body = await csrOf(other.key, credentials.member);
    const answer = await ask({ path: estPaths.simpleenroll, body, credentials });
    expect(answer.status).toBe(400);
    expect(answer.body).not.toContain(other.member);
  });
});

describe('a member', () => {
  it('renews with the same key, and again gets the same certificate', async () => {
    const bob = await enrolled();
    const [next] = certificatesIn(await reenroll(bob));
    expect(next?.serialNumber).not.toBe(bob.certificate.serialNumber);
    expect(next?.subjectAltName).toBe(bob.certificate.subjectAltName);
    const [again] = certificatesIn(await reenroll(bob));
    expect(again?.serialNumber).toBe(next?.serialNumber);
  });

  it('changes its key once; a second key waits for the host, and comes when he allows it', async () => {
    const bob = await enrolled();
    const key = makeKey();
    const [next] = certificatesIn(await reenroll(bob, key, bobsNames));
    expect(next?.checkPrivateKey(key)).toBe(true);
    const thief = makeKey();
    const waiting = await reenroll(bob, thief);
    expect(waiting.status).toBe(202);
    expect(Number(waiting.headers['retry-after'])).toBeGreaterThan(0);
    const held = (await listHeldRenewals(host.ledger)).find(({ member }) => member === bob.member);
    await allowRenewal(host.ledger, held?.spkiSha256 ?? '', host.deps);
    const [allowed] = certificatesIn(await reenroll(bob, thief));
    expect(allowed?.checkPrivateKey(thief)).toBe(true);
  });

  it('may ask at simpleenroll too, and gets its own names only', async () => {
    const bob = await enrolled();
    const good = await ask({ path: estPaths.simpleenroll, body: await csrOf(bob.key, bob.member), as: bob });
    expect(certificatesIn(good)[0]?.subject).toBe(`CN=${bob.member}`);
    const alice = await enrolled({ names: [{ type: 'dns', value: 'alice.example' }] });
    for (const path of [estPaths.simpleenroll, estPaths.simplereenroll]) {
      const forAlice = await csrOf(makeKey(), alice.member);
      expect((await ask({ path, body: forAlice, as: bob })).status).toBe(400);
      const alicesName = await csrOf(makeKey(), '', [{ type: 'dns', value: 'alice.example' }]);
      expect((await ask({ path, body: alicesName, as: bob })).status).toBe(400);
    }
  });

  it('does not renew by credentials, nor without a certificate', async () => {
    const credentials = await invited();
    const body = await csrOf(makeKey(), credentials.member);
    expect((await ask({ path: estPaths.simplereenroll, body, credentials })).status).toBe(403);
    expect((await ask({ path: estPaths.simplereenroll, body })).status).toBe(403);
  });

  it('gets no key made', async () => {
    const bob = await enrolled();
    const body = await csrOf(makeKey(), bob.member);
    expect((await ask({ path: estPaths.serverkeygen, body, as: bob })).status).toBe(401);
  });

  it('whose certificate was revoked gets nothing', async () => {
    const bob = await enrolled();
    await revokeCertificate(host.ledger, bob.certificate.serialNumber, 'keyCompromise', host.deps);
    const body = await csrOf(makeKey(), bob.member);
    expect((await ask({ path: estPaths.simpleenroll, body, as: bob })).status).toBe(401);
    expect((await ask({ path: estPaths.simplereenroll, body, as: bob })).status).toBe(403);
  });

  it('whose certificate has expired waits for the host', async () => {
    const bob = await enrolled();
    offsetMs = 31 * dayMs;
    try {
      expect((await reenroll(bob)).status).toBe(202);
      const body = await csrOf(bob.key, bob.member);
      expect((await ask({ path: estPaths.simpleenroll, body, as: bob })).status).toBe(401);
    } finally {
      offsetMs = 0;
    }
  });
});

describe('a key made by the server', () => {
  function partsOf({ headers, body }: Answer): { type: string; der: Buffer }[] {
    const boundary = /^multipart\/mixed; boundary=([0-9a-f]{32})$/.exec(headers['content-type'] ?? '')?.[1];
    const [before, ...parts] = body.split(`--${boundary}`);
    expect(before).toBe('');
    expect(parts.pop()).toBe('--\r\n');
    return parts.map((part) => {
      const [head = '', base64Text = ''] = part.split('\r\n\r\n');
      expect(head).toContain('Content-Transfer-Encoding: base64');
      return { type: /Content-Type: (.*)\r\n/.exec(head)?.[1] ?? '', der: Buffer.from(base64Text, 'base64') };
    });
  }

  it('comes with its certificate, whatever key and signature the request has', async () => {
    const credentials = await invited();
    const der = oddRequest(makeKey('rsa1024'), credentials.member, undefined, makeKey());
    const answer = await ask({ path: estPaths.serverkeygen, body: base64(der), credentials });
    expect(answer.status).toBe(200);
    const [key, certificates] = partsOf(answer);
    expect([key?.type, certificates?.type]).toEqual([
      'application/pkcs8',
      'application/pkcs7-mime; smime-type=certs-only',
    ]);
    const privateKey = createPrivateKey({ key: key?.der ?? Buffer.alloc(0), format: 'der', type: 'pkcs8' });
    const [certificate] = readPkcs7(certificates?.der ?? Buffer.alloc(0));
    expect(certificate?.checkPrivateKey(privateKey)).toBe(true);
    expect(certificate?.subject).toBe(`CN=${credentials.member}`);
  });

  it.each<[string, () => Buffer]>([
    ['for another subject', () => oddRequest(makeKey(), 'alice')],
    ['to be a CA', () => oddRequest(makeKey(), '', asksToBeCa)],
    [
      'for a key encrypted once more',
      () => oddRequest(makeKey(), '', derSequence(derOid('1.2.840.113549.1.9.16.2.37'), derSet(derOctetString()))),
    ],
  ])('is not made for a request %s', async (_, der) => {
    const credentials = await invited();
    const answer = await ask({ path: estPaths.serverkeygen, body: base64(der()), credentials });
    expect(answer.status).toBe(400);
    expect(await stateOf(credentials.id)).toBe('open');
  });

  it('is not made where the host wants none made', async () => {
    await onAnotherHost({}, { requireLocalKey: true }, async () => {
      const credentials = await invited();
      const body = await csrOf(makeKey(), credentials.member);
      const refused = await ask({ path: estPaths.serverkeygen, body, credentials });
      expect(refused).toMatchObject({ status: 400, body: expect.stringContaining('simpleenroll') });
      expect((await host.event('refused')).reason).toContain('makes no keys');
      certificatesIn(await ask({ path: estPaths.simpleenroll, body, credentials }));
    });
  });
});
