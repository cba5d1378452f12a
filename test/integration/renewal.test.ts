import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fetchCrl } from '../../src/enroll/fetch-crl.js';
import { takeOwnKey } from '../../src/enroll/own-key.js';
import { rekeyIdentity, renewalTimeOf, renewIdentity } from '../../src/enroll/renew-identity.js';
import { findCertificate, revokeCertificate } from '../../src/ledger/certificates.js';
import { allowRenewal, listHeldRenewals } from '../../src/ledger/held-renewals.js';
import { spkiFingerprint } from '../../src/pki/circle.js';
import { toPem } from '../../src/pki/pem.js';
import { privateKeyToPem } from '../../src/pki/private-key.js';
import { loadCrl } from '../../src/store/crl.js';
import { type Home, nextKeyFolder } from '../../src/store/home.js';
import { type Identity, listIdentities, loadIdentity, saveIdentity } from '../../src/store/identities.js';
import { makeCertificate, makeCircle } from '../helpers/certificates.js';
import { enrollInMemory, realDeps, TestHost } from '../helpers/enrollment.js';
import { makeIdentity } from '../helpers/identity.js';
import { asyncRefusalOf } from '../unit/pki/refusal.js';

let host: TestHost;
let home: Home;
let identity: Identity;
let members = 0;

beforeAll(async () => {
  const limits = { hellosPerSecond: 1000, helloBurst: 1000 };
  host = await TestHost.start(limits, realDeps, { tlsPort: 0 });
});
afterAll(() => host.stop());

beforeEach(async () => {
  home = { folder: await mkdtemp(join(tmpdir(), 'qtchat-member-')) };
  members += 1;
  const invite = await host.invite({ member: `member-${members}` });
  const save = async ({ identity: one }: { identity: Identity }) =>
    void (await saveIdentity(home, one, { replace: false }));
  ({ identity } = (await enrollInMemory(invite, { localKey: false, save })).enrolled);
});
afterEach(() => rm(home.folder, { recursive: true, force: true }));

const leafOf = (one: Identity) => one.chain[0] as NonNullable<Identity['chain'][0]>;
const at = (port: number) => ({ ...identity, autoCa: { addresses: ['127.0.0.1'], port } });

describe('an identity just enrolled', () => {
  it('knows where the Auto CA serves members', async () => {
    const place = { addresses: ['127.0.0.1'], port: host.members.port };
    expect(identity.autoCa).toEqual(place);
    expect((await loadIdentity(home, identity.member)).autoCa).toEqual(place);
  });

  it('is to be renewed at two thirds of its life', () => {
    const { validFrom, validTo } = leafOf(identity);
    const gone = renewalTimeOf(identity).getTime() - Date.parse(validFrom);
    expect(gone / (Date.parse(validTo) - Date.parse(validFrom))).toBeCloseTo(2 / 3);
  });
});

describe('renewIdentity', () => {
  it('gets another certificate for the same key, and leaves nothing of the old one', async () => {
    const renewed = await renewIdentity(home, identity, realDeps);
    expect(leafOf(renewed).serialNumber).not.toBe(leafOf(identity).serialNumber);
    expect(spkiFingerprint(leafOf(renewed))).toBe(spkiFingerprint(leafOf(identity)));
    const loaded = await loadIdentity(home, identity.member);
    expect(leafOf(loaded).serialNumber).toBe(leafOf(renewed).serialNumber);
    expect(loaded).toMatchObject({ keyOrigin: 'server', autoCa: identity.autoCa });
    expect(await readdir(join(home.folder, 'identities'))).toEqual([identity.member]);
  });

  it('gets one certificate, whoever of the same home asks', async () => {
    const [one, other] = [await renewIdentity(home, identity, realDeps), await renewIdentity(home, identity, realDeps)];
    expect(leafOf(one).serialNumber).toBe(leafOf(other).serialNumber);
  });
});

