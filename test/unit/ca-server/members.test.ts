import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closedRoutes, openRoutes } from '../../../ca-server/members-app.js';
import { formatBody, parseRenewalAnswer } from '../../../src/enroll/members-wire.js';
import { findCertificate, revokeCertificate } from '../../../src/ledger/certificates.js';
import { reserveMember } from '../../../src/ledger/issue-member-certificate.js';
import { abandonReservation } from '../../../src/ledger/reservations.js';
import { autoCaUri } from '../../../src/pki/circle.js';
import { crlToPem } from '../../../src/pki/crl.js';
import { createCsr } from '../../../src/pki/csr.js';
import { type KeyHolder, signSuccession } from '../../../src/pki/key-succession.js';
import { generateKey } from '../../../src/pki/key-type.js';
import { toPem } from '../../../src/pki/pem.js';
import { privateKeyToPem } from '../../../src/pki/private-key.js';
import { openIssuer } from '../../../src/store/ca.js';
import type { Identity } from '../../../src/store/identities.js';
import { loadProfile } from '../../../src/store/profiles.js';
import { makeCircle, makeKey, makeMember } from '../../helpers/certificates.js';
import { enrollInMemory, TestHost } from '../../helpers/enrollment.js';
import { identityOf } from '../../helpers/identity.js';
import { describeWith } from '../../helpers/require-program.js';

const dayMs = 86_400_000;
const run = promisify(execFile);

let host: TestHost;
let offsetMs = 0;
let root: X509Certificate;
let names = 0;

async function startHost(): Promise<void> {
  const deps = { clock: () => new Date(Date.now() + offsetMs), random: randomBytes };
  const limits = { hellosPerSecond: 1000, helloBurst: 1000, connectionsPerAddress: 200 };
  host = await TestHost.start(limits, deps, { tlsPort: 0 });
  root = (await openIssuer(host.home, undefined)).chain.at(-1) as X509Certificate;
}

beforeAll(startHost);
afterAll(() => host.stop());

/** A member of its own, enrolled for 30 days. */
async function enrolled(): Promise<Identity> {
  names += 1;
  const invite = await host.invite({ member: `member-${names}` });
  const clockDeps = { deps: host.deps };
  const { enrolled: done } = await enrollInMemory(invite, { localKey: true, ...clockDeps });
  return done.identity;
}

async function caKey(): Promise<KeyObject> {
  return createPrivateKey(await readFile(join(host.home.folder, 'ca', 'ca.key')));
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

interface Question {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Buffer;
  readonly as?: Pick<Identity, 'privateKey' | 'chain'> | undefined;
}

function ask({ method = 'GET', path, body, as }: Question): Promise<Answer> {
  const credential = as && { key: privateKeyToPem(as.privateKey), cert: toPem(...as.chain) };
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        ...credential,
        host: '127.0.0.1',
        port: host.members.port,
        method,
        path,
        agent: false,
        ca: [root.toString()],
        // The server is judged in a test of its own.
        checkServerIdentity: () => undefined,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      },
    );
    asking.on('error', reject);
    asking.end(body);
  });
}

const holderOf = ({ circleId, member }: Identity): KeyHolder => ({ circleId, member });

async function rekeyBody(
  identity: Identity,
  key: KeyObject,
  change: Partial<KeyHolder> = {},
  by = identity.privateKey,
) {
  const { signature } = signSuccession(by, key, { ...holderOf(identity), ...change });
  return formatBody({ csr: await createCsr(key, 'anything'), statement: signature });
}

const leafOf = ({ chain: [leaf] }: Pick<Identity, 'chain'>): X509Certificate => {
  if (leaf === undefined) throw new Error('no certificate');
  return leaf;
};

async function renewedAs(answer: Promise<Answer>): Promise<X509Certificate> {
  const { status, body } = await answer;
  expect(status).toBe(200);
  const renewal = parseRenewalAnswer(body);
  if (!('chain' in renewal)) throw new Error('it was held');
  return new X509Certificate(renewal.chain[0] as Buffer);
}

describe('who may come in', () => {
  const routes = () => {
    const autoCa = {} as Parameters<typeof closedRoutes>[0];
    return [...openRoutes(autoCa, {} as Parameters<typeof openRoutes>[1]), ...closedRoutes(autoCa)];
  };

  it('is said by every route', () => {
    expect(routes().map(({ method, path, access }) => `${method} ${path} ${access}`)).toEqual([
      'get /healthz none',
      'get /crl none',
      'post /ocsp none',
      'get /ocsp/*question none',
      'get /member member',
      'post /revoke member',
      'post /renew member-or-expired',
      'post /rekey member-or-expired',
      'post /directory member',
      'get /directory/:member member',
      'get /dashboard admin',
      'get /metrics admin',
    ]);
  });

  const strangers: Record<string, () => Promise<Question['as']>> = {
    'without a certificate': async () => undefined,
    'of another circle': async () =>
      identityOf(await makeMember(await makeCircle(), { member: 'eve' }), await makeCircle()),
    'with a certificate of this CA that the ledger does not know': async () => {
      const { chain } = await openIssuer(host.home, undefined);
      const circle = await makeCircle();
      const key = await caKey();
      const ours = { ...circle, key, certificate: chain[0] as X509Certificate };
      return identityOf(await makeMember(ours, { member: 'eve' }), circle);
    },
    'whose certificate was revoked': async () => {
      const identity = await enrolled();
      await revokeCertificate(host.ledger, leafOf(identity).serialNumber, 'keyCompromise', host.deps);
      return identity;
    },
    'who sends the certificate of a CA': async () => {
      const issuer = await openIssuer(host.home, undefined);
      return { privateKey: await caKey(), chain: [...issuer.chain] };
    },
  };

  it.each(Object.keys(strangers))('refuses one %s on every route for members, in the same words', async (title) => {
    const as = await strangers[title]?.();
    const closed = routes().filter(({ access }) => access !== 'none');
    expect(closed).toHaveLength(8);
    for (const { method, path } of closed) {
      const { status, body } = await ask({ method: method === 'get' ? 'GET' : 'POST', path, as });
      expect(status).toBe(403);
      expect(JSON.parse(body.toString())).toMatchObject({ type: 'urn:qtchat:problem:not-accepted' });
      expect(body.toString()).not.toMatch(/revoked|ledger|eve/);
    }
    expect(await host.event('refused')).toBeDefined();
  });

  it('lets a member in', async () => {
    const identity = await enrolled();
    const { status, body } = await ask({ path: '/member', as: identity });
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toEqual({
      member: identity.member,
      serialNumber: leafOf(identity).serialNumber,
    });
  });

  it.each(['/', '/admin', '/MEMBER', '/member/', '/renew', '//member', '/enroll/hello'])(
    'answers GET %s to a member as if it did not exist',
    async (path) => {
      expect((await ask({ path, as: await enrolled() })).status).toBe(404);
    },
  );

  it('refuses an expired member everywhere but where renewals are held', async () => {
    const identity = await enrolled();
    offsetMs = 31 * dayMs;
    try {
      expect((await ask({ path: '/member', as: identity })).status).toBe(403);
      expect((await ask({ method: 'POST', path: '/revoke', as: identity })).status).toBe(403);
      expect((await ask({ method: 'POST', path: '/renew', as: identity })).status).toBe(202);
    } finally {
      offsetMs = 0;
    }
  });
});