describe('rekeyIdentity', () => {
  it('puts a key of its own in the place of one that a server made', async () => {
    expect(identity.keyOrigin).toBe('server');
    const rekeyed = await rekeyIdentity(home, identity, realDeps);
    expect(leafOf(rekeyed).checkPrivateKey(identity.privateKey)).toBe(false);
    expect(await loadIdentity(home, identity.member)).toMatchObject({ keyOrigin: 'local', member: identity.member });
    expect(await readdir(join(home.folder, 'identities'))).toEqual([identity.member]);
    const record = await findCertificate(host.ledger, leafOf(rekeyed).serialNumber);
    expect(record?.spkiSha256).toBe(spkiFingerprint(leafOf(rekeyed)));
  });

  it('goes on with the same key when it was broken off', async () => {
    const cutOff = { ...realDeps, clock: () => new Date('2020-01-01') };
    expect(await asyncRefusalOf(rekeyIdentity(home, identity, cutOff))).toBe('ERR_PKI_PATH_INVALID');
    expect(existsSync(nextKeyFolder(home, identity.member))).toBe(true);
    expect(await listIdentities(home)).toEqual([identity.member]);
    expect(await loadIdentity(home, identity.member)).toMatchObject({ keyOrigin: 'server' });
    await rekeyIdentity(home, identity, realDeps);
    expect(existsSync(nextKeyFolder(home, identity.member))).toBe(false);
    expect(await listHeldRenewals(host.ledger)).not.toContainEqual(
      expect.objectContaining({ member: identity.member }),
    );
  });

  it('is held when a thief was faster, until the host allows it', async () => {
    const thief = { folder: join(home.folder, 'thief') };
    await rekeyIdentity(thief, identity, realDeps);
    expect(await asyncRefusalOf(rekeyIdentity(home, identity, realDeps))).toBe('ERR_ENROLL_HELD');
    const held = (await listHeldRenewals(host.ledger)).find(({ member }) => member === identity.member);
    await allowRenewal(host.ledger, held?.spkiSha256 ?? '', realDeps);
    await rekeyIdentity(home, identity, realDeps);
    const stolen = await loadIdentity(thief, identity.member);
    const record = await findCertificate(host.ledger, leafOf(stolen).serialNumber);
    expect(record).toMatchObject({ revocationReason: 'superseded' });
    expect(await asyncRefusalOf(renewIdentity(thief, stolen, realDeps))).toBe('ERR_ENROLL_REFUSED');
  });

  it('waits for the host once the certificate has expired, and then goes on', async () => {
    let agoMs = 31 * 86_400_000;
    const deps = { ...realDeps, clock: () => new Date(Date.now() - agoMs) };
    const old = await TestHost.start({}, deps, { tlsPort: 0 });
    try {
      const expired = (await enrollInMemory(await old.invite(), { localKey: true, deps })).enrolled.identity;
      agoMs = 0;
      await old.members.maintain();
      const refusal = rekeyIdentity(home, expired, realDeps);
      await expect(refusal).rejects.toMatchObject({
        code: 'ERR_ENROLL_HELD',
        message: expect.stringContaining('has expired'),
      });
      const [held] = await listHeldRenewals(old.ledger);
      expect(held).toMatchObject({ member: 'bob', reason: 'expired' });
      await expect(refusal).rejects.toMatchObject({
        hint: expect.stringContaining(held?.spkiSha256.slice(0, 16) ?? '?'),
      });
      await allowRenewal(old.ledger, held?.spkiSha256 ?? '', deps);
      const renewed = await rekeyIdentity(home, expired, realDeps);
      expect(Date.parse(leafOf(renewed).validTo)).toBeGreaterThan(Date.now());
    } finally {
      await old.stop();
    }
  });

  it('is refused after a revocation', async () => {
    await revokeCertificate(host.ledger, leafOf(identity).serialNumber, 'keyCompromise', realDeps);
    expect(await asyncRefusalOf(rekeyIdentity(home, identity, realDeps))).toBe('ERR_ENROLL_REFUSED');
  });
});