describe('the port for members', () => {
  function connected(change: object = {}): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: host.members.port, ca: [root.toString()], ...change };
      const socket: TLSSocket = connect({ checkServerIdentity: () => undefined, ...options }, () => resolve(socket));
      socket.on('error', reject);
    });
  }

  it('proves itself by a certificate that names the Auto CA of the circle, and its address', async () => {
    const socket = await connected();
    const certificate = socket.getPeerX509Certificate();
    socket.destroy();
    const { circleId } = await enrolled();
    expect(certificate?.subjectAltName).toBe(`IP Address:127.0.0.1, URI:${autoCaUri(circleId)}`);
    expect(certificate?.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(await findCertificate(host.ledger, certificate?.serialNumber ?? '')).toBeDefined();
  });

  it('speaks TLS 1.3 only, and resumes no session', async () => {
    await expect(connected({ maxVersion: 'TLSv1.2' })).rejects.toThrow();
    const first = await connected();
    const session = await new Promise<Buffer>((resolve) => first.once('session', resolve).resume());
    first.destroy();
    const second = await connected({ session });
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  });

  it('renews its own certificates when two thirds of their life have gone', async () => {
    let agoMs = 5 * dayMs;
    const deps = { clock: () => new Date(Date.now() - agoMs), random: randomBytes };
    const old = await TestHost.start({}, deps, { tlsPort: 0 });
    const serial = async (): Promise<string | undefined> => {
      const { chain } = await openIssuer(old.home, undefined);
      const socket = await connected({ port: old.members.port, ca: chain.map(String) });
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      return certificate?.serialNumber;
    };
    try {
      const before = await serial();
      await old.members.maintain();
      expect(await serial()).toBe(before);
      agoMs = 0;
      await old.members.maintain();
      expect(await serial()).not.toBe(before);
    } finally {
      await old.stop();
    }
  });
});