describe('takeOwnKey', () => {
  it('replaces a key that a server made, and no other', async () => {
    const { identity: own, trouble } = await takeOwnKey(home, identity, realDeps);
    expect(own).toMatchObject({ keyOrigin: 'local' });
    expect(trouble).toBeUndefined();
    expect((await takeOwnKey(home, own, realDeps)).identity).toBe(own);
  });

  it('leaves a key that is to stay, and one of a server that serves no members', async () => {
    const { autoCa: _, ...homeless } = identity;
    for (const one of [{ ...identity, keepsServerKey: true }, homeless]) {
      expect(await takeOwnKey(home, one, realDeps)).toEqual({ identity: one });
    }
  });

  it('tells why it could not, and goes on with what there is', async () => {
    const away = { ...identity, autoCa: { addresses: ['127.0.0.1'], port: 1 } };
    const result = await takeOwnKey(home, away, realDeps);
    expect(result).toMatchObject({ identity: away, trouble: { code: 'ERR_ENROLL_UNREACHABLE' } });
    expect(await loadIdentity(home, identity.member)).toMatchObject({ keyOrigin: 'server' });
  });
});

describe('what is not the Auto CA of our circle', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function listening(server: Server): Promise<number> {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function tlsServer(as: Pick<Identity, 'privateKey' | 'chain'>): Promise<number> {
    const credential = { key: privateKeyToPem(as.privateKey), cert: toPem(...as.chain) };
    return listening(
      createTlsServer(credential, (socket) => socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\n\r\n')),
    );
  }

  it('is told apart when nobody listens, or something that speaks no TLS', async () => {
    const closed = createServer();
    const port = await listening(closed);
    closed.close();
    expect(await asyncRefusalOf(renewIdentity(home, at(port), realDeps))).toBe('ERR_ENROLL_UNREACHABLE');
    const plain = await listening(createServer((socket) => socket.on('error', () => {}).end('SSH-2.0\r\n')));
    expect(await asyncRefusalOf(renewIdentity(home, at(plain), realDeps))).toBe('ERR_ENROLL_TAMPERED');
  });

  it('is told apart when it is a server of another circle', async () => {
    const other = await makeCircle();
    const key = await makeCertificate(other, { commonName: 'x', uris: [`qtchat-ca://${identity.circleId}`] });
    const port = await tlsServer({ privateKey: key.key, chain: [key.certificate] });
    expect(await asyncRefusalOf(renewIdentity(home, at(port), realDeps))).toBe('ERR_ENROLL_TAMPERED');
  });

  it('is told apart when it is a member of our circle, who has the usage of a server too', async () => {
    const port = await tlsServer(identity);
    expect(await asyncRefusalOf(renewIdentity(home, at(port), realDeps))).toBe('ERR_ENROLL_TAMPERED');
    expect(await asyncRefusalOf(fetchCrl(home, at(port)))).toBe('ERR_ENROLL_TAMPERED');
  });

  it('is passed over where another address leads to the Auto CA', async () => {
    const autoCa = { addresses: ['localhost.invalid', '127.0.0.1'], port: host.members.port };
    await renewIdentity(home, { ...identity, autoCa }, realDeps);
  });

  it('is not asked at all without an address', async () => {
    const { autoCa: _, ...homeless } = identity;
    expect(await asyncRefusalOf(renewIdentity(home, homeless, realDeps))).toBe('ERR_STORE_NOT_FOUND');
    const nowhere = { ...identity, autoCa: { addresses: [], port: 1 } };
    expect(await asyncRefusalOf(renewIdentity(home, nowhere, realDeps))).toBe('ERR_ENROLL_UNREACHABLE');
  });
});

describe('fetchCrl', () => {
  it('keeps the list of the Auto CA, which names what was revoked', async () => {
    expect(await fetchCrl(home, identity)).toBe(true);
    expect(await fetchCrl(home, identity)).toBe(false);
    await revokeCertificate(host.ledger, leafOf(identity).serialNumber, 'keyCompromise', realDeps);
    expect(await fetchCrl(home, identity)).toBe(true);
    const crl = await loadCrl(home, identity.circleId, identity.trustAnchor);
    expect(crl?.revoked).toContainEqual(expect.objectContaining({ serialNumber: leafOf(identity).serialNumber }));
  });

  it('is not given to a member of another circle', async () => {
    const stranger = await makeIdentity(await makeCircle(), { member: 'eve' });
    const autoCa = { addresses: ['127.0.0.1'], port: host.members.port };
    expect(await asyncRefusalOf(fetchCrl(home, { ...stranger, autoCa }))).toBe('ERR_ENROLL_TAMPERED');
  });
});