describe('renewal', () => {
  it('gives another certificate for the same key, and again the same one', async () => {
    const identity = await enrolled();
    const next = await renewedAs(ask({ method: 'POST', path: '/renew', as: identity }));
    expect(next.serialNumber).not.toBe(leafOf(identity).serialNumber);
    expect(next.checkPrivateKey(identity.privateKey)).toBe(true);
    expect(next.subjectAltName).toBe(leafOf(identity).subjectAltName);
    const again = await renewedAs(ask({ method: 'POST', path: '/renew', as: identity }));
    expect(again.serialNumber).toBe(next.serialNumber);
  });

  it('gives one certificate to many who ask at once with the same key', async () => {
    const identity = await enrolled();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => ask({ method: 'POST', path: '/renew', as: identity })),
    );
    const serials = answers.flatMap(({ status, body }) => {
      const answer = status === 200 ? parseRenewalAnswer(body) : undefined;
      return answer !== undefined && 'chain' in answer ? [new X509Certificate(answer.chain[0] as Buffer)] : [];
    });
    expect(new Set(serials.map(({ serialNumber }) => serialNumber)).size).toBe(1);
    const valid = await renewedAs(ask({ method: 'POST', path: '/renew', as: identity }));
    expect(valid.serialNumber).toBe(serials[0]?.serialNumber);
  });

  it('certifies a new key for which the old one has signed, and then no other', async () => {
    const identity = await enrolled();
    const key = makeKey();
    const body = await rekeyBody(identity, key);
    const next = await renewedAs(ask({ method: 'POST', path: '/rekey', body, as: identity }));
    expect(next.checkPrivateKey(key)).toBe(true);
    expect(next.subjectAltName).toBe(leafOf(identity).subjectAltName);
    const other = await rekeyBody(identity, makeKey());
    expect((await ask({ method: 'POST', path: '/rekey', body: other, as: identity })).status).toBe(202);
    expect((await ask({ method: 'POST', path: '/renew', as: identity })).status).toBe(202);
    const { serialNumber } = leafOf(identity);
    expect(host.events).toContainEqual(
      expect.objectContaining({ event: 'held', reason: 'second', formerSerialNumber: serialNumber }),
    );
  });

  it.each<[string, (identity: Identity, key: KeyObject) => Promise<Buffer>]>([
    ['that the old key has not named', async (identity, key) => rekeyBody(identity, key, {}, makeKey())],
    ['that was named for another member', async (identity, key) => rekeyBody(identity, key, { member: 'eve' })],
    [
      'that was named in another circle',
      async (identity, key) => rekeyBody(identity, key, { circleId: 'a'.repeat(26) }),
    ],
    [
      'while another was named',
      async (identity, key) => {
        const { signature } = signSuccession(identity.privateKey, makeKey(), holderOf(identity));
        return formatBody({ csr: await createCsr(key, 'x'), statement: signature });
      },
    ],
    [
      'that asks for a name of the Auto CA',
      async (identity, key) => {
        const uri = { type: 'uri' as const, value: autoCaUri(identity.circleId) };
        const { signature } = signSuccession(identity.privateKey, key, holderOf(identity));
        return formatBody({ csr: await createCsr(key, 'x', [uri]), statement: signature });
      },
    ],
    ["that is another member's", async (identity) => rekeyBody(identity, (await enrolled()).privateKey)],
    [
      'that is too weak',
      async (identity) => {
        const weak = makeKey('rsa1024');
        const { signature } = signSuccession(identity.privateKey, createPublicKey(weak), holderOf(identity));
        return formatBody({ csr: await weakCsr(weak), statement: signature });
      },
    ],
  ])('certifies no key %s', async (_, bodyFor) => {
    const identity = await enrolled();
    const answer = await ask({
      method: 'POST',
      path: '/rekey',
      body: await bodyFor(identity, makeKey()),
      as: identity,
    });
    expect(answer.status).toBe(403);
    expect((await ask({ method: 'POST', path: '/renew', as: identity })).status).toBe(200);
  });

  async function weakCsr(key: KeyObject): Promise<Buffer> {
    const folder = await mkdtemp(join(tmpdir(), 'qtchat-weak-'));
    await writeFile(join(folder, 'key.pem'), privateKeyToPem(key));
    const argv = ['req', '-new', '-key', join(folder, 'key.pem'), '-subj', '/CN=x', '-outform', 'DER'];
    await run('openssl', [...argv, '-out', join(folder, 'csr.der')]);
    const der = await readFile(join(folder, 'csr.der'));
    await rm(folder, { recursive: true });
    return der;
  }

  it.each<[string, number, Buffer]>([
    ['nothing', 400, Buffer.alloc(0)],
    ['text', 400, Buffer.from('hello')],
    ['a list', 400, Buffer.from('[]')],
    ['a name', 400, Buffer.from('{"csr":"AAAA","statement":"AAAA","member":"eve"}')],
    ['more than fits', 400, Buffer.alloc(40_000, 0x20)],
  ])('is refused to one who sends %s for a new key', async (_, status, body) => {
    expect((await ask({ method: 'POST', path: '/rekey', body, as: await enrolled() })).status).toBe(status);
  });

  it('ends the former certificate a day after the new one was first shown', async () => {
    const identity = await enrolled();
    const key = makeKey();
    const body = await rekeyBody(identity, key);
    const next = await renewedAs(ask({ method: 'POST', path: '/rekey', body, as: identity }));
    expect((await ask({ path: '/member', as: { privateKey: key, chain: [next] } })).status).toBe(200);
    offsetMs = dayMs;
    try {
      await host.members.maintain();
      expect((await ask({ path: '/member', as: identity })).status).toBe(403);
      expect((await ask({ path: '/member', as: { privateKey: key, chain: [next] } })).status).toBe(200);
    } finally {
      offsetMs = 0;
    }
  });
});

describe('a member that revokes its own certificate', () => {
  it('is known no more', async () => {
    const identity = await enrolled();
    const body = formatBody({ reason: 'keyCompromise' });
    expect((await ask({ method: 'POST', path: '/revoke', body, as: identity })).status).toBe(200);
    expect((await ask({ path: '/member', as: identity })).status).toBe(403);
    const record = await findCertificate(host.ledger, leafOf(identity).serialNumber);
    expect(record).toMatchObject({ revocationReason: 'keyCompromise' });
  });

  it('must give a reason of the list', async () => {
    const identity = await enrolled();
    const body = formatBody({ reason: 'cACompromise' });
    expect((await ask({ method: 'POST', path: '/revoke', body, as: identity })).status).toBe(400);
    expect((await ask({ path: '/member', as: identity })).status).toBe(200);
  });
});

describeWith('openssl', 'other programs', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeAll(async () => {
    // The lists of the former one are of a time that has not come yet.
    await host.stop();
    await startHost();
    folder = await mkdtemp(join(tmpdir(), 'qtchat-other-'));
    await writeFile(at('root.pem'), toPem(root));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function ocsp(...more: string[]): Promise<string> {
    const files = ['-issuer', at('root.pem'), '-CAfile', at('root.pem'), '-cert', at('member.pem')];
    const { stdout, stderr } = await run('openssl', ['ocsp', ...files, ...more]);
    return stderr + stdout;
  }

  it('learn of a revocation by OCSP and by the list, on either port', async () => {
    const identity = await enrolled();
    await writeFile(at('member.pem'), toPem(...identity.chain));
    const url = `http://127.0.0.1:${host.port}/ocsp`;
    expect(await ocsp('-url', url)).toMatch(/Response verify OK[\s\S]*: good/);
    await revokeCertificate(host.ledger, leafOf(identity).serialNumber, 'keyCompromise', host.deps);
    expect(await ocsp('-url', url)).toMatch(/Response verify OK[\s\S]*: revoked[\s\S]*keyCompromise/);
    const plain = await fetch(`http://127.0.0.1:${host.port}/crl`);
    expect(plain.headers.get('content-type')).toBe('application/pkix-crl');
    const list = Buffer.from(await plain.arrayBuffer());
    expect((await ask({ path: '/crl' })).body).toEqual(list);
    await writeFile(at('crl.pem'), crlToPem(list));
    const verify = ['verify', '-crl_check', '-CAfile', at('root.pem'), '-CRLfile', at('crl.pem'), at('member.pem')];
    await expect(run('openssl', verify)).rejects.toThrow(/certificate revoked/);
    const other = await enrolled();
    await writeFile(at('member.pem'), toPem(...other.chain));
    expect((await run('openssl', verify)).stdout).toMatch(/: OK/);
  });

  it('may ask by GET, and what nobody issued is unknown', async () => {
    const about = ['-issuer', at('root.pem'), '-serial', '0x1234', '-no_nonce'];
    await run('openssl', ['ocsp', ...about, '-reqout', at('question.der')]);
    const question = (await readFile(at('question.der'))).toString('base64');
    for (const path of [question, encodeURIComponent(question)]) {
      const answer = await fetch(`http://127.0.0.1:${host.port}/ocsp/${path}`);
      expect(answer.headers.get('content-type')).toBe('application/ocsp-response');
      await writeFile(at('answer.der'), Buffer.from(await answer.arrayBuffer()));
      const files = ['-CAfile', at('root.pem'), '-respin', at('answer.der')];
      const { stdout, stderr } = await run('openssl', ['ocsp', ...about, ...files]);
      expect(stderr + stdout).toMatch(/Response verify OK[\s\S]*: unknown/);
    }
  });

  it('hear that a certificate is revoked whose signing was begun and given up: it may be out there', async () => {
    const publicKey = createPublicKey(await generateKey('p256'));
    const request = { member: 'ghost', names: [], publicKey, validityDays: 1, by: 'test' };
    const issuer = { chain: [root] };
    const { serialNumber } = await reserveMember(host.ledger, issuer, await loadProfile(), request, host.deps);
    const about = ['-issuer', at('root.pem'), '-CAfile', at('root.pem'), '-serial', `0x${serialNumber}`];
    const state = () => run('openssl', ['ocsp', ...about, '-url', `http://127.0.0.1:${host.port}/ocsp`]);
    expect((await state()).stdout).toMatch(/: unknown/);
    await abandonReservation(host.ledger, serialNumber, 'test', host.deps);
    expect((await state()).stdout).toMatch(/: revoked/);
  });

  it.each(['', 'AAAA', '%zz', '../crl'])('hear that "%s" is no question', async (question) => {
    const answer = await fetch(`http://127.0.0.1:${host.port}/ocsp`, { method: 'POST', body: question });
    expect(Buffer.from(await answer.arrayBuffer()).toString('hex')).toBe('30030a0101');
  });
});
